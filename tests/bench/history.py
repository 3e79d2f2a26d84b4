# SPDX-License-Identifier: MIT
"""Histories that are there before a measurement begins: many messages in the rooms that are used, and many rooms.

Made through the socket, once for a build directory, and kept: a measurement adds some thousands to them.
"""
from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import servers
from restart import TEXT, Connection, frame
from servers import Kit

BLOCK = 250   # requests sent at once
AHEAD = 4     # blocks without an answer


@dataclass(frozen=True)
class History:
    """`rooms` rooms of `messages` messages each, in rooms called as `name` says."""

    rooms: int
    messages: int
    name: str  # of a room, with {} for its number


HISTORIES = {
    "deep": History(10, 100_000, "load-{}"),   # the rooms that parley-load uses
    "wide": History(100_000, 10, "wide-{}"),
}


def _requests(history: History) -> Iterator[str]:
    """Join, messages, leave: room by room."""
    for room in range(history.rooms):
        name = history.name.format(room)
        yield f'{{"id":1,"type":"join","room":"{name}","limit":0}}'
        for n in range(history.messages):
            yield f'{{"id":1,"type":"send","room":"{name}","cid":"{room}.{n}","text":"{n} {TEXT}"}}'
        yield f'{{"id":1,"type":"leave","room":"{name}"}}'


def fill(port: int, history: History) -> None:
    """Writes the history; SystemExit when the server refuses."""
    connection = Connection(port, "filler")
    sent = 0
    requests = _requests(history)
    while block := list(itertools.islice(requests, BLOCK)):
        connection.socket.sendall(b"".join(map(frame, block)))
        sent += len(block)
        while sent - connection.answered > AHEAD * BLOCK:
            connection.receive()
    connection.await_answers(sent)


def maker(kit: Kit, say: Callable[[str], None]) -> Callable[[str], Path]:
    """A function from the name of a history to its directory, which it fills the first time."""
    def directory_of(name: str) -> Path:
        history = HISTORIES[name]
        directory = kit.build / f"history-{name}"
        mark = directory / "complete"
        if mark.exists() and mark.read_text() == repr(history):
            return directory
        shutil.rmtree(directory, ignore_errors=True)
        say(f"writing {history.rooms * history.messages:,} messages into {history.rooms:,} rooms (once)")
        options = ["--workers", "0", "--loops", "1", "--durability", "os"]
        with servers.parley(kit, options, directory, kit.server_cpus | kit.client_cpus) as running:
            port = int(running.load_options[1].rsplit(":", 1)[1].split("/")[0])
            fill(port, history)
        mark.write_text(repr(history))
        return directory
    return directory_of
