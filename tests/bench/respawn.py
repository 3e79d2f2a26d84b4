#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How long a worker's replacement takes, after kill -9 under load: from spawn to ready, and what of it is
the loading of models (start_ms and load_ms of GET /api/v1/workers). The difference must be below 250 ms."""
from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

WORKERS = 2
PAUSE_S = 6.0   # between two kills of a slot: five within ten seconds and it would be given up
READY_S = 30.0
LIMIT_MS = 250


class Server:
    """A parleyd with workers, asked over HTTP."""

    def __init__(self, parleyd: Path, directory: Path, options: list[str]) -> None:
        data = directory / "data"
        command = [str(parleyd), "--listen", "127.0.0.1:0", "--data", str(data), "--workers", str(WORKERS),
                   "--limits", "off", *options]
        with (directory / "parleyd.log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith("parley ready http://"):
            raise SystemExit(f"parleyd did not start; its log:\n{(directory / 'parleyd.log').read_text()}")
        self.port = int(line.rsplit(":", 1)[1])
        self.token = (data / "admin-token").read_text().strip()

    def call(self, connection: http.client.HTTPConnection, method: str, path: str, body: object = None) -> dict:
        """The decoded answer."""
        connection.request(method, f"/api/v1/{path}", json.dumps(body) if body else None,
                           {"Authorization": f"Bearer {self.token}"})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{path}: {answer.status} {content!r}")
        return json.loads(content)

    def connection(self) -> http.client.HTTPConnection:
        """A connection of one's own."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)


def talk(server: Server, per_s: float, over: threading.Event) -> None:
    """The load: messages of one bot."""
    connection, n = server.connection(), 0
    while not over.wait(1 / per_s):
        n += 1
        server.call(connection, "POST", "rooms/lobby/messages", {"cid": f"c{n}", "text": f"this is message {n}"})


def ready(server: Server, connection: http.client.HTTPConnection, slot: int, not_pid: int) -> dict:
    """Waits until the slot works again with another process."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        worker = server.call(connection, "GET", "workers")["workers"][slot]
        if worker["pid"] not in (0, not_pid) and worker["start_ms"] > 0:
            return worker
        time.sleep(0.02)
    raise SystemExit(f"slot {slot} has no new worker after {READY_S:g} s")


def main() -> int:
    """Returns 1 when a start, without the models, took LIMIT_MS or more."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parleyd", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--per-s", type=float, default=100, help="messages a second meanwhile")
    given, options = parser.parse_known_args()
    rest = []
    with tempfile.TemporaryDirectory(prefix="parley-respawn-") as work:
        server = Server(given.parleyd, Path(work), options)
        connection = server.connection()
        for slot in range(WORKERS):
            ready(server, connection, slot, 0)
        over = threading.Event()
        load = threading.Thread(target=talk, args=(server, given.per_s, over))
        load.start()
        for n in range(given.kills):
            slot = n % WORKERS
            pid = server.call(connection, "GET", "workers")["workers"][slot]["pid"]
            os.kill(pid, signal.SIGKILL)
            worker = ready(server, connection, slot, pid)
            rest.append(worker["start_ms"] - worker["load_ms"])
            print(f"kill {n + 1:2}: start_ms {worker['start_ms']:4} load_ms {worker['load_ms']:4} "
                  f"difference {rest[-1]:4}", flush=True)
            time.sleep(PAUSE_S / WORKERS)
        over.set()
        load.join()
        ledger = server.call(connection, "GET", "workers")["ledger"]
        server.process.send_signal(signal.SIGTERM)
        server.process.wait()
    print(f"without models: median {statistics.median(rest):.0f} ms, worst {max(rest)} ms; {ledger}")
    return 0 if max(rest) < LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
