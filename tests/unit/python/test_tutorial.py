# SPDX-License-Identifier: MIT
"""workers/TUTORIAL.md, followed to the letter: its files written, its commands run, and what
it says they print is what they print."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

WORKERS = Path(__file__).resolve().parents[3] / "workers"
TUTORIAL = (WORKERS / "TUTORIAL.md").read_text("utf-8")


def run(commands: str, folder: Path) -> str:
    done = subprocess.run(["/bin/sh", "-e", "-c", commands.replace("/tmp/mine", str(folder))],
                          cwd=WORKERS, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    folder, said, commands, files = tmp_path / "mine", "", 0, []
    for kind, name, body in re.findall(r"^```(\w+) ?([\w.]*)\n(.*?)^```", TUTORIAL, re.M | re.S):
        if name:
            (folder / name).write_text(body)
            files.append(name)
        elif kind == "sh":
            said = run(body, folder)
            commands += 1
        else:
            assert kind == "text"
            for line in body.rstrip("\n").split("\n"):
                assert line in said, f"the tutorial says {line!r}, printed was:\n{said}"
    assert files == ["courtesy.py", "test_courtesy.py", "courtesy.py", "courtesy.toml", "log.txt"]
    assert commands == 5


def test_its_invitations_to_break_things_are_answered(tmp_path: Path) -> None:
    blocks = re.findall(r"^```python courtesy.py\n(.*?)^```", TUTORIAL, re.M | re.S)
    file = tmp_path / "courtesy.py"

    def command(what: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["/usr/bin/python3", "-m", "parley", *what.split(), str(file)],
                              cwd=WORKERS, capture_output=True, text=True, check=False)

    file.write_text(blocks[0].replace("0.9", "9"))
    assert "gave the score 9.0 to label 'polite'; a score is a number from 0 to 1" in \
        command("check").stdout
    file.write_text(blocks[1])
    (tmp_path / "log.txt").write_text("x\n")
    (tmp_path / "courtesy.toml").write_text("sure = 9\n")
    told = command(f"replay {tmp_path}/log.txt").stderr
    assert "sure = 9, but it must be from 0 to 1" in told and "courtesy.toml" in told


def test_the_number_of_odd_texts_is_right() -> None:
    from parley.testing import ODD
    assert f"{len(ODD)} odd texts" in TUTORIAL
