# SPDX-License-Identifier: MIT
"""What the server asks of a worker besides verdicts (`Batch.call`): functions from a JSON
object to a JSON object.  They keep nothing between calls, so any worker can answer any call.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Sequence

from parley import meaning, registry
from parley.keeper import Keeper, as_found
from parley.recap import recap as recap_of
from parley.recap.talk import read
from parley.room import Message

Json = dict[str, Any]


def recap(argument: Json) -> Json:
    """What was missed in a room.

    argument  since: seq up to which it is known; events: as `history` tells them, in order;
              more: older ones were left out; now_ms
    returns   as `parley.recap.recap`, with since and more
    """
    since = argument["since"]
    events = [event for event in argument["events"] if event["seq"] > since]
    return {**recap_of(events, argument["now_ms"]), "since": since, "more": argument["more"]}


def search(argument: Json) -> Json:
    """The messages of a room that mean what is asked for.

    argument  q: the question; limit; events: as `history` tells them, in any order
    returns   hits: as `parley.search.search`; searched: how many messages were looked at; from:
              seq of the first event, or null.  Or error: why it cannot be answered here.
    """
    if not meaning.is_installed():
        return {"error": "search by meaning is not installed: "
                         + registry.how_to_install([meaning.PACKAGE])}
    from parley.search import search as search_of
    events = sorted(argument["events"], key=lambda event: event["seq"])
    lines = read(events)
    return {"hits": search_of(argument["q"], lines, argument["limit"]), "searched": len(lines),
            "from": events[0]["seq"] if events else None}


def observe(keeper: Keeper, faults: Callable[[], Sequence[tuple[Any, ...]]],
            argument: Json) -> Json:
    """What room analyzers make of what was said in some rooms since the last call.

    argument  now_ms; rooms: [{room, states: {analyzer: str}, messages: [{user, time_ms, text,
              seq, labels: [[analyzer, version, label, score, threshold, flagged, spans]]}],
              joins: [{user, time_ms}]}]
    returns   rooms: [{room, states, told: {analyzer: object}}] in the same order, told only
              where there is something new; faults: [[analyzer, type, message, traceback]]
    """
    return {"rooms": [_observe_one(keeper, argument["now_ms"], room)
                      for room in argument["rooms"]],
            "faults": [[name, type_, message, trace]
                       for name, _, type_, message, trace in faults()]}


def _observe_one(keeper: Keeper, now_ms: int, room: Json) -> Json:
    name = room["room"]
    keeper.restore((name, analyzer, state.encode()) for analyzer, state
                   in room["states"].items())
    for join in room["joins"]:
        # Whose account is how old is not known here: everybody counts as new.
        keeper.join(name, join["user"], True, join["time_ms"])
    told = keeper.observe(
        (Message(name, m["user"], m["time_ms"], m["text"], m["seq"]),
         as_found(tuple(label) for label in m["labels"])) for m in room["messages"])
    told += keeper.tick(now_ms)
    return {"room": name,
            "states": {analyzer: state.decode() for _, analyzer, state in keeper.forget([name])},
            "told": {analyzer: json.loads(text) for _, analyzer, text in told}}
