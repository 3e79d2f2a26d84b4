# SPDX-License-Identifier: MIT
"""Claims about what the server asks of a worker besides verdicts."""

import json
from typing import Any

import pytest

import parley.host

NOW = 1_700_000_000_000


def said(seq: int, text: str, **more: Any) -> dict[str, Any]:
    return {"type": "event", "kind": "message", "seq": seq, "ts": NOW - 60_000 + seq,
            "user": {"id": "u1", "name": "ada"}, "text": text, **more}


def call(function: str, **argument: Any) -> dict[str, Any]:
    return json.loads(parley.host.call(function, json.dumps(argument)))


def test_a_recap_leaves_out_what_is_known() -> None:
    events = [said(1, "the red ship comes"), said(2, "when does it come?")]
    told = call("recap", since=1, more=True, now_ms=NOW, events=events)
    assert (told["since"], told["more"], told["messages"]) == (1, True, 1)
    assert call("recap", since=2, more=False, now_ms=NOW, events=events)["messages"] == 0


def test_room_analyzers_go_on_where_the_states_left_off(load: Any) -> None:
    load(**{"tally.py": """
from parley import RoomAnalyzer, analyzer

@analyzer("tally", version="1")
class Tally(RoomAnalyzer):
    def new_state(self): return {"n": 0}
    def update(self, state, message, found): state["n"] += 1
    def tick(self, state, now_ms): return {"n": state["n"]}
"""})
    message = {"user": "u1", "time_ms": NOW, "text": "hi", "seq": 1,
               "labels": [["sentiment", "1", "positive", 0.9, 0.5, True, []]]}

    def observe(states: dict[str, str], n: int) -> dict[str, Any]:
        room = {"room": "lobby", "states": states, "messages": [message] * n, "joins": []}
        answer = call("observe", now_ms=NOW, rooms=[room])
        assert answer["faults"] == []
        return answer["rooms"][0]

    first = observe({}, 2)
    assert first["told"]["tally"] == {"n": 2}
    assert observe(first["states"], 3)["told"]["tally"] == {"n": 5}
    assert observe({}, 1)["told"]["tally"] == {"n": 1}, "nothing is kept between calls"


def test_a_fault_of_a_room_analyzer_is_told_and_stops_nobody(load: Any) -> None:
    load(**{"broken.py": """
from parley import RoomAnalyzer, analyzer

@analyzer("broken", version="1")
class Broken(RoomAnalyzer):
    def new_state(self): return {}
    def update(self, state, message, found): raise ValueError("no")
"""})
    room = {"room": "lobby", "states": {}, "joins": [{"user": "u1", "time_ms": NOW}],
            "messages": [{"user": "u1", "time_ms": NOW, "text": "hi", "seq": 1, "labels": []}]}
    answer = call("observe", now_ms=NOW, rooms=[room])
    assert [fault[:3] for fault in answer["faults"]] == [["broken", "ValueError", "no"]]
    assert answer["rooms"][0]["room"] == "lobby"


def test_an_unknown_function_is_named_beside_the_known() -> None:
    with pytest.raises(LookupError, match="'dance'; there are observe, recap"):
        parley.host.call("dance", "{}")
