# SPDX-License-Identifier: MIT
"""The harness for authors: each check passes what is right and finds what is wrong."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from parley import Result, RoomAnalyzer, analyzer, registry
from parley.testing import ODD, Harness

pytest_plugins = ["parley.testing.plugin"]


@analyzer("shout", version="1.0.0")
def shout(text: str) -> bool:
    return len(text) > 3 and text.isupper()


def made(tmp_path: Path, source: str) -> Any:
    """The one analyzer of a file."""
    path = tmp_path / "made.py"
    path.write_text("from parley import *\nimport os, time, ctypes\n" + textwrap.dedent(source))
    spec, = registry.specs_of_file(path)
    return spec.target


def test_it_says_what_the_worker_would(harness):
    h = harness(shout)
    assert h.say("HELP ME", "help me") == [Result("shout", 1.0, (), 0.5, True),
                                           Result("shout", 0.0, (), 0.5, False)]
    h.check()


def test_every_odd_text_comes_as_a_fixture(harness, odd_text):
    assert odd_text in ODD.values()
    harness(shout).say(odd_text)


def test_odd_texts_are_odd_and_no_lone_surrogate_is_among_them():
    assert len(set(ODD.values())) == len(ODD) >= 20
    assert max(len(text.encode()) for text in ODD.values()) >= 65536
    assert "" in ODD.values()


def test_settings_and_given_results(tmp_path):
    target = made(tmp_path, """
        from dataclasses import dataclass
        @dataclass
        class Settings:
            least: float = Field(0.5, ge=0, le=1)
        @analyzer("kind", uses=["sentiment"], config=Settings)
        class Kind:
            def analyze(self, batch):
                return [found[0].score >= self.config.least
                        for found in batch.results["sentiment"]]
        """)
    given = {"sentiment": lambda text: Result("positive", 0.7)}
    assert Harness(target, given=given).say("x")[0].flagged
    assert not Harness(target, {"least": 0.8}, given).say("x")[0].flagged
    with pytest.raises(AssertionError, match="least = 7, but it must be from 0 to 1"):
        Harness(target, {"least": 7}, given)
    assert Harness(target).say("I love it"), "what is not given is the server's own"


@pytest.mark.parametrize("body, check, message", [
    ("return [1 / len(t) > 0 for t in batch.texts]", "check_odd_texts", "odd text \\(empty\\)"),
    ("self.n = getattr(self, 'n', 0) + 1; return [self.n / 100] * len(batch)",
     "check_repeats", "judged again"),
    ("return [min(1.0, len(batch) / 99)] * len(batch)", "check_batch_sizes", "in batches of 1"),
    ("return [i / 99 for i in range(len(batch))]", "check_order", "in another order"),
])
def test_each_check_finds_its_fault(tmp_path, body, check, message):
    h = Harness(made(tmp_path, f"@analyzer('bad')\nclass Bad:\n    def analyze(self, batch):\n"
                               f"        {body}\n"))
    with pytest.raises(AssertionError, match=message):
        getattr(h, check)()


def test_a_failure_comes_with_the_analyzer_s_traceback(tmp_path):
    h = Harness(made(tmp_path, "@analyzer('bad')\ndef bad(text): return {}[text]\n"))
    with pytest.raises(AssertionError, match="'bad' failed on the text 'hi': KeyError") as told:
        h.say("hi")
    assert "return {}[text]" in str(told.value)


def test_a_soft_timeout_stops_it_and_the_harness_goes_on(tmp_path):
    h = Harness(made(tmp_path, """
        @analyzer("nap")
        def nap(text): time.sleep(30 if text == "long" else 0)
        """))
    (name, index, kind, message, _), = h.soft_timeout("50ms", ["long"])
    assert (name, index, kind) == ("nap", -1, "SoftTimeout") and "50ms" in message
    assert h.soft_timeout("5s", ["short"]) == [] and h.say("short") == []


def test_a_crash_is_told_not_suffered(tmp_path):
    h = Harness(made(tmp_path, """
        @analyzer("deadly")
        def deadly(text):
            if text == "boom": ctypes.string_at(0)
            if text == "leave": os._exit(7)
            print("hello from an analyzer")
            return text == "fine"
        """))
    died = h.isolated("fine", "boom")
    assert died.signal == "SIGSEGV" and died.verdicts is None and "in deadly" in died.stack
    assert h.isolated("leave").exit_code == 7
    lived = h.isolated("fine", "other")
    assert lived.exit_code == 0 and lived.verdicts is not None
    assert [of[0][5] for of in lived.verdicts] == [True, False]


def test_a_hang_is_told_not_suffered(tmp_path):
    h = Harness(made(tmp_path, "@analyzer('stuck')\ndef stuck(text):\n"
                               "    while text: pass\n"))
    assert h.isolated("x", timeout="3s").timed_out


@analyzer("pulse", uses=["loud"])
class Pulse(RoomAnalyzer):
    def new_state(self) -> dict[str, Any]:
        return {"loud": 0, "since": None}

    def update(self, state, message, found) -> None:
        state["loud"] += sum(label.flagged for label in found["loud"])
        state["since"] = message.time_ms

    def tick(self, state, now_ms) -> dict[str, Any]:
        return {"loud": state["loud"], "quiet_s": (now_ms - state["since"]) // 1000}


def test_rooms_live_by_the_harness_s_clock():
    h = Harness(Pulse, given={"loud": str.isupper})
    h.message("HELLO")
    h.message("hello")
    h.advance("1m")
    assert h.told[0] == {"loud": 1, "quiet_s": 0} and h.told[-1] == {"loud": 1, "quiet_s": 60}
    assert len(h.told) == 61, "once a second"
    h.restart()
    h.message("AGAIN")
    assert h.told[-1] == {"loud": 2, "quiet_s": 0}
    h.check()


def test_a_state_that_does_not_survive_is_found(tmp_path):
    class Forgetful(Pulse):
        def pack(self, state):
            return {**state, "loud": 0}

    target = analyzer("forgetful", uses=["loud"])(Forgetful)
    with pytest.raises(AssertionError, match="tells something else after its state went"):
        Harness(target, given={"loud": str.isupper}).check_state(["HELLO", "THERE"])


def test_a_room_analyzer_s_fault_is_the_test_s():
    @analyzer("faulty")
    class Faulty(Pulse):
        def update(self, state, message, found):
            raise ValueError("no")

    with pytest.raises(AssertionError, match="'faulty' failed: ValueError: no"):
        Harness(Faulty).message("x")


def test_what_is_no_analyzer_is_told():
    with pytest.raises(registry.AnalyzerError, match="is no analyzer: put @analyzer"):
        Harness(len)


def test_a_drop_in_knows_its_file(tmp_path):
    target = made(tmp_path, "@analyzer('where')\ndef where(text): return __file__[-7:]\n")
    assert Harness(target).say("x")[0].label == "made.py"
