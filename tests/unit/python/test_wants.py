# SPDX-License-Identifier: MIT
"""Messages that are for some analyzers only: no other sees them, and what is said is the same."""

from __future__ import annotations

import signal
import threading

import pytest

from parley import host

HEAD = "from parley import analyzer, Batch, Error, Result\n"
BASE = HEAD + """
@analyzer("base")
class Base:
    def analyze(self, batch):
        return [Result("len", min(1.0, len(text) / 10)) for text in batch.texts]
"""
TWICE = HEAD + """
@analyzer("twice", uses=["base"])
class Twice:
    def analyze(self, batch):
        return [Result("twice", min(1.0, 2 * found[0].score)) for found in batch.results["base"]]
"""
PICKY = HEAD + """
@analyzer("picky")
def picky(text):
    if "bad" in text:
        raise ValueError(text)
    return True
"""
TEXTS = ["a", "ab", "bad", "abcd"]


def ask(texts: list[str], wants: list[str]) -> tuple[list, list, list]:
    count = len(texts)
    return host.analyze(texts, ["lobby"] * count, ["u1"] * count, list(range(count)), False,
                        wants)


def names(of: list) -> list[str]:
    return [verdict[0] for verdict in of]


def test_an_analyzer_has_only_the_messages_that_are_for_it(load):
    load(base=BASE, picky=PICKY, twice=TWICE)
    verdicts, failures, timings = ask(TEXTS, ["picky", "base", "base", "picky"])
    assert [names(of) for of in verdicts] == [["picky"], ["base"], ["base"], ["picky"]]
    assert failures == []
    assert sorted((name, count) for name, _, count in timings) == [("base", 2), ("picky", 2)]


def test_what_it_uses_runs_too(load):
    load(base=BASE, picky=PICKY, twice=TWICE)
    verdicts, failures, timings = ask(TEXTS, ["twice", "picky", "twice\nbase", "base"])
    assert verdicts[0][-1][:4] == ("twice", "1.0.0", "twice", 0.2)
    assert verdicts[2][-1][:4] == ("twice", "1.0.0", "twice", 0.6)
    assert "picky" not in names(verdicts[0] + verdicts[2] + verdicts[3]) and failures == []
    assert {name: count for name, _, count in timings} == {"base": 3, "picky": 1, "twice": 2}


def test_no_wish_is_all_of_them(load):
    load(base=BASE, picky=PICKY, twice=TWICE)
    verdicts, _, _ = ask(TEXTS, ["", "picky", "", ""])
    assert sorted(names(verdicts[0])) == ["base", "picky", "twice"]
    assert names(verdicts[1]) == ["picky"]
    assert sorted(names(verdicts[2])) == ["base", "twice"]
    assert ask(TEXTS, [])[0] == ask(TEXTS, [""] * 4)[0]


def test_a_fault_is_told_at_its_own_place(load):
    load(base=BASE, picky=PICKY)
    verdicts, failures, _ = ask(TEXTS, ["base", "base", "picky", "picky"])
    assert [(f[0], f[1], f[3]) for f in failures] == [("picky", 2, "bad")]
    assert [names(of) for of in verdicts] == [["base"], ["base"], [], ["picky"]]


def test_who_is_not_there_says_nothing(load):
    load(base=BASE)
    assert ask(TEXTS, ["nobody", "base", "nobody\nbase", "base"])[0][0] == []


def test_out_of_time_costs_its_own_messages_only(load):
    load(base=BASE, slow=HEAD + "import time\n@analyzer('slow', timeout='20ms')\n"
         "class Slow:\n    def analyze(self, batch):\n"
         "        while True:\n            time.sleep(0.001)\n")
    verdicts, failures, _ = ask(TEXTS, ["slow", "base", "slow\nbase", ""])
    assert {f[:3] for f in failures} == {("slow", -1, "SoftTimeout")}
    assert [names(of) for of in verdicts] == [[], ["base"], ["base"], ["base"]]


def test_an_alarm_that_rings_all_the_time_stays_inside(load):
    """On a busy machine it may ring again before the first time was dealt with."""
    load(base=BASE, slow=HEAD + "@analyzer('slow', timeout='1ms')\nclass Slow:\n"
         "    def analyze(self, batch):\n        while True:\n            pass\n")
    over = threading.Event()

    def ring() -> None:
        while not over.is_set():
            signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)

    ask(TEXTS, ["slow"] * 4)
    ringer = threading.Thread(target=ring)
    ringer.start()
    try:
        for _ in range(100):
            verdicts, failures, _ = ask(TEXTS, ["slow", "base", "slow\nbase", ""])
            assert {f[:3] for f in failures} == {("slow", -1, "SoftTimeout")}
            assert [names(of) for of in verdicts] == [[], ["base"], ["base"], ["base"]]
    finally:
        over.set()
        ringer.join()


@pytest.mark.parametrize("name", ["toxicity", "spam", "language", "question", "sentiment", "intent"])
def test_verdicts_are_the_same_to_the_bit(load, name):
    load(built_in=True)
    texts = ["you are an idiot", "how do I mount a disk?", "", "free coins at http://win.example",
             "naïve 😀 12 bonjour à tous", "book me a table for two"] * 3
    everything = ask(texts, [])[0]
    wants = [name if at % 3 else "pii" for at in range(len(texts))]
    alone = ask(texts, wants)[0]
    for at, of in enumerate(everything):
        assert [v for v in alone[at] if v[0] == wants[at]] == [v for v in of if v[0] == wants[at]]
