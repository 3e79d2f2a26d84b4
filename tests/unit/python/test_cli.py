# SPDX-License-Identifier: MIT
"""The commands of `python3 -m parley`: what they write, say, and exit with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

WORKERS = Path(__file__).resolve().parents[3] / "workers"
HEAD = "from parley import analyzer\n"


def parley(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "parley", *map(str, arguments)], text=True,
                          capture_output=True, cwd=WORKERS, timeout=120, check=False)


@pytest.mark.parametrize("option", [[], ["--class"], ["--room"]])
def test_what_new_writes_is_checked_and_tested(tmp_path, option):
    made = parley("new", "my-word", *option, "--folder", tmp_path)
    assert made.returncode == 0, made.stderr
    checked = parley("check", tmp_path / "my_word.py")
    assert checked.returncode == 0 and "FAILED" not in checked.stdout, checked.stdout
    assert "my-word 0.1.0" in checked.stdout
    tested = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
                             str(tmp_path)], capture_output=True, text=True, check=False,
                            env={"PYTHONPATH": str(WORKERS), "PATH": "/usr/bin"})
    assert tested.returncode == 0 and "2 passed" in tested.stdout, tested.stdout
    again = parley("new", "my-word", *option, "--folder", tmp_path)
    assert again.returncode == 2 and "is there already" in again.stderr


def test_a_test_beside_an_analyzer_is_no_analyzer(load, tmp_path):
    parley("new", "word", "--folder", tmp_path)
    (tmp_path / "conftest.py").write_text("")
    assert {name: entry["status"] for name, entry in load().items()} == {"word": "ready"}


@pytest.mark.parametrize("body, told", [
    ("def f(text): return 1 / len(text)", "odd text (empty): 'f' failed on the text ''"),
    ("def f(text): return 2.0", "a score is a number from 0 to 1"),
    ("def f(text): return random.random()", "judged otherwise judged again"),
    ("class f:\n    def analyze(self, batch): return [1 / len(batch)] * len(batch)",
     "judged otherwise in batches of 1"),
    ("class f:\n    def analyze(self, batch): return [i == 0 for i in range(len(batch))]",
     "judged otherwise"),
    ("def f(text): return open('/dev/null').read() == text", "open /dev/null"),
    ("class f:\n    def setup(self, ctx): raise OSError('no disk')\n"
     "    def analyze(self, batch): return []", "no disk"),
])
def test_check_finds_what_is_wrong(tmp_path, body, told):
    (tmp_path / "f.py").write_text(f"import random\n{HEAD}@analyzer('f')\n{body}\n")
    done = parley("check", tmp_path / "f.py")
    assert done.returncode == 1 and "FAILED" in done.stdout and told in done.stdout, done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("arguments, told", [
    (["check", "nowhere.py"], "nowhere.py is not there"),
    (["bench", "nobody"], "there is no analyzer 'nobody': choose from"),
    (["bench", "question", "--data", "nowhere.txt"], "nowhere.txt cannot be read"),
    (["bench", "raid"], "room analyzers are not measured here"),
    (["replay", "nowhere.txt"], "nowhere.txt cannot be read"),
    (["new", "Bad Name"], "'Bad Name' is no name for an analyzer"),
    (["new", "fine", "--folder", "/nonexistent/x"], "cannot write"),
    (["replay", "README.md", "question", "--pace", "-1"], "give a number above 0"),
])
def test_what_cannot_be_done_is_told(arguments, told):
    done = parley(*arguments)
    assert done.returncode == 2 and told in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


def test_bench_tells_each_batch_size(tmp_path):
    data = tmp_path / "texts.jsonl"
    data.write_text("".join(json.dumps({"text": f"message {n}"}) + "\n" for n in range(20)))
    done = parley("bench", "question", "sentiment", "--data", data, "--seconds", "0.01")
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    sizes = [int(row[0]) for row in rows if len(row) >= 4 and row[0].isdigit()]
    assert sizes == [1, 8, 64, 256] and "on 20 texts" in done.stdout and "█" in done.stdout
    assert all(float(row[1]) > 0 for row in rows if row and row[0] in ("1", "8", "64", "256"))


def test_replay_shows_verdicts_of_a_chat_log(tmp_path):
    log = tmp_path / "log.txt"
    log.write_text("[23:59] <ada> HELLO THERE\nbob: how do I join?\n00:01 <cy> \x1b[31mHEY YOU\n")
    done = parley("replay", log, "question", "examples/shout.py")
    assert done.returncode == 0, done.stderr
    assert "23:59:00 <ada> HELLO THERE\n           shout.shout 1.00" in done.stdout
    assert "<bob> how do I join?\n           question.question" in done.stdout
    assert "00:01:00 <cy> ·[31mHEY YOU" in done.stdout and "\x1b" not in done.stdout
    assert "3 messages" in done.stdout and "0 failure(s)" in done.stdout
    only = parley("replay", log, "question", "--flagged")
    assert "HELLO" not in only.stdout and "bob" in only.stdout


def test_replay_reads_history_and_tells_rooms_and_failures(tmp_path):
    events = [{"kind": "message", "seq": n, "ts": 1_770_000_000_000 + n * 1000, "room": "lobby",
               "user": {"id": "u1", "name": "ada"}, "text": "poison" if n == 3 else "fine"}
              for n in range(1, 6)] + [{"kind": "verdict", "seq": 6, "ts": 1, "items": []}]
    log = tmp_path / "events.jsonl"
    log.write_text("\n".join(map(json.dumps, events)))
    (tmp_path / "picky.py").write_text(
        HEAD + "@analyzer('picky')\ndef picky(text):\n    assert text != 'poison'\n")
    done = parley("replay", log, "health", tmp_path / "picky.py")
    assert done.returncode == 1
    assert "picky failed: AssertionError" in done.stderr
    assert "5 messages" in done.stdout and 'lobby health: {"1m":' in done.stdout
    log.write_text('{"text": 5}\n')
    assert "events.jsonl, line 1: wanted an object" in parley("replay", log).stderr
    log.write_text('{"text": "x"}\n{nonsense\n')
    assert "events.jsonl, line 2: no JSON" in parley("replay", log, "question").stderr


def test_settings_beside_a_file_hold_for_it(tmp_path):
    parley("new", "word", "--class", "--folder", tmp_path)
    (tmp_path / "word.toml").write_text("word = 5\n")
    done = parley("bench", tmp_path / "word.py")
    assert done.returncode == 2 and "word = 5 is not a text" in done.stderr
