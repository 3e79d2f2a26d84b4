# SPDX-License-Identifier: MIT
"""One parleyd under test: started on a free loopback port, stopped by its pid, its log read afterwards."""
from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import http
from .client import Client
from .http import Response
from .rawsocket import RawSocket
from .record import Recorder
from .stall import stalls

READY_S = 60.0  # a sanitizer build on a busy machine
STOP_S = 10.0   # PROTOCOL: a drain ends within 10 s
HUNG_S = 60.0   # what has not ended by then does not
READY_LINE = re.compile(r"parley ready https?://127\.0\.0\.1:(\d+)$")
LOG_ERROR = re.compile(r"^\S+Z error ", re.MULTILINE)
SANITIZER = re.compile(r"(ERROR|WARNING): (Address|Leak|Thread|Memory)Sanitizer|runtime error:")


class Server:
    def __init__(self, program: Path, directory: Path, recorder: Recorder, options: dict[str, Any],
                 environment: dict[str, str]) -> None:
        self.program = program
        self.directory = directory
        self.data = directory / "data"
        self.recorder = recorder
        self.options = options
        self.environment = environment
        self.port = 0
        self.process: asyncio.subprocess.Process | None = None
        self.started_s = 0.0  # how long until the ready line
        self.stdout: list[str] = []
        self._runs = 0
        self._known: dict[int, str] = {}  # processes of this server: pid, and when it began
        self._allowed: list[str] = []
        self._stdout_task: asyncio.Task | None = None

    # life

    def arguments(self) -> list[str]:
        given = {"listen": "127.0.0.1:0", "data": str(self.data), **self.options}
        return [part for name, value in given.items()
                for part in (f"--{name.replace('_', '-')}", str(value))]

    async def spawn(self, *extra: str) -> None:
        """Starts the process and does not wait for anything."""
        self._runs += 1
        # Python's faulthandler has a signal stack of its own, which a sanitizer must not take for its.
        sanitizer = f"log_path={self.directory}/sanitizer:halt_on_error=1:use_sigaltstack=0"
        environment = {**os.environ, **self.environment}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            environment[name] = ":".join(filter(None, [os.environ.get(name), sanitizer]))
        with self._log_path().open("wb") as log:
            self.process = await asyncio.create_subprocess_exec(
                str(self.program), *self.arguments(), *extra, stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=log, env=environment, cwd=self.directory,
                start_new_session=True)

    async def start(self, *extra: str) -> "Server":
        """Starts and waits for the ready line."""
        begin = time.monotonic()
        await self.spawn(*extra)
        assert self.process is not None and self.process.stdout is not None
        try:
            line = (await asyncio.wait_for(self.process.stdout.readline(), READY_S)).decode().rstrip("\n")
        except asyncio.TimeoutError:
            raise AssertionError(f"no ready line within {READY_S:g} s") from None
        if not line:
            await self.process.wait()
            raise AssertionError(f"parleyd ended with {self.process.returncode} instead of starting")
        found = READY_LINE.match(line)
        assert found, f"not the ready line: {line!r}"
        self.port = int(found.group(1))
        self.started_s = time.monotonic() - begin
        self.stdout = []
        self._stdout_task = asyncio.create_task(self._read_stdout())
        return self

    async def _read_stdout(self) -> None:
        assert self.process is not None and self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.stdout.append(line.decode("utf-8", "replace").rstrip("\n"))

    async def stop(self) -> float:
        """SIGTERM: a clean exit in time. Returns how many seconds it took."""
        begin = time.monotonic()
        self.signal(signal.SIGTERM)
        return await self.ended(begin)

    async def ended(self, begin: float | None = None) -> float:
        """Waits for a clean exit that was asked for at `begin`."""
        begin = time.monotonic() if begin is None else begin
        async with stalls(self.pid) as stall:
            code = await self.wait(HUNG_S)
            took = time.monotonic() - begin
        assert code == 0, f"parleyd ended with {code} at SIGTERM or before, wanted 0"
        assert took < STOP_S + stall.seconds(), f"SIGTERM took {took:.1f} s, wanted less than {STOP_S:g}"
        return took

    async def wait(self, timeout: float = HUNG_S) -> int:
        """Waits for the process to end by itself; its exit code."""
        assert self.process is not None
        try:
            code = await asyncio.wait_for(self.process.wait(), timeout)
        except asyncio.TimeoutError:
            raise AssertionError(f"parleyd still runs after {timeout:g} s") from None
        self.process = None
        return code

    async def kill(self) -> None:
        self.signal(signal.SIGKILL)
        code = await self.wait()
        assert code == -signal.SIGKILL, f"parleyd had already ended with {code}"

    def signal(self, number: int) -> None:
        assert self.process is not None and self.process.returncode is None, "parleyd is not running"
        self.descendants()  # while it can still be seen whose children they are
        try:
            os.kill(self.process.pid, number)
        except ProcessLookupError:
            raise AssertionError("parleyd had ended by itself") from None

    @property
    def pid(self) -> int:
        assert self.process is not None, "parleyd is not running"
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.returncode is None

    def alive(self) -> None:
        """Fails unless the process still runs."""
        assert self.running, f"parleyd ended with {self.process and self.process.returncode}"

    # looking at it

    def _log_path(self) -> Path:
        return self.directory / f"stderr-{self._runs}.log"

    def log(self) -> str:
        """What the process of the last start wrote to stderr."""
        return self._log_path().read_text("utf-8", "replace")

    def allow_error(self, pattern: str) -> None:
        """Log lines of level error that match are part of the scenario."""
        self._allowed.append(pattern)

    def rss_bytes(self) -> int:
        return rss_bytes(self.pid)

    def descendants(self) -> list[int]:
        """Living processes that this server began, itself too; zombies are not counted."""
        processes = {pid: stat for pid in all_pids() if (stat := read_stat(pid)) is not None}
        if self.running and self.pid in processes:
            self._known[self.pid] = processes[self.pid].began
        while True:
            young = {pid: stat.began for pid, stat in processes.items()
                     if stat.parent in self._known and pid not in self._known}
            if not young:
                break
            self._known |= young
        return [pid for pid, began in self._known.items()
                if pid in processes and processes[pid].began == began and processes[pid].state not in "ZX"]

    async def finish(self) -> list[str]:
        """Stops what still runs; what was wrong with this server, one sentence each."""
        problems = []
        if self.running:
            try:
                await self.stop()
            except AssertionError as error:
                problems.append(str(error))
        await self.abandon()
        for path in sorted(self.directory.glob("stderr-*.log")):
            problems += self._problems_in(path.name, path.read_text("utf-8", "replace"))
        for path in sorted(self.directory.glob("sanitizer.*")):
            problems.append(f"{path.name}: {path.read_text('utf-8', 'replace')[:6000]}")
        return problems

    def _problems_in(self, name: str, text: str) -> list[str]:
        problems = []
        for line in text.splitlines():
            allowed = any(re.search(pattern, line) for pattern in self._allowed)
            if LOG_ERROR.match(line) and not allowed:
                problems.append(f"{name}: {line}")
            elif SANITIZER.search(line):
                problems.append(f"{name}: {line}")
        return problems

    async def abandon(self) -> None:
        """Kills what is left, without judging it."""
        for pid in self.descendants():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.process is not None:
            await self.process.wait()
            self.process = None

    # talking to it

    @property
    def url(self) -> str:
        return f"{'wss' if 'tls_cert' in self.options else 'ws'}://127.0.0.1:{self.port}/ws"

    @property
    def token(self) -> str:
        """The operator's."""
        return (self.data / "admin-token").read_text().strip()

    async def connect(self, **options: Any) -> Client:
        """A connection that has not said hello."""
        return await Client.connect(self.url, self.recorder, **options)

    async def client(self, name: str | None = None, *rooms: str, token: str | None = None) -> Client:
        """A client that has said hello and joined these rooms."""
        client = await self.connect()
        await client.hello(name, token)
        for room in rooms:
            await client.join(room)
        return client

    async def raw(self, headers: dict[str, str] | None = None, **options: Any) -> RawSocket:
        return await RawSocket.open(self.port, self.recorder, headers, **options)

    async def http(self, method: str, path: str, **options: Any) -> Response:
        return await http.call(self.recorder, "127.0.0.1", self.port, method, path, **options)

    async def api(self, path: str) -> Any:
        """GET under /api/v1 as the operator."""
        answer = await self.http("GET", f"/api/v1/{path}", token=self.token)
        assert answer.status == 200, f"{path}: {answer.status} {answer.text}"
        return answer.json

    async def metric(self, name: str) -> float:
        """The sum of a metric over its labels; 0 when it is not there."""
        text = (await self.http("GET", "/metrics")).text
        samples = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
        return sum(float(value) for label, value in samples if label.partition("{")[0] == name)

    async def history(self, room: str) -> list[dict]:
        """All events of a room, as the operator reads them."""
        events: list[dict] = []
        while True:
            after = events[-1]["seq"] if events else 0
            page = await self.api(f"rooms/{room}/events?after={after}&limit=200")
            events += page["events"]
            if not page["more"]:
                return events


@dataclass
class Stat:
    state: str
    parent: int
    began: str


def all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def read_stat(pid: int) -> Stat | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return Stat(fields[0], int(fields[1]), fields[19])


def rss_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"process {pid} has no VmRSS")
