# SPDX-License-Identifier: MIT
"""The servers that are measured: how each is made ready, started, found out about, and stopped.

Parley comes from a build; a peer is copied from peers/NAME to the build directory, where its packages are
installed, so that nothing is made in the source tree. A started server, with all its children, is stopped by pid
and by a process group of its own; should this program die, the kernel stops it.
"""
from __future__ import annotations

import ctypes
import hashlib
import http.client
import os
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PYTHON = "/usr/bin/python3"
START_S = 30.0
_PR_SET_PDEATHSIG = 1
_TRUST_ANYBODY = ssl._create_unverified_context()
_LIBC = ctypes.CDLL(None, use_errno=True)


class BenchError(Exception):
    """Something that keeps a measurement from being made; the text is for the reader."""


@dataclass(frozen=True)
class Peer:
    """A server of ours for comparison. `command` follows the directory it is installed in; {python} is its own."""

    name: str
    label: str
    command: Sequence[str]
    directory: str = ""
    bare: str = "broadcast"
    tone: str = "peer"

    @property
    def source(self) -> Path:
        return HERE / "peers" / (self.directory or self.name)


PEERS = {peer.name: peer for peer in (
    Peer("raw", "raw epoll (C)", ["./raw", "{port}"], tone="limit"),
    Peer("raw-window", "raw epoll, 5 ms window", ["./raw", "{port}", "5"], "raw", tone="limit"),
    Peer("uws", "uWebSockets (socketify)", ["{python}", "server.py", "{port}"]),
    Peer("node-ws-turn", "Node ws, tuned by hand", ["node", "turn.mjs", "{port}"], "node-ws"),
    Peer("python-websockets", "Python websockets, uvloop", ["{python}", "server.py", "{port}"]),
    Peer("node-ws", "Node ws", ["node", "server.mjs", "{port}"]),
    Peer("hybrid", "Node ws + ZeroMQ + Python", ["node", "server.mjs", "{port}", "{python}", "worker.py"]),
    Peer("socketio", "Socket.IO", ["node", "server.mjs", "{port}"], bare="socketio"),
    Peer("fastapi", "FastAPI, uvicorn", ["{python}", "server.py", "{port}"]),
)}


@dataclass(frozen=True)
class Kit:
    """What a measurement needs to know of its place."""

    programs: Path            # parleyd, parley-load
    build: Path               # made by us: installed peers, data directories, logs
    server_cpus: frozenset[int]
    client_cpus: frozenset[int]

    def peer_directory(self, peer: Peer) -> Path:
        return self.build / "peers" / (peer.directory or peer.name)

    def program(self, name: str) -> Path:
        path = self.programs / name
        if not os.access(path, os.X_OK):
            raise BenchError(f"{path} is missing: build first (server/run --build-only, or --bin DIR names a build)")
        return path


@dataclass(frozen=True)
class Running:
    """A server that takes connections: where, who, and what parley-load must be told of it."""

    pids: list[int]
    load_options: list[str]


# ---- making peers ready ----

def _fingerprint(directory: Path) -> str:
    """Of what decides the installed packages or the compiled program."""
    digest = hashlib.sha256()
    for name in ("package-lock.json", "requirements.txt", "raw.c"):
        path = directory / name
        digest.update(path.read_bytes() if path.exists() else b"-")
    return digest.hexdigest()


def installed(kit: Kit, peer: Peer) -> bool:
    """True when the peer's packages, as pinned now, are in the build directory."""
    mark = kit.peer_directory(peer) / ".installed"
    return mark.exists() and mark.read_text() == _fingerprint(peer.source)


def _steps(directory: Path) -> Iterator[list[str]]:
    if (directory / "raw.c").exists():
        yield ["cc", "-std=c11", "-O2", "-Wall", "-Wextra", "-o", "raw", "raw.c"]
    if (directory / "package-lock.json").exists():
        yield ["npm", "ci", "--silent"]
    if (directory / "requirements.txt").exists():
        yield [PYTHON, "-m", "venv", "venv"]
        yield ["venv/bin/pip", "install", "--quiet", "--requirement", "requirements.txt"]


def prepare(kit: Kit, peer: Peer, install: bool) -> str | None:
    """Copies the peer, and installs or compiles what it needs. Returns why it cannot be run, or None."""
    directory = kit.peer_directory(peer)
    ready = installed(kit, peer)
    downloads = any((peer.source / name).exists() for name in ("package.json", "requirements.txt"))
    if downloads and not ready and not install:
        return f"not installed: tests/bench/run --install {peer.name}"
    directory.mkdir(parents=True, exist_ok=True)
    for path in peer.source.iterdir():
        if path.is_file():
            shutil.copy2(path, directory / path.name)
    if ready:
        return None
    for step in _steps(directory):
        try:
            done = subprocess.run(step, cwd=directory, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return f"{step[0]} is missing: docker/install-deps --tests installs it"
        if done.returncode != 0:
            last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
            return f"'{' '.join(step)}' failed in {directory.name}: {last}"
    (directory / ".installed").write_text(_fingerprint(peer.source))
    return None


# ---- starting and stopping ----

def _children(pid: int) -> Iterator[int]:
    """The pid and all below it."""
    yield pid
    try:
        found = [task.read_text().split() for task in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return
    for child in (int(c) for of_task in found for c in of_task):
        yield from _children(child)


def child_setup(cpus: frozenset[int]):
    """What a child does before its program: its CPUs, all descriptors it may have, and an end with ours."""
    def setup() -> None:
        os.sched_setaffinity(0, cpus)
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    return setup


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stop(process: subprocess.Popen) -> None:
    """SIGTERM, then after a while SIGKILL for it and what it started."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(process.pid, signal.SIGKILL)  # its own group: start_new_session
    except ProcessLookupError:
        pass
    process.wait()


def _wait_for_port(process: subprocess.Popen, port: int, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    tail = " / ".join(log.read_text(errors="replace").strip().splitlines()[-3:])
    raise BenchError(f"the server did not start: {tail or 'it said nothing'} (log: {log})")


def _wait_until_ready(port: int, tls: bool) -> None:
    """Parley's workers have loaded their models when /readyz answers 200."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=_TRUST_ANYBODY) if tls \
            else http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
        connection.close()
        if status == 200:
            return
        time.sleep(0.05)
    raise BenchError("parleyd's workers did not become ready")


@contextmanager
def started(command: Sequence[str], directory: Path, cpus: frozenset[int], log: Path,
            env: dict[str, str] | None = None) -> Iterator[subprocess.Popen]:
    """A process with a group of its own, which has ended when this ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                   start_new_session=True, preexec_fn=child_setup(cpus), env=env)
    try:
        yield process
    finally:
        stop(process)


@contextmanager
def peer(kit: Kit, name: str, cpus: frozenset[int]) -> Iterator[Running]:
    """A peer at work."""
    it = PEERS[name]
    directory, port = kit.peer_directory(it), free_port()
    python = directory / "venv/bin/python"
    command = [part.format(port=port, python=python) for part in it.command]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "workers"), "NODE_ENV": "production"}
    log = kit.build / f"{name}.log"
    with started(command, directory, cpus, log, env) as process:
        _wait_for_port(process, port, log)
        path = "" if it.bare == "socketio" else "/r%r"
        yield Running(list(_children(process.pid)), ["--url", f"ws://127.0.0.1:{port}{path}", "--bare", it.bare])


def certificate(kit: Kit) -> tuple[Path, Path]:
    """A certificate for nobody and its key, made once."""
    cert, key = kit.build / "certificate.pem", kit.build / "key.pem"
    if not cert.exists():
        done = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                               "-nodes", "-days", "3650", "-subj", "/CN=localhost", "-keyout", str(key),
                               "-out", str(cert)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BenchError(f"openssl made no certificate: {done.stderr.strip()[-200:]}")
    return cert, key


@contextmanager
def parley(kit: Kit, options: Sequence[str], data: Path, cpus: frozenset[int], tls: bool = False) -> Iterator[Running]:
    """parleyd with its workers, if the options ask for them."""
    port = free_port()
    command = [str(kit.program("parleyd")), "--listen", f"127.0.0.1:{port}", "--data", str(data), "--limits", "off",
               "--log-level", "warn", "--python-path", str(ROOT / "workers"), *options]
    client = ["--url", f"ws{'s' if tls else ''}://127.0.0.1:{port}/ws"]
    if tls:
        cert, key = certificate(kit)
        command += ["--tls-cert", str(cert), "--tls-key", str(key)]
        client += ["--tls-insecure"]
    log = kit.build / "parleyd.log"
    with started(command, kit.build, cpus, log) as process:
        _wait_for_port(process, port, log)
        _wait_until_ready(port, tls)
        yield Running(list(_children(process.pid)), client)
