# SPDX-License-Identifier: MIT
"""What goes wrong, when: faults drawn from a seed, in three lanes that run beside each other.

    server    one at a time for parleyd, its disk and its clock
    network   for connections and readers
    workers   for the analysis

A fault is a method do_NAME that returns when it is over, with a few words on what it did. What it draws depends on
the seed and the lane's own count only, so a seed gives the same plan each time; what the server was doing at that
moment does not.
"""
from __future__ import annotations

import asyncio
import mmap
import random
import signal
import struct
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

from history import Recorder
from people import Person
from proxy import Proxy, Weather
from server import Server, kill_if_there
from vfs import powercut

LANES: dict[str, tuple[str, ...]] = {
    "server": ("kill", "kill-again", "freeze", "drain", "powercut", "disk", "clock"),
    "network": ("storm", "weather", "half-open", "mid-frame", "sleepers"),
    "workers": ("worker-kill", "worker-freeze", "poison"),
}
FAULTS = tuple(name for lane in LANES.values() for name in lane)
DISK_FAULTS = ("write_eio", "write_enospc", "write_short", "sync_eio")
CONTROL = struct.Struct("=5iI")  # struct control of faultvfs.c: DISK_FAULTS, sync_lies, failed
POISONS = ("segfault", "exit", "loop", "memory", "raise", "garbage")
# Five crashes of a slot in 10 s give it up: stay below, whoever is to blame.
CRASHES_MAX, CRASHES_WITHIN_S = 3, 11.0


class Disk:
    """The control file of vfs/faultvfs.c, and the boot id that the server sees."""

    def __init__(self, directory: Path) -> None:
        self._boot = directory / "boot-id"
        control = directory / "faults"
        control.write_bytes(bytes(CONTROL.size))
        with control.open("r+b") as file:
            self._control = mmap.mmap(file.fileno(), 0)
        self.reboot()
        self.environment = {"PARLEY_FAULT_CONTROL": str(control), "PARLEY_FAULT_BOOT_ID": str(self._boot)}

    def reboot(self) -> None:
        self._boot.write_text(f"{uuid.uuid4()}\n")

    def fail(self, fault: str, count: int) -> None:
        """The next `count` calls fail; -1: all of them, 0: none."""
        struct.pack_into("=i", self._control, 4 * DISK_FAULTS.index(fault), count)

    def heal(self) -> None:
        for fault in DISK_FAULTS:
            self.fail(fault, 0)

    def lie(self) -> None:
        """From now on fsync does nothing, and says that it did: what a server without fsync would be."""
        struct.pack_into("=i", self._control, 4 * len(DISK_FAULTS), -1)

    @property
    def failed(self) -> int:
        """How many calls have failed so far."""
        return CONTROL.unpack_from(self._control)[-1]


class WallClock:
    """The server's wall clock by libfaketime, which leaves CLOCK_MONOTONIC alone here."""

    LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")

    def __init__(self, directory: Path) -> None:
        self._file = directory / "clock"
        self.jump(0)
        self.environment = {"FAKETIME_TIMESTAMP_FILE": str(self._file), "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                            "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_RESET": "1"}

    def jump(self, seconds: float) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds:+.0f}\n")
        fresh.rename(self._file)


class Nemesis:
    def __init__(self, seed: int, faults: tuple[str, ...], server: Server, people: list[Person], proxy: Proxy,
                 disk: Disk | None, clock: WallClock | None, recorder: Recorder,
                 tell: Callable[[str], None], pause: tuple[float, float]) -> None:
        """`pause`: the shortest and longest time between two faults of a lane, in seconds."""
        self.server, self.people, self.proxy, self.disk, self.clock = server, people, proxy, disk, clock
        self.counts: dict[str, int] = {}
        self.restart_s: list[float] = []
        self.down = False  # by intent: nobody need wonder that it does not answer
        self._recorder, self._tell = recorder, tell
        self._lanes = {lane: [f for f in names if f in faults] for lane, names in LANES.items()}
        self._chances = {lane: random.Random(f"{seed} {lane}") for lane in LANES}
        self._crashes: list[float] = []
        self._pause = pause

    async def run(self, seconds: float) -> None:
        """Until the time is up; the fault that is on is ended properly. A fault that fails ends the run."""
        until = time.monotonic() + seconds
        lanes = [asyncio.create_task(self._run_lane(lane, until)) for lane in LANES if self._lanes[lane]]
        try:
            await asyncio.gather(*lanes)
        finally:
            for lane in lanes:
                lane.cancel()

    async def _run_lane(self, lane: str, until: float) -> None:
        chance = self._chances[lane]
        while True:
            await asyncio.sleep(chance.uniform(*self._pause))
            if time.monotonic() >= until:
                return
            fault = chance.choice(self._lanes[lane])
            begin = self._recorder.now_us()
            act: Callable[[random.Random], Awaitable[str]] = getattr(self, "do_" + fault.replace("-", "_"))
            note = await act(chance)
            self.counts[fault] = self.counts.get(fault, 0) + 1
            end = self._recorder.now_us()
            self._recorder.write("-", "fault", fault=fault, begin=begin, end=end, note=note)
            self._tell(f"{fault} ({(end - begin) / 1e6:.1f} s) {note}")

    # server

    async def _start(self) -> None:
        took = await self.server.start()
        self.restart_s.append(took)
        self.down = False

    async def _kill(self) -> None:
        self.down = True
        await self.server.kill()

    async def do_kill(self, chance: random.Random) -> str:
        await self._kill()
        await asyncio.sleep(chance.choice((0, chance.uniform(0, 0.5))))
        await self._start()
        return f"ready after {self.restart_s[-1]:.2f} s"

    async def do_kill_again(self, chance: random.Random) -> str:
        """While clients are coming back."""
        times = chance.randrange(2, 5)
        for _ in range(times):
            await self._kill()
            await self._start()
            await asyncio.sleep(chance.uniform(0, 0.4))
        self.counts["kill"] = self.counts.get("kill", 0) + times
        return f"{times} times"

    async def do_freeze(self, chance: random.Random) -> str:
        seconds = chance.uniform(0.3, 3.0)
        self.down = True
        self.server.signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self.server.signal(signal.SIGCONT)
        self.down = False
        return f"for {seconds:.1f} s"

    async def do_drain(self, chance: random.Random) -> str:
        self.down = True
        took = await self.server.stop()
        await self._start()
        return f"ended after {took:.2f} s, ready after {self.restart_s[-1]:.2f} s"

    async def do_powercut(self, chance: random.Random) -> str:
        await self._kill()
        assert self.disk is not None
        outcome = powercut.cut_power(self.server.data, chance)
        self.disk.reboot()
        await self._start()
        return ", ".join(f"{name}: {kept} of {changes} unsynced writes kept"
                         for name, (changes, kept) in outcome.items()) or "nothing was open"

    async def disk_fault(self, fault: str, seconds: float) -> int:
        """Every such call fails for a while; how many did."""
        assert self.disk is not None
        before = self.disk.failed
        self.disk.fail(fault, -1)
        await asyncio.sleep(seconds)
        self.disk.heal()
        return self.disk.failed - before

    async def do_disk(self, chance: random.Random) -> str:
        assert self.disk is not None
        fault, seconds = chance.choice(DISK_FAULTS), chance.uniform(0.2, 2.0)
        draw = chance.random()
        if draw < 0.3:  # a single call
            before = self.disk.failed
            self.disk.fail(fault, chance.randrange(1, 4))
            await asyncio.sleep(0.5)
            self.disk.heal()
            return f"{fault}: {self.disk.failed - before} calls failed"
        failed = await self.disk_fault(fault, seconds)
        if draw < 0.5:  # and the server dies of something else right then
            await self._kill()
            await self._start()
            return f"{fault}: {failed} calls failed, then kill"
        return f"{fault} for {seconds:.1f} s: {failed} calls failed"

    async def do_clock(self, chance: random.Random) -> str:
        assert self.clock is not None
        seconds = chance.choice((-3600, -60, -2, 2, 60, 3600)) * chance.uniform(0.5, 1.5)
        self.clock.jump(seconds)
        await asyncio.sleep(chance.uniform(1.5, 3.0))
        return f"{seconds:+.0f} s from true time"

    # network

    async def do_storm(self, chance: random.Random) -> str:
        """Every connection is lost in the same moment."""
        for person in self.people:
            person.cut()
        await asyncio.sleep(0.5)
        return f"{len(self.people)} connections"

    async def _with_weather(self, chance: random.Random, weather: Weather, seconds: float) -> int:
        links = self.proxy.some(chance.uniform(0.2, 0.8))
        for link in links:
            link.weather = weather
        await asyncio.sleep(seconds)
        self.proxy.clear_up()
        return len(links)

    async def do_weather(self, chance: random.Random) -> str:
        weather = Weather(delay_s=chance.uniform(0, 0.3), jitter_s=chance.uniform(0, 0.2),
                          bytes_per_s=chance.choice((0, 2_000, 20_000)))
        links = await self._with_weather(chance, weather, chance.uniform(1, 4))
        return f"{links} links: {weather.delay_s * 1000:.0f}+{weather.jitter_s * 1000:.0f} ms, " \
               f"{weather.bytes_per_s:g} bytes/s"

    async def do_half_open(self, chance: random.Random) -> str:
        what = chance.choice(("both", "answers"))
        links = await self._with_weather(chance, Weather(swallow=what), chance.uniform(0.2, 7))
        return f"{links} links swallowed {'everything' if what == 'both' else 'all answers'}"

    async def do_mid_frame(self, chance: random.Random) -> str:
        links = await self._with_weather(chance, Weather(cut_next=True), chance.uniform(0.2, 1))
        return f"{links} links cut in the middle of what came next"

    async def do_sleepers(self, chance: random.Random) -> str:
        """Readers that do not read, for so long that the server gives some up (4008)."""
        asleep = chance.sample(self.people, max(1, len(self.people) // 4))
        seconds = chance.uniform(1, 9)
        for person in asleep:
            person.sleep(True)
        await asyncio.sleep(seconds)
        for person in asleep:
            person.sleep(False)
        return f"{len(asleep)} did not read for {seconds:.1f} s"

    # workers

    async def _crash_budget(self, crashes: int) -> None:
        """Waits until so many crashes more are no reason to give up a slot."""
        while True:
            now = time.monotonic()
            self._crashes = [t for t in self._crashes if now - t < CRASHES_WITHIN_S]
            if len(self._crashes) + crashes <= CRASHES_MAX:
                self._crashes += [now] * crashes
                return
            await asyncio.sleep(0.5)

    async def do_worker_kill(self, chance: random.Random) -> str:
        await self._crash_budget(1)
        pids = self.server.worker_pids()
        if not pids:
            return "none was there"
        kill_if_there(chance.choice(pids), signal.SIGKILL)
        return "SIGKILL"

    async def do_worker_freeze(self, chance: random.Random) -> str:
        await self._crash_budget(1)
        pids = self.server.worker_pids()
        if not pids:
            return "none was there"
        pid, seconds = chance.choice(pids), chance.uniform(0.5, 5)
        kill_if_there(pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        kill_if_there(pid, signal.SIGCONT)
        return f"for {seconds:.1f} s"

    async def do_poison(self, chance: random.Random) -> str:
        """A message that kills, hangs or fools whoever looks at it; up to three attempts are made."""
        what, person = chance.choice(POISONS), chance.choice(self.people)
        deadly = what in ("segfault", "exit", "loop")
        await self._crash_budget(CRASHES_MAX if deadly else 0)
        room = chance.choice(sorted(person.rooms))
        if person.can_talk:
            person.say(room, f"poison:{what}")
        await asyncio.sleep(3 if deadly else 0.2)
        return f"{what} in {room}"

    # the end

    async def heal(self) -> None:
        """Everything is as it should be again."""
        if self.disk is not None:
            self.disk.heal()
        self.proxy.clear_up()
        for person in self.people:
            if person.asleep:
                person.sleep(False)
        for pid in self.server.worker_pids():
            kill_if_there(pid, signal.SIGCONT)
        if not self.server.running:
            await self._start()
        self.server.signal(signal.SIGCONT)
        self.down = False
