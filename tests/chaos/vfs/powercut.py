#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the database files of a killed server what a disk might hold after a power cut.

faultvfs.c logs, for each file, every write since its last successful fsync. A disk may have kept any subset of
those, in any order of sectors; this puts each file back to its synced state and then applies a random subset
again, some of them torn at a sector. What was fsynced is untouched. The shared-memory index is lost, as memory is.

    powercut.py --seed N DIRECTORY
"""

from __future__ import annotations

import argparse
import random
import struct
from dataclasses import dataclass
from pathlib import Path

RECORD = struct.Struct("=QIIQII")  # struct record of faultvfs.c
MAGIC = 0x50434C47
SECTOR = 512


@dataclass
class Change:
    """One write or truncation; `before` are the bytes it replaced (fewer than `after` past the end)."""

    offset: int
    before: bytes
    after: bytes
    size_before: int
    is_truncate: bool


def read_log(path: Path) -> list[Change]:
    """The changes of a log; a record that the kill cut short was never written to the file, and is left out."""
    data = path.read_bytes()
    changes, at = [], 0
    while at + RECORD.size <= len(data):
        offset, before_len, after_len, size_before, is_truncate, magic = RECORD.unpack_from(data, at)
        if magic != MAGIC:
            raise ValueError(f"{path}: no record at byte {at}")
        at += RECORD.size
        if at + before_len + after_len > len(data):
            break
        before = data[at : at + before_len]
        after = data[at + before_len : at + before_len + after_len]
        at += before_len + after_len
        changes.append(Change(offset, before, after, size_before, bool(is_truncate)))
    return changes


def cut(path: Path, chance: random.Random) -> tuple[int, int]:
    """Cuts the power for one file; returns how many changes it had and how many of them the disk kept."""
    log = Path(f"{path}-unsynced")
    changes = read_log(log)
    kept = 0
    with path.open("r+b") as file:
        for change in reversed(changes):
            file.truncate(change.size_before)
            file.seek(change.offset)
            file.write(change.before)
        for change in changes:
            if chance.random() < 0.5:
                continue
            kept += 1
            if change.is_truncate:
                file.truncate(change.offset)
                continue
            after = change.after
            if chance.random() < 0.2 and len(after) > SECTOR:
                after = after[: SECTOR * chance.randrange(1, len(after) // SECTOR + 1)]
            file.seek(change.offset)
            file.write(after)
    log.unlink()
    return len(changes), kept


def cut_power(directory: Path, chance: random.Random) -> dict[str, tuple[int, int]]:
    """Cuts the power for every logged file of a data directory: by name, how many changes were not on disk for sure,
    and how many of them the disk kept."""
    outcome: dict[str, tuple[int, int]] = {}
    for log in sorted(directory.glob("*-unsynced")):
        path = Path(str(log).removesuffix("-unsynced"))
        if path.exists():
            outcome[path.name] = cut(path, chance)
        else:
            log.unlink()
    for shm in directory.glob("*-shm"):
        shm.unlink()
    return outcome


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("directory", type=Path)
    args = parser.parse_args()
    for name, (changes, kept) in cut_power(args.directory, random.Random(args.seed)).items():
        print(f"{name}: {changes} unsynced changes, {kept} kept")


if __name__ == "__main__":
    main()
