#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How often the flood rules are wrong, and what they find: real IRC with its times as what must pass, generated floods among
real IRC as what must be found.

A flood is a real spam text (SMS, YouTube) said again and again, each time disguised otherwise: by one user every few seconds
(flood.repeat), or by as many users within five minutes (flood.campaign). Thresholds and scores were chosen by `--split tune`
(folder train, half of the spam texts), figures are of `test` (folder dev, the other half); the background of floods is the IRC
of the other folder.

    ninja -C build flood_bench && tests/bench/flood.py --datasets ../shared/datasets
"""
from __future__ import annotations

import argparse
import csv
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterable

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"^\[(\d\d):(\d\d)\] <([^>]+)> (.*)$")
LOOK = {"a": "аα", "c": "с", "e": "еε", "i": "іι", "k": "кκ", "o": "оο", "p": "рρ", "s": "ѕ", "t": "тτ", "u": "υ",
        "x": "хχ", "y": "у"}
ACCENTS = "́̈̂̀"
INVISIBLE = "​‌‍⁠"
FILL = "hey guys check this out now please really all of you today friends look here wow nice".split()
COUNTS = range(2, 8)
REAL = {"king-rapper", "el", "Aggro-berlin_4ev"}  # of `tune`: they do flood, as one sees; no innocents to calibrate with
SCORES = 8  # from this count on a score grows no more


@dataclass
class Said:
    at_ms: int
    user: str
    text: str
    flood: int = 0  # the how manieth of its flood; 0: somebody's own words


@dataclass
class Room:
    said: list[Said] = field(default_factory=list)
    counts: list[tuple[int, int]] = field(default_factory=list)


def read_irc(path: Path) -> Room:
    """One file; the messages of a minute are spread over it, as the minute is all that was noted."""
    rows = [m.groups() for m in map(LINE.match, path.read_text("utf-8", "replace").splitlines()) if m and m[4].strip()]
    a_minute = Counter((hour, minute) for hour, minute, _, _ in rows)
    room, days, before, seen = Room(), 0, 0, Counter()
    for hour, minute, user, text in rows:
        now = int(hour) * 60 + int(minute)
        days += now < before
        before = now
        key = (days, now)
        place = seen[key] * 60_000 // a_minute[hour, minute]
        seen[key] += 1
        room.said.append(Said(((days * 1440 + now) * 60_000) + place, user.replace("\t", " "), text.replace("\t", " ")))
    return room


def spam_texts(datasets: Path) -> list[str]:
    texts = [line.split("\t", 1)[1] for line in (datasets / "sms_spam/train.tsv").read_text("utf-8").splitlines()
             if line.startswith("spam\t")]
    for path in sorted((datasets / "youtube_spam").glob("**/*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            texts += [row["CONTENT"] for row in csv.DictReader(file) if row.get("CLASS") == "1"]
    return sorted({re.sub(r"\s+", " ", t).strip() for t in texts if 20 <= len(t) <= 300})


# Each takes a text and gives it otherwise.
def shouted(text: str, dice: random.Random) -> str:
    return "".join(c.upper() if dice.random() < 0.5 else c.lower() for c in text)


def lookalike(text: str, dice: random.Random) -> str:
    return "".join(dice.choice(LOOK[c]) if c in LOOK and dice.random() < 0.5 else c for c in text)


def wide(text: str, dice: random.Random) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and dice.random() < 0.5 else c for c in text)


def accented(text: str, dice: random.Random) -> str:
    return "".join(c + dice.choice(ACCENTS) if c.isalpha() and dice.random() < 0.3 else c for c in text)


def invisible(text: str, dice: random.Random) -> str:
    return "".join(c + dice.choice(INVISIBLE) if dice.random() < 0.3 else c for c in text)


def dotted(text: str, dice: random.Random) -> str:
    sign = dice.choice(".-_ *")
    return "".join(c + sign if c.isalpha() and dice.random() < 0.6 else c for c in text)


def stretched(text: str, dice: random.Random) -> str:
    return "".join(c * dice.randint(2, 4) if c.isalpha() and dice.random() < 0.2 else c for c in text)


def tailed(text: str, dice: random.Random) -> str:
    """A number behind it, as floods have against simple comparison."""
    return f"{text} {dice.randint(100, 99999)}"


def reworded(text: str, dice: random.Random) -> str:
    """A word in eight is another, and one is added."""
    words = [dice.choice(FILL) if dice.random() < 0.125 else w for w in text.split(" ")]
    words.insert(dice.randint(0, len(words)), dice.choice(FILL))
    return " ".join(words)


def mixed(text: str, dice: random.Random) -> str:
    for way in dice.sample([shouted, lookalike, wide, accented, invisible, dotted, stretched, tailed], 3):
        text = way(text, dice)
    return text


WAYS: dict[str, Callable[[str, random.Random], str]] = {"same": lambda text, dice: text} | {
    way.__name__: way for way in (shouted, lookalike, wide, accented, invisible, dotted, stretched, tailed, reworded, mixed)}


def with_flood(quiet: Room, text: str, way: Callable[[str, random.Random], str], users: int, dice: random.Random) -> Room:
    """Twelve times the text among what others said."""
    start, size = dice.randrange(max(1, len(quiet.said) - 400)), 12
    background = [Said(s.at_ms, s.user, s.text) for s in quiet.said[start:start + 400]]
    begin = background[len(background) // 3].at_ms
    gap_ms = 4000 if users == 1 else 20_000
    flood = [Said(begin + n * gap_ms + dice.randrange(gap_ms // 2), f"flood{n % users}", way(text, dice).replace("\t", " "), n + 1)
             for n in range(size)]
    return Room(sorted(background + flood, key=lambda s: s.at_ms))


def judge(program: Path, rooms: Iterable[Room]) -> None:
    """Fills in counts."""
    rooms = list(rooms)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as lines:
        lines.write("\n\n".join("\n".join(f"{s.at_ms}\t{s.user}\t{s.text}" for s in room.said) for room in rooms) + "\n")
        lines.seek(0)
        told = subprocess.run([program], stdin=lines, stdout=subprocess.PIPE, check=True, text=True).stdout.split("\n")
    at = iter(told)
    for room in rooms:
        for _ in room.said:
            repeats, users = next(at).split()
            room.counts.append((int(repeats), int(users)))


def false_flags(rooms: list[Room]) -> None:
    n = sum(len(room.said) for room in rooms)
    counts = [c for room in rooms for c in room.counts]
    print(f"{n} messages of {len({s.user for r in rooms for s in r.said})} users in {len(rooms)} rooms; flagged of them from")
    print("| near-same ones | " + " | ".join(str(c) for c in COUNTS) + " |")
    print("|---|" + "---|" * len(COUNTS))
    for place, name in ((0, "`flood.repeat`"), (1, "`flood.campaign`")):
        shares = [sum(c[place] >= at for c in counts) / n for at in COUNTS]
        print(f"| {name} | " + " | ".join(f"{share:.3%}" for share in shares) + " |")


def found(quiet: list[Room], texts: list[str], program: Path, each: int, dice: random.Random, at: dict[str, int]) -> None:
    for name, users in (("repeat", 1), ("campaign", 12)):
        print(f"\n`flood.{name}`, {each} floods of 12 a row, flagged from {at[name]}:")
        print("| disguise | floods found | of their messages from the one that counts on | others flagged along |")
        print("|---|---|---|---|")
        for way_name, way in WAYS.items():
            rooms = [with_flood(dice.choice(quiet), dice.choice(texts), way, users, dice) for _ in range(each)]
            judge(program, rooms)
            place = 0 if users == 1 else 1
            hits = [[c[place] >= at[name] for s, c in zip(r.said, r.counts) if s.flood >= at[name]] for r in rooms]
            others = [c[place] >= at[name] for r in rooms for s, c in zip(r.said, r.counts) if not s.flood]
            print(f"| {way_name} | {sum(map(any, hits)) / each:.1%} | {sum(map(sum, hits)) / sum(map(len, hits)):.1%} |"
                  f" {sum(others) / len(others):.2%} |")


def calibrate(rooms: list[Room], quiet: list[Room], texts: list[str], program: Path, each: int, dice: random.Random,
              prior: float) -> None:
    """The tables of server/chat/flood.c: how probable a flood is where so many near-same ones were counted, when one
    message in 1 / prior belongs to a flood."""
    for place, users in ((0, 1), (1, 12)):
        floods = [with_flood(dice.choice(quiet), dice.choice(texts), way, users, dice) for way in WAYS.values()
                  for _ in range(each)]
        judge(program, floods)
        bad = Counter(min(c[place], SCORES) for r in floods for s, c in zip(r.said, r.counts) if s.flood)
        good = Counter(min(c[place], SCORES) for r in rooms for s, c in zip(r.said, r.counts) if s.user not in REAL)
        table, best = [], 0.0
        for n in range(1, SCORES + 1):
            yes, no = (prior * bad[n] / bad.total(), (1 - prior) * (good[n] + 0.5) / good.total())
            best = max(best, yes / (yes + no))
            table.append(f"{best:.3f}f" if n > 1 else f"{yes / (yes + no):.3f}f")
        print(f"{'repeat' if users == 1 else 'campaign'}: {', '.join(table)}")


def instructions(program: Path, rooms: list[Room]) -> None:
    """A message's cost, with the ring of its room full."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        lines = "\n".join(f"{s.at_ms}\t{s.user}\t{s.text}" for s in rooms[0].said[:1300]) + "\n"
        costs = []
        for n in (300, 1300):
            subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--toggle-collect=flood_note", program],
                           input="\n".join(lines.split("\n")[:n]) + "\n", text=True, check=True, capture_output=True)
            costs.append(int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.M)[1]))
    print(f"\na message costs {(costs[1] - costs[0]) / 1000:.0f} instructions (flood_note, 256 texts remembered)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=Path, default=ROOT / "../shared/datasets")
    parser.add_argument("--program", type=Path, default=ROOT / "build/bin/flood_bench")
    parser.add_argument("--split", choices=("tune", "test"), default="test")
    parser.add_argument("--floods", type=int, default=200, help="of each kind and disguise")
    parser.add_argument("--repeat-at", type=int, default=4)
    parser.add_argument("--campaign-at", type=int, default=4)
    parser.add_argument("--calibrate", action="store_true", help="print the tables of scores instead")
    parser.add_argument("--prior", type=float, default=0.01, help="share of messages that belong to floods")
    parser.add_argument("--cost", action="store_true", help="count instructions too (valgrind)")
    options = parser.parse_args()
    irc = options.datasets / "irc_ubuntu"
    folders = ("train", "dev") if options.split == "tune" else ("dev", "train")
    rooms, background = ([read_irc(path) for path in sorted((irc / folder).glob("*.raw.txt"))] for folder in folders)
    texts = spam_texts(options.datasets)[options.split == "test"::2]
    judge(options.program, rooms)
    quiet = [r for r in background if len(r.said) >= 400]
    if options.calibrate:
        calibrate(rooms, quiet, texts, options.program, options.floods, random.Random(11), options.prior)
        return 0
    false_flags(rooms)
    found(quiet, texts, options.program, options.floods, random.Random(7),
          {"repeat": options.repeat_at, "campaign": options.campaign_at})
    if options.cost:
        instructions(options.program, rooms)
    return 0


if __name__ == "__main__":
    sys.exit(main())
