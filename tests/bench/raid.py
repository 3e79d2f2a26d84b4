#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How often raids are told that are none, and whether real ones are: hours of real IRC with its joins replayed through the room
analyzer `raid` as it is shipped, as they were and with a raid put into each.

    tests/bench/raid.py --datasets ../shared/datasets

A raid: `--people` newcomers join within 10 s and each says a variant of one text five times in half a minute. Times of IRC are
minutes; what happened in one is spread over it, or with `--within 10` over its first 10 s, which is harder. False alarms are counted by the hour of what was replayed.
"""
from __future__ import annotations

import argparse
import random
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "workers"))

from parley.room import Message  # noqa: E402
from parley.rooms.raid import Raid, Settings  # noqa: E402

SAID = re.compile(r"^\[(\d\d):(\d\d)\] <([^>]+)> (.*)$")
CAME = re.compile(r"^=== (\S+) \[.*\] +has joined")


def read(path: Path, within_s: float = 60) -> list[tuple[int, str, str | None]]:
    """(ms, user, text) in order; text None: joined. A join has the minute of the line before it."""
    minutes: list[tuple[int, str, str | None]] = []
    days, before = 0, 0
    for line in path.read_text("utf-8", "replace").splitlines():
        said, came = SAID.match(line), CAME.match(line)
        if said and said[4].strip():
            now = int(said[1]) * 60 + int(said[2])
            days += now < before
            before = now
            minutes.append((days * 1440 + now, said[3], said[4]))
        elif came and minutes:
            minutes.append((days * 1440 + before, came[1], None))
    out, at = [], 0
    while at < len(minutes):
        end = at
        while end < len(minutes) and minutes[end][0] == minutes[at][0]:
            end += 1
        out += [(row[0] * 60_000 + int(n * 1000 * within_s / (end - at)), row[1], row[2]) for n, row in enumerate(minutes[at:end])]
        at = end
    return out


def replay(rows: list[tuple[int, str, str | None]], analyzer: Raid, known: set[str]) -> list[tuple[int, dict]]:
    """What was told, and when. Who joins is new when nobody of this name was there before."""
    state, told, tick = analyzer.new_state(), [], rows[0][0]
    for at, user, text in rows:
        while tick <= at:
            found = analyzer.tick(state, tick)
            if found is not None:
                told.append((tick, found))
            tick += 1000
        if text is None:
            analyzer.join(state, user, user not in known, at)
        else:
            analyzer.update(state, Message("irc", user, at, text), {})
        known.add(user)
    return told


def with_raid(rows: list[tuple[int, str, str | None]], people: int, dice: random.Random) -> tuple[list, int]:
    begin = rows[0][0] + int((rows[-1][0] - rows[0][0]) * dice.uniform(0.6, 0.9))
    raid: list[tuple[int, str, str | None]] = []
    for n in range(people):
        came = begin + dice.randrange(10_000)
        raid.append((came, f"raider{n}", None))
        raid += [(came + 1000 + k * 6000 + dice.randrange(3000), f"raider{n}", f"JOIN the best server now {dice.randint(0, 999)}")
                 for k in range(5)]
    return sorted(rows + raid, key=lambda row: row[0]), begin


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=Path, default=ROOT / "../shared/datasets")
    parser.add_argument("--people", type=int, nargs="*", default=[5, 8, 15])
    parser.add_argument("--z", type=float, default=Settings.z, help="as in the analyzer's settings")
    parser.add_argument("--within", type=float, default=60, help="seconds of a minute that its messages fill")
    parser.add_argument("--show", action="store_true", help="what was told")
    options = parser.parse_args()
    analyzer = Raid()
    analyzer.config = Settings(z=options.z)
    files = sorted((options.datasets / "irc_ubuntu").glob("*/*.raw.txt"))
    hours, alarms = 0.0, []
    rooms = [read(path, options.within) for path in files]
    for path, rows in zip(files, rooms):
        hours += (rows[-1][0] - rows[0][0]) / 3_600_000
        alarms += [(path.name, at, found) for at, found in replay(rows, analyzer, set()) if found["raid"]]
    for name, at, found in alarms if options.show else []:
        print(name, at // 60_000 % 1440, found)
    joins = sum(row[2] is None for rows in rooms for row in rows)
    print(f"{len(files)} channels, {hours:.0f} hours, {sum(map(len, rooms)) - joins} messages, {joins} joins: "
          f"{len(alarms)} alarms, {len(alarms) / hours:.3f} an hour")
    for people in options.people:
        dice, delays = random.Random(people), []
        for rows in rooms:
            rows, begin = with_raid(rows, people, dice)
            seen = [at - begin for at, found in replay(rows, analyzer, set())
                    if found["raid"] and 0 <= at - begin <= 60_000 and "raider0" in found["people"]]
            delays += seen[:1]
        delays.sort()
        middle = f", half of them within {delays[len(delays) // 2] / 1000:.0f} s" if delays else ""
        print(f"raids of {people}: {len(delays)} of {len(rooms)} told{middle}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
