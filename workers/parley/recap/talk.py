# SPDX-License-Identifier: MIT
"""From a room's events to its messages as they stand now, and to threads of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Iterable

from parley.rooms.trending import terms

_PAUSE_MS = 10 * 60 * 1000
"""A silence this long ends a thread that nobody refers to."""
_NEAR_MS = 15 * 60 * 1000
"""How long a mention may refer back."""

_ASKS = re.compile(
    r"\?(?:\s|$)|^\W*(?:(?:so|and|but|ok|hey|hi|um+|well)\W+)*(?:(?:does|do|has|can|could)\s+"
    r"(?:any(?:one|body)|some(?:one|body))|any(?:one|body) (?:know|here|else)|"
    r"(?:how|why|where|when|what|who) (?:do|does|did|is|are|was|can|should|would|to)\b)",
    re.IGNORECASE)


def asks(text: str) -> bool:
    return bool(_ASKS.search(text))


@dataclass
class Line:
    """One message.  `words` are its terms, `parent` the index of what it answers, or -1."""

    seq: int
    ts: int
    user: str
    name: str
    text: str
    reply_to: int
    reactions: int = 0
    parent: int = -1
    thread: int = -1
    replies: list[int] = field(default_factory=list)
    words: frozenset[str] = frozenset()


def read(events: Iterable[dict[str, Any]]) -> list[Line]:
    """The messages of the events (as history tells them), in order: edited ones as edited,
    deleted ones left out, reactions counted."""
    lines: dict[int, Line] = {}
    for event in events:
        kind, on = event.get("kind"), event.get("on", 0)
        if kind == "message":
            user = event.get("user") or {}
            lines[event["seq"]] = Line(event["seq"], event.get("ts", 0), user.get("id", ""),
                                       user.get("name", "?"), event.get("text", ""),
                                       event.get("reply_to") or 0)
        elif kind == "edit" and on in lines:
            lines[on].text = event.get("text", "")
        elif kind == "delete":
            lines.pop(on, None)
        elif kind == "reaction" and on in lines:
            lines[on].reactions += 1 if event.get("add", True) else -1
    ordered = [lines[seq] for seq in sorted(lines)]
    for line in ordered:
        line.words = frozenset(terms(line.text))
    return ordered


def weave(lines: list[Line]) -> list[list[int]]:
    """Threads, as indices into `lines`: by reply links, by mentions, by one person going
    on, and by time.  Sets `parent`, `replies` and `thread` of each line."""
    by_seq = {line.seq: index for index, line in enumerate(lines)}
    threads: list[list[int]] = []
    for index, line in enumerate(lines):
        link = by_seq.get(line.reply_to, -1)
        if link < 0:
            link = _mentioned(lines, index)
        if link >= 0:
            line.parent = link
            lines[link].replies.append(index)
        else:
            link = _continued(lines, index)
        if link >= 0:
            line.thread = lines[link].thread
            threads[line.thread].append(index)
        else:
            line.thread = len(threads)
            threads.append([index])
    return threads


def _mentioned(lines: list[Line], index: int) -> int:
    """The newest message of the person whom this one addresses."""
    line = lines[index]
    match = re.match(r"\s*@?([\w.-]+)[,:]?\s", line.text + " ")
    said = {match[1].casefold()} if match and (match[0].lstrip().startswith("@")
                                               or match[0].rstrip()[-1] in ",:") else set()
    said |= {name.casefold() for name in re.findall(r"@([\w.-]*\w)", line.text)}
    for other in range(index - 1, max(-1, index - 60), -1):
        before = lines[other]
        if line.ts - before.ts > _NEAR_MS or not said:
            return -1
        if before.user != line.user and before.name.casefold() in said:
            return other
    return -1


def _continued(lines: list[Line], index: int) -> int:
    """The message whose thread this one goes on with: among the last ones within the
    pause, the one with most words in common, else its own author's, else the newest; a
    question that shares no word begins something new."""
    line = lines[index]
    near = [other for other in range(max(0, index - 8), index)
            if line.ts - lines[other].ts <= _PAUSE_MS]
    if not near:
        return -1
    alike = max(near, key=lambda other: (len(line.words & lines[other].words), other))
    if line.words & lines[alike].words:
        return alike
    if asks(line.text):
        return -1
    own = [other for other in near if lines[other].user == line.user
           and line.ts - lines[other].ts <= 2 * 60 * 1000]
    return own[-1] if own else near[-1]
