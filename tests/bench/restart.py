#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How long parleyd takes from its start to the ready line with a long history, after kill -9.

Fills a data directory with --messages through sockets (or takes the one that --data names, made by an
earlier run), kills the server in the middle of writing, and starts it again --rounds times, each round
warm and cold: cold means that the kernel was told to forget the history's pages first.
"""
from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

CONNECTIONS = 4
ROOMS = 50        # of each connection
IN_FLIGHT = 400   # requests of a connection without an answer
TEXT = "the quick brown fox jumps over the lazy dog, and then does it again because it was nice"


class Server:
    """A parleyd on a port of its own choice."""

    def __init__(self, parleyd: Path, data: Path, log: Path) -> None:
        self.begin = time.monotonic()
        command = [str(parleyd), "--listen", "127.0.0.1:0", "--data", str(data), "--workers", "0",
                   "--limits", "off", "--log-level", "warn"]
        with log.open("ab") as err:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=err, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.ready_s = time.monotonic() - self.begin
        if not line.startswith("parley ready http://"):
            raise SystemExit(f"parleyd did not start; its log: {log}")
        self.port = int(line.rsplit(":", 1)[1])

    def kill(self) -> None:
        """kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def frame(text: str) -> bytes:
    """A masked text frame; the mask is zero."""
    payload = text.encode()
    head = struct.pack("!BB", 0x81, 0x80 | min(len(payload), 126))
    if len(payload) >= 126:
        head += struct.pack("!H", len(payload))
    return head + b"\0\0\0\0" + payload


class Connection:
    """A connection that keeps requests in flight and counts their answers."""

    def __init__(self, port: int, name: str) -> None:
        self.name, self.answered = name, 0
        self.tail = b""
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.socket.recv(1)
        self.request(f'{{"id":1,"type":"hello","name":"{name}"}}')
        self.await_answers(1)

    def request(self, text: str) -> None:
        """Sends one request."""
        self.socket.sendall(frame(text))

    def receive(self) -> None:
        """Counts the answers in what came; SystemExit when one is an error."""
        data = self.socket.recv(1 << 20)
        if not data:
            raise ConnectionError("the server is gone")
        # The tail is one byte shorter than the mark, so that none is counted twice.
        mark = b'"type":"ok"'
        data = self.tail + data
        self.answered += data.count(mark)
        self.tail = data[-(len(mark) - 1):]
        if b'"type":"error"' in data:
            raise SystemExit(f"refused: {data[:400]!r}")

    def await_answers(self, count: int) -> None:
        """Returns when `count` requests were answered, and counts afresh."""
        while self.answered < count:
            self.receive()
        self.answered = 0


class Writer(Connection):
    """A connection that sends messages with IN_FLIGHT of them unanswered."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(port, name)
        self.sent = 0
        for room in range(ROOMS):
            self.request(f'{{"id":1,"type":"join","room":"{name}-{room}","limit":0}}')
        self.await_answers(ROOMS)

    def write(self, count: int) -> None:
        """Sends `count` messages; returns when all are answered, or the server has gone."""
        try:
            while self.answered < count:
                block = min(IN_FLIGHT - (self.sent - self.answered), count - self.sent)
                if block >= IN_FLIGHT // 4 or 0 < block == count - self.sent:
                    self.socket.sendall(b"".join(self._message(self.sent + i) for i in range(block)))
                    self.sent += block
                self.receive()
        except OSError:
            pass

    def _message(self, n: int) -> bytes:
        room = n // 20 % ROOMS
        return frame(f'{{"id":{n + 1},"type":"send","room":"{self.name}-{room}",'
                     f'"cid":"{self.name}.{n}","text":"{n} {TEXT}"}}')


def write(port: int, names: list[str], count: int) -> list[threading.Thread]:
    """Writers at work, `count` messages each."""
    threads = [threading.Thread(target=Writer(port, name).write, args=(count,)) for name in names]
    for thread in threads:
        thread.start()
    return threads


def fill(parleyd: Path, data: Path, log: Path, messages: int) -> None:
    """Writes the history, then kills the server while it writes more."""
    server = Server(parleyd, data, log)
    begin = time.monotonic()
    for thread in write(server.port, [f"w{i}" for i in range(CONNECTIONS)], messages // CONNECTIONS):
        thread.join()
    print(f"{messages} messages written in {time.monotonic() - begin:.0f} s", flush=True)
    kill_writing(server, "first")


def kill_writing(server: Server, name: str) -> None:
    """kill -9 half a second into a load."""
    threads = write(server.port, [f"k{name}{i}" for i in range(CONNECTIONS)], 10_000_000)
    time.sleep(0.5)
    server.kill()
    for thread in threads:
        thread.join()


def forget(data: Path) -> None:
    """Tells the kernel to drop its copies of the history's pages."""
    for path in data.glob("parley.db*"):
        fd = os.open(path, os.O_RDONLY)
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)


def megabytes(data: Path) -> str:
    """Sizes of the files that matter."""
    return ", ".join(f"{p.name} {p.stat().st_size / 1e6:.0f} MB" for p in sorted(data.glob("parley.db*"))
                     if p.stat().st_size > 1_000_000)


def measure(parleyd: Path, data: Path, log: Path, rounds: int) -> dict[str, list[float]]:
    """Seconds from start to the ready line, warm and cold."""
    took: dict[str, list[float]] = {"warm": [], "cold": []}
    for n in range(rounds):
        for kind in took:
            if kind == "cold":
                forget(data)
            before = megabytes(data)
            server = Server(parleyd, data, log)
            took[kind].append(server.ready_s)
            print(f"{kind} {server.ready_s * 1000:6.0f} ms   ({before})", flush=True)
            kill_writing(server, f"{os.getpid()}x{n}{kind}")
    return took


def main() -> int:
    """Returns 1 when a start took a second or more."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parleyd", type=Path, required=True)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", type=Path, help="keep the history here, or use the one that is here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="parley-restart-") as work:
        data = given.data or Path(work) / "data"
        log = Path(work) / "parleyd.log"
        if not (data / "parley.db").exists():
            fill(given.parleyd, data, log, given.messages)
        took = measure(given.parleyd, data, log, given.rounds)
    worst = max(max(times) for times in took.values())
    for kind, times in took.items():
        print(f"{kind}: median {statistics.median(times) * 1000:.0f} ms, worst {max(times) * 1000:.0f} ms")
    return 0 if worst < 1 else 1


if __name__ == "__main__":
    sys.exit(main())
