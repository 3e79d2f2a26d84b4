# SPDX-License-Identifier: MIT
"""The examples of workers/README.md run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

from parley import host

README = (Path(__file__).resolve().parents[3] / "workers" / "README.md").read_text("utf-8")


def test_examples_work_as_drop_ins(load, judge):
    blocks = re.findall(r"```python\n(.*?)```", README, re.S)
    assert len(blocks) == 4
    report = load(shout=blocks[0], links=blocks[1], loud=blocks[2], pulse=blocks[3])
    assert {name: entry["status"] for name, entry in report.items()} == {
        "shout": "ready", "links": "ready", "loud": "ready", "pulse": "ready"}
    assert host.observe(["r"], ["u"], [0], ["hello"], [[]]) == [("r", "pulse", '{"messages":1}')]
    verdicts, failures, _ = judge("SEE https://example.org/A NOW", "hello")
    assert failures == []
    assert {v[2]: (v[5], v[6]) for v in verdicts[0]} == {
        "link": (True, ((4, 25),)), "shout": (False, ()), "loud": (False, ())}
    assert [v[5] for v in verdicts[1]] == [False, False]
