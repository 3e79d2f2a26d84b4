# SPDX-License-Identifier: MIT
"""`python3 -m parley replay LOG`: a chat log through the analyzers, with their verdicts."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any, Iterator

from parley import host, registry
from parley.api import Batch
from parley.cli import find
from parley.cli.terminal import clean
from parley.keeper import Keeper, as_found
from parley.room import Message, RoomAnalyzer

HELP = "run a chat log through the analyzers and show their verdicts"

_BATCH = 64
_LINE = re.compile(r"(?:\[?(\d{1,2}):(\d\d)(?::(\d\d))?\]?\s+)?(?:<([^>]{1,40})>|([\w.-]{1,40}):)"
                   r"\s+(.*)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("log", type=Path, metavar="LOG",
                        help="lines like \"[12:30] <ada> hello\" or \"ada: hello\", or .jsonl: "
                             "{\"text\", \"user\"?, \"room\"?, \"ts\"? (ms)}, as history tells "
                             "them, too")
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="analyzers or files ending in .py (default: all)")
    parser.add_argument("--folder", type=Path, help="drop-in folder")
    parser.add_argument("--flagged", action="store_true", help="only messages that are flagged")
    parser.add_argument("--pace", type=float, default=0.0, metavar="X",
                        help="X times as fast as it was said (default: at once)")


def run(options: argparse.Namespace) -> int:
    """0 when no analyzer failed, 1 when one did."""
    if options.pace < 0:
        raise find.Unusable(f"--pace {options.pace:g}: give a number above 0, or leave it out")
    entries = find.analyzers(options.names, options.folder)
    rooms = {entry.name: (entry.instance, entry.spec.uses) for entry in entries
             if entry.spec is not None and isinstance(entry.instance, RoomAnalyzer)}
    faults: list[tuple[str, ...]] = []
    keeper = Keeper(rooms, lambda *what: faults.append(what))
    told: Counter[str] = Counter()
    failed = count = 0
    spent = 0.0
    before_ms: int | None = None
    messages = _messages(options.log)
    while batch := list(islice(messages, 1 if options.pace else _BATCH)):
        if options.pace and before_ms is not None:
            time.sleep(max(0.0, batch[0].time_ms - before_ms) / 1000 / options.pace)
        before_ms = batch[-1].time_ms
        begun = time.process_time()
        verdicts, failures = _judge(entries, batch)
        spent += time.process_time() - begun
        for message, of in zip(batch, verdicts):
            _show(message, of, options.flagged, told)
            for room, name, text in keeper.observe([(message, as_found(of))]):
                print(f"{'':8} {room} {name}: {clean(text, 160)}")
        failed += len(failures) + len(faults)
        _complain([(f[0], f[2], f[3]) for f in failures] + [f[:3] for f in faults])
        faults.clear()
        count += len(batch)
    _sum_up(count, spent, told, failed)
    return 1 if failed else 0


def _judge(entries: list[registry.Entry], messages: list[Message]) \
        -> tuple[list[list[host.Verdict]], list[host.Failure]]:
    batch = Batch([m.text for m in messages], [m.room for m in messages],
                  [m.user for m in messages], [m.time_ms for m in messages])
    return host.run(entries, batch, lambda: None)[:2]


def _show(message: Message, verdicts: list[host.Verdict], only_flagged: bool,
          told: Counter[str]) -> None:
    flagged = [verdict for verdict in verdicts if verdict[5]]
    told.update(f"{verdict[0]}.{verdict[2]}" for verdict in flagged)
    if only_flagged and not flagged:
        return
    clock = time.strftime("%H:%M:%S", time.gmtime(message.time_ms / 1000))
    print(f"{clock} <{clean(message.user, 20)}> {clean(message.text, 100)}")
    for analyzer, _, label, score, _, _, spans in flagged:
        words = ", ".join(repr(clean(message.text[a:b], 30)) for a, b in spans[:4])
        print(f"{'':8}   {analyzer}.{label} {score:.2f}" + (f"  {words}" if words else ""))


def _complain(failures: list[tuple[str, ...]]) -> None:
    for name, kind, message in failures:
        print(f"  {name} failed: {kind}: {clean(message, 200)}", file=sys.stderr)


def _sum_up(count: int, spent: float, told: Counter[str], failed: int) -> None:
    if not count:
        print("no message in it")
        return
    print(f"\n{count} messages, {spent / count * 1e6:.0f} µs each, {failed} failure(s)")
    for label, times in sorted(told.items(), key=lambda pair: (-pair[1], pair[0])):
        print(f"  {label:32} {times:6}  {100 * times / count:5.1f} %")


def _messages(path: Path) -> Iterator[Message]:
    """The log's messages; a clock without a date goes on over midnight, and lines without a
    clock are a second apart."""
    now_ms, day_ms = 0, 0
    is_json = path.suffix in (".jsonl", ".json", ".ndjson")
    for number, record in find.records(path):
        if is_json:
            message = _from_json(path, number, record, now_ms)
            if message is None:
                continue
        else:
            user, text, clock_ms = _from_line(record["text"])
            if clock_ms is not None and clock_ms + day_ms + 43_200_000 < now_ms:
                day_ms += 86_400_000
            at = now_ms + 1000 if clock_ms is None else clock_ms + day_ms
            message = Message("log", user, at, text, number)
        now_ms = message.time_ms
        yield message


def _from_line(line: str) -> tuple[str, str, int | None]:
    match = _LINE.fullmatch(line.strip())
    if not match:
        return "?", line.strip(), None
    hours, minutes, seconds, nick, name, text = match.groups()
    clock = None if hours is None else \
        ((int(hours) * 60 + int(minutes)) * 60 + int(seconds or 0)) * 1000
    return nick or name, text, clock


def _from_json(path: Path, number: int, record: dict[str, Any],
               now_ms: int) -> Message | None:
    """None for an event that is no message."""
    if record.get("kind", "message") != "message":
        return None
    user = record.get("user", "?")
    if isinstance(user, dict):
        user = user.get("name") or user.get("id") or "?"
    at, room = record.get("ts", now_ms + 1000), record.get("room", "log")
    if not isinstance(user, str) or not isinstance(room, str) or isinstance(at, bool) \
            or not isinstance(at, (int, float)):
        raise find.Unusable(f"{path}, line {number}: \"user\" and \"room\" are texts, \"ts\" a "
                            f"number of milliseconds")
    return Message(room, user, int(at), record.get("text", ""),
                   int(record.get("seq") or number), int(record.get("reply_to") or 0))
