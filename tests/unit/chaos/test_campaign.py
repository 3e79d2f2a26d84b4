# SPDX-License-Identifier: MIT
"""What a run reports: how long nobody was served, and that its plan comes from its seed alone."""
from __future__ import annotations

import asyncio
import random
from pathlib import Path

from campaign import worst_gaps
from history import Recorder, read
from nemesis import CONTROL, DISK_FAULTS, FAULTS, LANES, Disk, Nemesis
from vfs import powercut

S = 1_000_000


def test_unavailability_is_the_longest_time_without_an_ack() -> None:
    acks = [0, 1 * S, 5 * S, 6 * S, 20 * S]
    faults = [("kill", 1 * S + 1, 2 * S), ("kill", 19 * S, 20 * S), ("storm", 5 * S, 6 * S)]
    worst = worst_gaps(acks, faults)
    assert 3.9 < worst["kill"] < 4 and worst["storm"] == 1.0


def test_nobody_served_at_all_counts_whole() -> None:
    assert worst_gaps([], [("kill", 0, 2 * S)], after_us=3 * S) == {"kill": 5.0}


def test_every_fault_can_be_done() -> None:
    for fault in FAULTS:
        assert callable(getattr(Nemesis, "do_" + fault.replace("-", "_")))
    assert len(FAULTS) == len(set(FAULTS)) == sum(map(len, LANES.values()))


def test_faults_reach_the_control_file(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.fail("sync_eio", -1)
    disk.lie()
    values = CONTROL.unpack((tmp_path / "faults").read_bytes())
    assert values == (0, 0, 0, -1, -1, 0)
    disk.heal()
    values = CONTROL.unpack((tmp_path / "faults").read_bytes())
    assert values[:len(DISK_FAULTS)] == (0, 0, 0, 0)
    before = (tmp_path / "boot-id").read_text()
    disk.reboot()
    assert (tmp_path / "boot-id").read_text() != before


def test_a_history_is_read_as_it_was_written(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "h")
    recorder.write("p1", "invoke", room="r", cid="c", kind="message", h="ab", n=1)
    recorder.received("p1", "r", 7, "message", "ab", "push")
    recorder.close()
    invoke, recv = read(tmp_path / "h")
    assert {k: v for k, v in recv.items() if k != "t"} == {
        "c": "p1", "e": "recv", "room": "r", "seq": 7, "kind": "message", "h": "ab", "via": "push"}
    assert invoke["t"] <= recv["t"]


def record(offset: int, before: bytes, after: bytes, size_before: int, truncates: bool = False) -> bytes:
    head = powercut.RECORD.pack(offset, len(before), len(after), size_before, truncates, powercut.MAGIC)
    return head + before + after


def test_a_power_cut_keeps_synced_bytes_and_a_part_of_the_rest(tmp_path: Path) -> None:
    """Writes of four sectors behind a synced one: each may be there, torn or not, in whatever combination."""
    synced, sector = b"s" * 512, 512
    outcomes = set()
    for seed in range(60):
        data, log = tmp_path / "db", tmp_path / "db-unsynced"
        blocks = [bytes([n + 1]) * 1024 for n in range(4)]
        data.write_bytes(synced + b"".join(blocks))
        log.write_bytes(b"".join(record(sector + 1024 * n, b"", block, sector + 1024 * n)
                                 for n, block in enumerate(blocks)) + b"a record cut short"[:10])
        (changes, kept) = powercut.cut_power(tmp_path, random.Random(seed))["db"]
        after = data.read_bytes()
        assert changes == 4 and after[:512] == synced and not log.exists()
        outcomes.add((kept, after))
    assert len({kept for kept, _ in outcomes}) == 5 and len(outcomes) > 16


def test_a_power_cut_undoes_overwriting_and_truncation(tmp_path: Path) -> None:
    data, log = tmp_path / "db", tmp_path / "db-unsynced"
    seen = set()
    for seed in range(30):
        data.write_bytes(b"new!")
        log.write_bytes(record(0, b"old-", b"new!", 8) + record(4, b"tail", b"", 8, True))
        powercut.cut_power(tmp_path, random.Random(seed))
        seen.add(data.read_bytes())
    assert seen == {b"old-tail", b"new!tail", b"old-", b"new!"}


def test_the_same_seed_is_the_same_plan() -> None:
    """What a lane draws depends on the seed and its own count only."""
    def first_draws(seed: int) -> list[float]:
        async def make() -> Nemesis:
            return Nemesis(seed, FAULTS, None, [], None, None, None, None, str, (0, 1))  # type: ignore[arg-type]
        nemesis = asyncio.run(make())
        return [chance.random() for chance in nemesis._chances.values()]
    assert first_draws(5) == first_draws(5) != first_draws(6)
