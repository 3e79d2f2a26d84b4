# SPDX-License-Identifier: MIT
"""One parleyd that is started, killed, stopped, starved and started again, always on the same port and data."""
from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
READY_LINE = re.compile(rb"parley ready http://127\.0\.0\.1:(\d+)\s*$")
READY_S = 60.0
HTTP_S = 10.0


@dataclass(frozen=True)
class Programs:
    """What is under test."""

    parleyd: Path
    worker: Path
    load: Path
    faultvfs: Path


def programs_of(parleyd: Path, worker: Path | None) -> Programs:
    """The programs of the build that `parleyd` is from: BUILD/bin/parleyd."""
    parleyd = parleyd.absolute()
    build = parleyd.parent.parent
    worker = (worker or parleyd.parent / "parley-worker").absolute()
    return Programs(parleyd, worker, parleyd.parent / "parley-load", build / "tests/chaos/libfaultvfs.so")


def free_port() -> int:
    """A port that is free now, below the range that the kernel gives to clients: none of those takes it
    while the server is down."""
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in range(low - 1 - os.getpid() % 5000, 1024, -1):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")


@dataclass
class Server:
    """`options` are parleyd's, with _ for -; `environment` is added to ours at each start."""

    programs: Programs
    directory: Path
    options: dict[str, Any]
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    starts: int = 0
    process: asyncio.subprocess.Process | None = None

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_port()

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def log_path(self) -> Path:
        return self.directory / "parleyd.log"

    @property
    def pid(self) -> int:
        assert self.process is not None, "parleyd is not running"
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.returncode is None

    # life

    def _arguments(self) -> list[str]:
        given = {"listen": f"127.0.0.1:{self.port}", "data": self.data,
                 "worker_binary": self.programs.worker, "python_path": ROOT / "workers", **self.options}
        return [part for name, value in given.items()
                for part in (f"--{name.replace('_', '-')}", str(value))]

    async def start(self) -> float:
        """Starts and waits for the ready line; how long that took. RuntimeError when it does not come."""
        begin = time.monotonic()
        self.starts += 1
        with self.log_path.open("ab") as log:
            log.write(f"=== start {self.starts}\n".encode())
            log.flush()
            self.process = await asyncio.create_subprocess_exec(
                str(self.programs.parleyd), *self._arguments(), stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=log, cwd=self.directory,
                env={**os.environ, **self.environment}, start_new_session=True)
        assert self.process.stdout is not None
        try:
            line = await asyncio.wait_for(self.process.stdout.readline(), READY_S)
        except asyncio.TimeoutError:
            raise RuntimeError(f"no ready line within {READY_S:g} s") from None
        if not READY_LINE.match(line):
            code = await self.process.wait()
            raise RuntimeError(f"parleyd ended with {code} instead of starting:\n{self.log_tail()}")
        return time.monotonic() - begin

    def signal(self, number: int) -> None:
        """To the server's own process only."""
        assert self.process is not None
        if self.process.returncode is None:
            os.kill(self.process.pid, number)

    async def kill(self) -> None:
        """kill -9, and waits until it is gone. A server that had ended by itself is a RuntimeError."""
        self.signal(signal.SIGKILL)
        code = await self.wait(10)
        if code != -signal.SIGKILL:
            raise RuntimeError(f"parleyd had already ended with {code}:\n{self.log_tail()}")

    async def stop(self, timeout_s: float = 15) -> float:
        """SIGTERM and a clean end; how long that took."""
        begin = time.monotonic()
        self.signal(signal.SIGTERM)
        code = await self.wait(timeout_s)
        if code != 0:
            raise RuntimeError(f"SIGTERM ended parleyd with {code}:\n{self.log_tail()}")
        return time.monotonic() - begin

    async def wait(self, timeout_s: float) -> int:
        assert self.process is not None
        try:
            code = await asyncio.wait_for(self.process.wait(), timeout_s)
        except asyncio.TimeoutError:
            raise RuntimeError(f"parleyd still runs after {timeout_s:g} s:\n{self.log_tail()}") from None
        self.process = None
        return code

    async def abandon(self) -> None:
        """Ends what is left of it, without judging it."""
        workers = self.worker_pids() if self.running else []
        if self.running:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGKILL)
            await self.wait(10)
        for pid in workers:
            kill_if_there(pid, signal.SIGCONT)
            kill_if_there(pid, signal.SIGKILL)

    def log_tail(self, lines: int = 15) -> str:
        return "\n".join(self.log_path.read_text("utf-8", "replace").splitlines()[-lines:])

    # looking at it

    def worker_pids(self) -> list[int]:
        """Its living worker processes."""
        if not self.running:
            return []
        try:
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        except OSError:
            return []
        return [int(pid) for pid in children if is_alive(int(pid))]

    async def http(self, path: str, token: bool = False) -> bytes:
        """The body of a GET. OSError or asyncio.TimeoutError when the server does not answer."""
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nConnection: close\r\n"
        if token:
            secret = (self.data / "admin-token").read_text().strip()
            head += f"Authorization: Bearer {secret}\r\n"
        return await asyncio.wait_for(fetch(self.port, head + "\r\n"), HTTP_S)

    async def api(self, path: str) -> Any:
        """GET under /api/v1 as the operator."""
        return json.loads(await self.http(f"/api/v1/{path}", token=True))

    async def metrics(self) -> dict[str, float]:
        """Each figure of /metrics, summed over its labels; the quantiles of a summary apart,
        as NAME:QUANTILE, the largest of all loops."""
        return parse_metrics((await self.http("/metrics")).decode())

    async def history(self, room: str) -> tuple[str, list[dict]]:
        """The epoch and all events of a room, as the operator reads them."""
        events: list[dict] = []
        while True:
            after = events[-1]["seq"] if events else 0
            page = await self.api(f"rooms/{room}/events?after={after}&limit=1000")
            events += page["events"]
            if not page["more"]:
                return page["epoch"], events


async def fetch(port: int, request: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request.encode())
        answer = await reader.read()
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b"\r\n", 1)[0].decode("latin-1")
    if " 200 " not in status + " ":
        raise OSError(f"{request.split()[1]}: {status or 'no answer'} {body[:200]!r}")
    return body


def parse_metrics(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in text.splitlines():
        if line.startswith("#") or " " not in line:
            continue
        label, value = line.rsplit(" ", 1)
        name, _, labels = label.partition("{")
        quantile = re.search(r'quantile="([\d.]+)"', labels)
        if quantile:
            key = f"{name}:{quantile.group(1)}"
            found[key] = max(found.get(key, 0.0), float(value))
        else:
            found[name] = found.get(name, 0.0) + float(value)
    return found


# processes

def is_alive(pid: int) -> bool:
    """A zombie is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def kill_if_there(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def rss_bytes(pid: int) -> int:
    """0 when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"^VmRSS:\s+(\d+) kB", text, re.MULTILINE)
    return int(found.group(1)) * 1024 if found else 0


def descriptors(pid: int) -> int:
    """0 when the process is gone."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0
