# SPDX-License-Identifier: MIT
"""Room analyzers: states kept by room, told when due, checkpointed, restored; faults stay
with their analyzer.  And what the built-in ones see in made-up rooms under a made-up clock."""

from __future__ import annotations

import json
import random
from typing import Any, Iterator

import pytest

from parley import AnalyzerError, Message, Result, RoomAnalyzer, analyzer, host
from parley.keeper import Keeper, as_found
from parley.rooms.health import Health
from parley.rooms.raid import Raid, Settings as RaidSettings, is_same, sketch
from parley.rooms.trending import Settings as TrendSettings, Trending, terms

T0 = 1_770_000_000_000
HOUR = 3_600_000


class Counter(RoomAnalyzer):
    def new_state(self) -> dict[str, Any]:
        return {"n": 0, "joins": 0}

    def update(self, state, message, found) -> None:
        state["n"] += 1
        if message.text == "bad":
            raise ValueError("not to my taste")

    def join(self, state, user, is_new, time_ms) -> None:
        state["joins"] += 1 + is_new

    def tick(self, state, now_ms) -> dict[str, Any] | None:
        return dict(state)


@pytest.fixture
def faults() -> list[tuple]:
    return []


@pytest.fixture
def keeper(faults) -> Keeper:
    return Keeper({"counter": (Counter(), ("s",))}, lambda *what: faults.append(what))


def said(room: str, time_ms: int, text: str = "x", user: str = "u", **found: Any):
    return Message(room, user, time_ms, text), found


def test_each_room_has_its_own_state_and_tells_when_due(keeper):
    told = keeper.observe([said("a", T0), said("b", T0), said("a", T0 + 10)])
    assert told == [("a", "counter", '{"n":2,"joins":0}'), ("b", "counter", '{"n":1,"joins":0}')]
    assert keeper.observe([said("a", T0 + 500)]) == []
    assert keeper.observe([said("a", T0 + 1010)]) == [("a", "counter", '{"n":4,"joins":0}')]
    keeper.join("b", "u", True, T0 + 1500)
    assert keeper.tick(T0 + 2500) == [("a", "counter", '{"n":4,"joins":0}'),
                                      ("b", "counter", '{"n":1,"joins":2}')]


def test_states_travel(keeper, faults):
    keeper.observe([said("a", T0), said("b", T0)])
    kept = keeper.checkpoint()
    assert [(room, name) for room, name, _ in kept] == [("a", "counter"), ("b", "counter")]
    assert keeper.checkpoint() == []
    other = Keeper({"counter": (Counter(), ())}, lambda *what: faults.append(what))
    other.restore([*kept, ("a", "gone", b"{}"), ("c", "counter", b"no json")])
    assert other.observe([said("a", T0 + 5000)]) == [("a", "counter", '{"n":2,"joins":0}')]
    assert faults == [("counter", "AnalyzerError", faults[0][2], "")] and "c" not in faults[0]
    assert [room for room, _, _ in other.forget(["a", "nowhere"])] == ["a"]
    assert other.observe([said("a", T0 + 9000)]) == [("a", "counter", '{"n":1,"joins":0}')]


def test_an_old_schema_is_migrated_or_begun_anew():
    class Newer(Counter):
        schema = 2

        def migrate(self, data, schema):
            return {**data, "joins": 7} if schema == 1 and data["n"] else None

    old = Counter()
    assert Newer().from_bytes(old.to_bytes({"n": 3, "joins": 0})) == {"n": 3, "joins": 7}
    assert Newer().from_bytes(old.to_bytes({"n": 0, "joins": 0})) == {"n": 0, "joins": 0}


def test_faults_stay_with_their_analyzer_and_message(faults):
    keeper = Keeper({"counter": (Counter(), ()), "other": (Counter(), ())},
                    lambda *what: faults.append(what))
    told = keeper.observe([said("a", T0), said("a", T0, "bad"), said("a", T0)])
    assert [json.loads(text)["n"] for _, _, text in told] == [3, 3]
    assert [(name, kind) for name, kind, _, _ in faults] == [
        ("counter", "ValueError"), ("other", "ValueError")]
    assert "in update" in faults[0][3]


@pytest.mark.parametrize("value, message", [
    ("[1]", "returned a list; return a dict"),
    ("{'x': float('nan')}", "returned what JSON cannot hold"),
    ("{'x': object()}", "returned what JSON cannot hold"),
    ("{'x': 'y' * 70000}", "bytes of JSON; at most 65536"),
])
def test_what_cannot_be_told_is_told_to_the_author(keeper, faults, monkeypatch, value, message):
    monkeypatch.setattr(Counter, "tick", lambda self, state, now: eval(value))
    assert keeper.observe([said("a", T0)]) == []
    assert message in faults[0][2] and "'counter'" in faults[0][2]


@pytest.mark.parametrize("state, message", [
    ({"x": {1, 2}}, "cannot be kept: .* write pack\\(\\) and unpack\\(\\)"),
    ({"x": float("inf")}, "cannot be kept"),
    ({"x": "y" * 300_000}, "at most 262144 are kept: forget the oldest"),
])
def test_a_state_that_cannot_be_kept_is_told(state, message):
    with pytest.raises(AnalyzerError, match=message):
        Counter().to_bytes(state)


def test_a_class_without_its_methods_is_refused():
    with pytest.raises(AnalyzerError, match="has no method update\\(\\)"):
        @analyzer("half")
        class Half(RoomAnalyzer):
            def new_state(self):
                return {}


def test_results_of_message_analyzers_reach_it():
    seen = []

    class Curious(Counter):
        def update(self, state, message, found):
            seen.append(found)

    verdict = ("s", "1", "positive", 0.75, 0.5, True, ((0, 1),))
    other = ("t", "1", "x", 0.5, 0.5, True, ())
    keeper = Keeper({"c": (Curious(), ("s",))}, print)
    keeper.observe([(Message("a", "u", T0, "x"), as_found([verdict, other])),
                    (Message("a", "u", T0, "x"), as_found([]))])
    assert seen == [{"s": [Result("positive", 0.75, ((0, 1),), 0.5, True)]}, {"s": []}]


def test_the_host_drives_drop_ins_too(load):
    report = load(pulse="""
        from parley import RoomAnalyzer, analyzer
        @analyzer("pulse", uses=["loud"])
        class Pulse(RoomAnalyzer):
            def new_state(self): return {"loud": 0}
            def update(self, state, message, found):
                if message.text == "trouble": raise ValueError("no")
                state["loud"] += any(label.flagged for label in found["loud"])
            def tick(self, state, now_ms): return state
        """, loud="""
        from parley import analyzer
        @analyzer("loud")
        def loud(text): return text.isupper()
        """)
    assert {name: entry["status"] for name, entry in report.items()} == {
        "pulse": "ready", "loud": "ready"}
    texts = ["HELLO", "trouble", "hello", "AGAIN"]
    columns = [["r"] * 4, ["u"] * 4, [T0 + n for n in range(4)]]
    labels = host.analyze(texts, *columns)[0]
    assert host.observe(*columns, texts, labels, seqs=[1, 2, 3, 4], reply_tos=[0, 0, 1, 0]) == [
        ("r", "pulse", '{"loud":2}')]
    (name, index, kind, what, trace), = host.room_failures()
    assert (name, index, kind, what) == ("pulse", -1, "ValueError", "no") and "update" in trace
    assert host.room_failures() == []
    host.joined(["r"], ["new"], [T0 + 9], [True])
    assert host.room_tick(T0 + 5000) == [("r", "pulse", '{"loud":2}')]
    kept = host.checkpoint()
    assert host.forget(["r"]) == [] and host.room_tick(T0 + 9000) == []
    host.restore(kept)
    assert host.observe(["r"], ["u"], [T0 + 20_000], ["X"], [labels[0]]) == [
        ("r", "pulse", '{"loud":3}')]


def test_a_message_analyzer_cannot_use_a_room_s(load):
    report = load(a="""
        from parley import RoomAnalyzer, analyzer
        @analyzer("memory")
        class Memory(RoomAnalyzer):
            def new_state(self): return {}
            def update(self, state, message, found): pass
        @analyzer("b", uses=["memory"])
        def b(text): return True
        """)
    assert "'memory', which judges rooms, not messages" in report["b"]["detail"]


# ---- the built-in ones --------------------------------------------------------------------


def make(kind: type, settings: Any = None) -> Any:
    made = kind()
    made.config = settings
    return made


def through_json(room: RoomAnalyzer, state: Any) -> Any:
    return room.from_bytes(room.to_bytes(state))


def chatter(dice: random.Random, start: int, count: int, every_ms: int) -> Iterator[Message]:
    words = "coffee weather music weekend football garden movie holiday traffic news".split()
    for n in range(count):
        yield Message("r", f"u{dice.randrange(12)}", start + n * every_ms,
                      f"{dice.choice(words)} {dice.choice(words)} number{dice.randrange(999)}")


def test_terms_are_the_words_worth_counting():
    assert list(terms("The BIG server of @ada is down: https://x.org/down 42 ok")) == [
        "big", "server", "big server", "down"]
    assert list(terms("Große Straße, große")) == [
        "grosse", "strasse", "grosse strasse", "grosse", "strasse grosse"]


def test_a_new_topic_trends_and_an_old_one_does_not():
    room = make(Trending, TrendSettings())
    state = room.new_state()
    for message in chatter(random.Random(1), T0, 600, 60_000):  # ten hours
        room.update(state, message, {})
    calm = room.tick(state, T0 + 600 * 60_000)
    assert calm["trending"] == []
    assert {"coffee", "weather"} & {keyword["term"] for keyword in calm["keywords"]}
    start = T0 + 601 * 60_000
    state = through_json(room, state)
    for n in range(8):
        room.update(state, Message("r", f"u{n % 4}", start + n, "earthquake in the harbour"), {})
    trend = room.tick(state, start + 100)["trending"]
    assert "earthquake" in {t["term"] for t in trend} and trend[0]["z"] >= 4
    assert room.tick(state, start + 200) is None, "nothing new, nothing told"


def test_one_person_makes_no_trend():
    room = make(Trending, TrendSettings())
    state = room.new_state()
    for n in range(50):
        room.update(state, Message("r", "spammer", T0 + n, "earthquake earthquake"), {})
    assert room.tick(state, T0 + 100)["trending"] == []


def test_trending_memory_is_bounded():
    room = make(Trending, TrendSettings())
    state = room.new_state()
    dice = random.Random(3)
    for n in range(3000):
        text = " ".join(f"w{dice.randrange(10**9)}" for _ in range(20))
        room.update(state, Message("r", f"u{n % 50}", T0 + n * 2000, text), {})
    assert len(room.to_bytes(state)) < 256 * 1024


def feeling(positive: float, toxic: bool = False, question: bool = False):
    return {"sentiment": [Result("negative", 1 - positive), Result("neutral", 0.0),
                          Result("positive", positive)],
            "toxicity": [Result("toxic", 0.9 if toxic else 0.1, (), 0.5, toxic)],
            "question": [Result("question", 0.9 if question else 0.1, (), 0.5, question)]}


def test_health_follows_the_room():
    room = make(Health)
    state = room.new_state()
    for n in range(60):
        room.update(state, Message("r", f"u{n % 5}", T0 + n * 3000, "nice", n + 1), feeling(0.9))
    good = room.tick(state, T0 + 180_000)
    assert good["1m"]["mood"] == pytest.approx(0.8) and good["1m"]["toxic"] == 0
    assert good["1m"]["health"] > 80 and good["15m"]["gini"] < 0.1
    # Twenty to the fading minute: it lags by what it has not yet seen fade.
    assert good["1m"]["rate"] == pytest.approx(20, rel=0.1)
    state = through_json(room, state)
    for n in range(60):
        room.update(state, Message("r", "u1", T0 + 180_000 + n * 1000, "grr"),
                    feeling(0.1, toxic=True))
    bad = room.tick(state, T0 + 240_000)
    assert bad["1m"]["mood"] < -0.3 < bad["24h"]["mood"] + 0.4
    assert bad["1m"]["toxic"] > 0.7 > bad["24h"]["toxic"] and bad["1m"]["health"] < 40
    assert bad["1m"]["gini"] > good["1m"]["gini"]


def test_questions_answered_and_replies():
    room = make(Health)
    state = room.new_state()
    minute = 60_000
    room.update(state, Message("r", "ada", T0, "why?", 1), feeling(0.5, question=True))
    room.update(state, Message("r", "ada", T0 + minute, "anyone?", 2), feeling(0.5))
    room.update(state, Message("r", "bob", T0 + 2 * minute, "because", 3, 1), feeling(0.5))
    assert room.tick(state, T0 + 2 * minute)["24h"]["answered"] == pytest.approx(1, abs=0.01)
    assert room.tick(state, T0 + 3 * minute)["24h"]["replies"] == pytest.approx(1 / 3, abs=0.01)
    room.update(state, Message("r", "ada", T0 + 4 * minute, "and how?", 4),
                feeling(0.5, question=True))
    room.update(state, Message("r", "bob", T0 + 30 * minute, "too late", 5), feeling(0.5))
    assert room.tick(state, T0 + 31 * minute)["24h"]["answered"] == pytest.approx(0.5, abs=0.02)


def test_burstiness_tells_a_metronome_from_bursts():
    def of(times: list[int]) -> float:
        room = make(Health)
        state = room.new_state()
        for at in times:
            room.update(state, Message("r", "u", T0 + at, "x"), {})
        return room.tick(state, T0 + times[-1])["24h"]["burstiness"]

    assert of([n * 1000 for n in range(100)]) < -0.9
    assert of([n // 20 * 600_000 + n % 20 * 100 for n in range(100)]) > 0.4


def test_silence_is_null_not_a_number():
    room = make(Health)
    figures = room.tick(room.new_state(), T0)["1m"]
    assert figures["mood"] is None and figures["health"] is None and figures["rate"] == 0


@pytest.mark.parametrize("a, b, same", [
    ("Join discord.gg/abc now!!!", "join DISCORD.GG/abc   nooooow", True),
    ("free nitro for everyone, click here", "free nitro for everyone, click here ✨", True),
    ("good morning all", "good night everybody", False),
    ("hi", "hi", True), ("hi", "ho", False), ("", "", True),
])
def test_near_duplicates(a, b, same):
    assert is_same(sketch(a), sketch(b)) is same


def raid_room() -> tuple[Any, Any, int]:
    """A room with an hour of ordinary talk and comings: (analyzer, state, its time)."""
    room = make(Raid, RaidSettings())
    state = room.new_state()
    dice = random.Random(5)
    for n, message in enumerate(chatter(dice, T0, 720, 5000)):
        if n % 9 == 0:
            room.join(state, message.user, False, message.time_ms)
        room.update(state, message, {})
        assert room.tick(state, message.time_ms) is None, message
    return room, state, T0 + 720 * 5000


def test_a_raid_is_told_soon_once_and_ends():
    room, state, now = raid_room()
    told = []
    for n in range(40):
        at = now + n * 100
        room.join(state, f"raider{n}", True, at)
        room.update(state, Message("r", f"raider{n}", at, f"RAID!!! join discord.gg/xyz {n}"), {})
        told.append(room.tick(state, at))
    first = next(index for index, what in enumerate(told) if what)
    begun = told[first]
    assert first < 20 and begun["raid"] and len(begun["why"]) >= 2
    assert begun["people"] == [f"raider{n}" for n in range(len(begun["people"]))]
    assert sum(what is not None for what in told) <= 3, "told when it grows in kind, not more"
    state = through_json(room, state)
    quiet = [room.tick(state, now + 4000 + n * 1000) for n in range(70)]
    over, = [what for what in quiet if what]
    assert over["raid"] is False and over["since_ms"] == begun["since_ms"]
    assert 0 <= over["lasted_ms"] < 5000


def test_a_dozen_newcomers_with_one_text_are_a_raid():
    room, now = make(Raid, RaidSettings()), T0 + 720 * 5000
    state = room.new_state()
    for message in chatter(random.Random(5), T0, 720, 5000):  # of people who came long ago
        room.update(state, message, {})
    acts = sorted([(now + n * 700, n, None) for n in range(12)]
                  + [(now + n * 700 + 1000 + k * 6000, n, f"JOIN the best server now {n}{k}") for n in range(12)
                     for k in range(3)], key=lambda act: act[0])
    told = []
    for at, n, text in acts:
        if text is None:
            room.join(state, f"raider{n}", True, at)
        else:
            room.update(state, Message("r", f"raider{n}", at, text), {})
        told.append(room.tick(state, at))
    begun = next(what for what in told if what)
    assert begun["raid"] and {"newcomers", "duplicates"} <= set(begun["why"]), begun


def test_two_who_flood_are_no_raid():
    room, state, now = raid_room()
    told = []
    for n in range(60):
        room.update(state, Message("r", f"u{n % 2}", now + n * 50, "the same again"), {})
        told.append(room.tick(state, now + n * 50))
    assert told == [None] * 60


def test_a_lively_evening_is_no_raid():
    room, state, now = raid_room()
    for message in chatter(random.Random(6), now, 200, 1000):  # five times as much
        room.update(state, message, {})
        assert room.tick(state, message.time_ms) is None


def test_a_class_that_comes_in_and_says_hello_differently_is_no_raid():
    room, state, now = raid_room()
    hellos = ["hi all", "good morning", "hello everybody", "hey, how are you", "morning folks"]
    for n in range(5):
        room.join(state, f"pupil{n}", False, now + n * 900)
        room.update(state, Message("r", f"pupil{n}", now + n * 900 + 400, hellos[n]), {})
        assert room.tick(state, now + n * 900 + 400) is None


def test_built_in_room_analyzers_live_and_tell(load):
    report = load(built_in=True)
    assert {"trending", "health", "raid"} <= report.keys()
    assert all(report[name]["status"] == "ready" for name in ("trending", "health", "raid"))
    texts = ["I love this room, it is wonderful", "you are an idiot"]
    columns = [["r"] * 2, ["a", "b"], [T0, T0 + 1000]]
    told = host.observe(*columns, texts, host.analyze(texts, *columns)[0])
    figures = json.loads(next(text for _, name, text in told if name == "health"))
    assert figures["1m"]["mood"] is not None and figures["1m"]["toxic"] > 0.4
    assert host.room_failures() == []


def test_odd_messages_do_no_harm():
    for room in (make(Trending, TrendSettings()), make(Health), make(Raid, RaidSettings())):
        state = room.new_state()
        for n, text in enumerate(["", " ", "\u202e", "😀" * 999, "e\u0301" * 999, "x" * 65536,
                                  "\U0010ffff", "a\x00b"]):
            room.join(state, "", n % 2 == 0, T0 - n * 1000)  # clocks go back, too
            room.update(state, Message("r", "", T0 - n * 1000, text), {})
            room.tick(state, T0 - n * 1000)
        assert through_json(room, state) is not None
        room.tick(state, T0 + 400 * 24 * HOUR)
