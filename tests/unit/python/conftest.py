# SPDX-License-Identifier: MIT
"""Makes the package in workers/ importable, and gives tests a folder of drop-ins."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "workers"))

from parley import host  # noqa: E402

Load = Callable[..., dict[str, dict[str, Any]]]

BUILT_IN = ("question", "sentiment", "emotion", "toxicity", "language", "spam", "pii",
            "intent", "trending", "health", "raid", "sentiment-vader", "language-lingua",
            "near-duplicate")
EXTRAS = ("sentiment-vader", "language-lingua", "near-duplicate")
"""Those that need packages which are not part of the default install."""


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    """load(file=source, ...) -> {analyzer: its report}, with those drop-ins alone.

    Built-in analyzers are left out unless built_in=True.
    """
    def run(built_in: bool = False, **files: str) -> dict[str, dict[str, Any]]:
        for name, source in files.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(source), "utf-8")
        report = host.load({"analyzers_dir": str(tmp_path),
                            "disable": [] if built_in else list(BUILT_IN)})
        return {entry["name"]: entry for entry in report["analyzers"]}
    yield run
    host.close()


@pytest.fixture
def judge() -> Callable[..., tuple[list, list, list]]:
    """judge(text, ...) -> host.analyze() of them."""
    def run(*texts: str) -> tuple[list, list, list]:
        count = len(texts)
        return host.analyze(list(texts), ["lobby"] * count, ["u1"] * count,
                            list(range(count)))
    return run
