# SPDX-License-Identifier: MIT
"""What parley-load promises, tried against a real parleyd, and its oracle against servers that lie.

    python3 -m pytest tests/load            needs build/bin; PARLEY_BUILD names another build
"""
from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import pty
import re
import resource
import signal
import struct
import subprocess
import termios
import threading
from pathlib import Path
from typing import Any, Iterator

import pytest
import websockets

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("PARLEY_BUILD", ROOT / "build")) / "bin"
QUICK = ("--duration=1", "--warmup=0.2")


@contextlib.contextmanager
def parleyd(directory: Path, *options: str) -> Iterator[tuple[int, int]]:
    """A server: its port and pid."""
    process = subprocess.Popen(
        [BIN / "parleyd", "--listen=127.0.0.1:0", f"--data={directory}", "--workers=0", "--loops=2", *options],
        stdout=subprocess.PIPE, stderr=(directory / "log").open("w"), text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"parley ready \w+://127\.0\.0\.1:(\d+)", line):
                break
        else:
            raise AssertionError((directory / "log").read_text())
        yield int(found[1]), process.pid
        assert process.poll() is None, "parleyd died: " + (directory / "log").read_text()[-2000:]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    with parleyd(tmp_path_factory.mktemp("server"), "--limits=off") as found:
        yield found


class Run:
    """One run of parley-load, with its JSON when it wrote one."""

    def __init__(self, *options: str, port: int | None = None, files: int | None = None) -> None:
        address = [f"--url=ws://127.0.0.1:{port}/ws"] if port else []

        def limit() -> None:
            if files:
                resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

        done = subprocess.run([BIN / "parley-load", *address, "--json=-", *options], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=240, preexec_fn=limit)
        self.status, self.said = done.returncode, done.stderr
        self.json: dict[str, Any] = json.loads(done.stdout) if done.stdout else {}

    @property
    def totals(self) -> dict[str, int]:
        return self.json["totals"]

    @property
    def stalled_ms(self) -> float:
        """How late the tool itself was at worst, which tells how long the machine kept it waiting."""
        return max(self.json[name]["max"] for name in ("send_lag_ms", "turn_ms"))

    def passed(self) -> "Run":
        assert self.status == 0 and self.json["oracle"]["pass"], self.said
        assert self.totals["deliveries"] == self.totals["owed"] > 0
        return self


def profile(server: tuple[int, int], name: str, *options: str) -> Run:
    return Run(f"--profile={name}", *QUICK, f"--server-pid={server[1]}", *options, port=server[0]).passed()


# each kind of load

def test_a_community_fills_rooms_by_zipf_and_most_of_it_lurks(server):
    run = profile(server, "community", "--clients=400", "--threads=2")
    assert (run.json["publishers"], run.json["options"]["rooms-each"]) == (40, "3")
    assert run.totals["typing_seen"] > run.totals["typing"] > 0
    assert run.totals["owed"] > 3 * run.totals["sent"]  # a sender's rooms are seldom empty


def test_lurkers_hear_everything(server):
    run = profile(server, "lurkers", "--clients=300")
    assert run.json["publishers"] == 3 and run.totals["owed"] == 300 * run.totals["sent"]


def test_bursts_come_and_go(server):
    run = profile(server, "bursts", "--clients=100", "--rate=200", "--burst-every=1", "--burst-for=0.1",
                  "--warmup=0", "--duration=2", "--arrivals=even")
    assert run.totals["sent"] == 400 and run.json["options"]["burst-rest"] == "0"


def test_typing_is_answered_and_seen(server):
    run = profile(server, "typing")
    assert run.totals["typing"] > 200 and run.totals["typing_seen"] > run.totals["typing"]


def test_a_storm_loses_and_doubles_nothing(server):
    run = profile(server, "storm", "--storm-at=0.5", "--storm-every=1.5", "--duration=3")
    cut = run.totals["cut"]
    assert run.totals["recovered"] == run.totals["reconnects"] == cut
    # Half of them twice; a second storm that finds them still away, or the end come, has nobody to cut.
    assert cut == 500 or (250 <= cut < 500 and run.stalled_ms > 500), (cut, run.stalled_ms)


def test_slow_readers_get_everything_and_are_measured_apart(server):
    run = profile(server, "slow-readers", "--rate=400")
    slow, others = run.json["slow_delivery_ms"], run.json["delivery_ms"]
    assert slow["count"] * 9 == others["count"] and slow["p50"] > others["p50"]


def test_sleepers_get_everything(server):
    run = profile(server, "sleepers", "--slow-pause=0.4")
    assert run.json["slow_delivery_ms"]["max"] > 100


def test_bad_frames_are_answered_as_promised_and_disturb_nobody(server):
    run = profile(server, "bad-frames", "--duration=3")
    assert run.totals["rogue"] == run.totals["rogue_answered"] > 50


def test_a_log_is_played_people_come_and_go(server):
    run = Run("--profile=tea", "--speed=50", port=server[0]).passed()
    assert run.totals["sent"] == 14 and run.totals["owed"] == 14 * 4
    assert run.totals["left"] == 2 and run.totals["recovered"] == 4  # two came for the first time


def test_more_rooms_than_people(server):
    run = Run("--clients=20", "--rooms=2000", "--rooms-each=200", "--publishers=20", "--storm=0.5", "--storm-at=0.2",
              *QUICK, port=server[0]).passed()
    assert run.totals["owed"] == 2 * run.totals["sent"] and run.totals["recovered"] == 10 * 200


def test_all_kinds_at_once(server):
    Run("--clients=200", "--rooms=20", "--rooms-each=4", "--zipf=1.2", "--lurkers=0.5", "--typing=50",
        "--arrivals=poisson", "--storm=0.3", "--storm-at=0.4", "--slow=0.1", "--bad=0.05", "--threads=2",
        *QUICK, port=server[0]).passed()


# where it connects

def test_source_addresses_get_past_a_cap_by_address(tmp_path):
    with parleyd(tmp_path, "--connections-per-ip=40", "--rate-send=0") as (port, _):
        crowded = Run("--clients=100", *QUICK, port=port)
        assert crowded.status == 1 and "--source-spread" in crowded.said
        Run("--clients=100", "--source-spread=3", *QUICK, port=port).passed()


def test_tls_is_checked_unless_told_otherwise(tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
                   cwd=tmp_path, check=True, capture_output=True)
    cert = tmp_path / "cert.pem"
    with parleyd(tmp_path, "--limits=off", f"--tls-cert={cert}", f"--tls-key={tmp_path / 'key.pem'}") as (port, _):
        url = f"--url=wss://127.0.0.1:{port}/ws"
        Run(url, f"--tls-ca={cert}", *QUICK).passed()
        Run(url, "--tls-insecure", "--storm=0.5", "--storm-at=0.4", "--window=2", *QUICK).passed()
        refused = Run(url, *QUICK)
        assert refused.status == 3 and "self-signed certificate" in refused.said
        other = Run(f"--url=wss://localhost:{port}/ws", f"--tls-ca={cert}", *QUICK)
        assert other.status == 3 and "hostname mismatch" in other.said.lower()


def test_the_mark_of_a_late_beginning_stays_inside_its_chart(server, tmp_path):
    page = tmp_path / "report.html"
    for warmup, duration, anchor in ((6, 1, "end"), (1, 5, "start")):
        Run(f"--html={page}", "--clients=10", f"--warmup={warmup}", f"--duration={duration}", port=server[0]).passed()
        names = re.findall(r'<text [^>]*text-anchor="(\w+)">measured from here', page.read_text())
        assert names and set(names) == {anchor}, (warmup, names)


def test_what_cannot_be_is_told_before_the_load(server, tmp_path):
    run = Run(f"--html={tmp_path}/none/report.html", *QUICK, port=server[0])
    assert run.status == 3 and "--html: cannot write" in run.said and "deliver" not in run.said, run.said
    nobody = Run("--url=ws://127.0.0.1:9/ws", *QUICK)
    assert nobody.status == 3 and "no client got in at ws://127.0.0.1:9/ws" in nobody.said, nobody.said


def test_the_progress_line_fits_a_narrow_terminal(server):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 60, 0, 0))
    process = subprocess.Popen([BIN / "parley-load", f"--url=ws://127.0.0.1:{server[0]}/ws", "--clients=20",
                                "--duration=2"], stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # how a terminal ends whose program has ended
        while piece := os.read(ours, 4096):
            said += piece
    os.close(ours)
    assert process.wait() == 0, said
    lines = [line for line in said.decode().replace("\x1b[K", "").split("\r") if " up " in line]
    assert lines and all(len(line) < 60 for line in lines), lines


def test_too_few_descriptors_are_named():
    run = Run("--clients=500", files=300)
    assert run.status == 3
    assert "RLIMIT_NOFILE" in run.said and "is 300" in run.said and "at most 235 clients" in run.said


# what it says

def test_find_max_closes_in_on_what_breaks(server):
    # N users in one room make N * N deliveries a second at their rate: above 90 the term breaks.
    run = Run("--clients=20", "--publishers=20", "--rate=20", "--duration=0.5", "--warmup=0.2", "--max-lag=10000",
              "--find-max=users", "--slo=deliveries_per_s<8100", port=server[0])
    found = run.json["find_max"]
    assert run.status == 0, found
    # By its own steps it closed in on the largest that held.
    held = [step["size"] for step in found["steps"] if step["deliveries_per_s"] < 8100]
    broke = [step["size"] for step in found["steps"] if step["deliveries_per_s"] >= 8100]
    assert found["held"] in held and found["broke"] in broke, found
    assert found["held"] < found["broke"] == min(size for size in broke if size > found["held"]), found
    # Where the machine let it deliver what was due, that is the truth.
    if all(step["deliveries_per_s"] > 0.9 * step["size"] ** 2 for step in found["steps"]):
        assert 70 <= found["held"] < found["broke"] <= 110, found
    assert "deliveries_per_s<8100" in found["says"] and len(found["steps"]) >= 4
    assert run.said.count("\nstep ") + run.said.startswith("step ") == len(found["steps"])


def test_find_max_does_not_blame_the_server_for_the_client(server):
    run = Run("--clients=10", "--rate=2000", "--duration=0.3", "--warmup=0.1", "--max-lag=0.01",
              "--find-max=rate", "--slo=p99<0.000001ms", port=server[0])
    assert run.status == 1 and "the client itself was the bottleneck" in run.json["find_max"]["says"]


def test_slo_decides_the_exit_status(server):
    assert Run("--slo=lost=0,p99<60s", *QUICK, port=server[0]).status == 0
    broken = Run("--slo=lost=0,p99<1us", *QUICK, port=server[0])
    assert broken.status == 1 and "slo         FAIL: p99<1us: it was" in broken.said
    assert Run("--slo=lots=0").status == 2


def test_the_page_needs_nothing_else(server, tmp_path):
    page = tmp_path / "report.html"
    profile(server, "storm", f"--html={page}")
    text = page.read_text("utf-8")
    assert text.count("<svg") == 8 and "Delivery latency" in text and "parleyd (" in text
    assert "PASS" in text and "storm-every" in text
    assert not re.search(r"(src|href)=|@import|url\(|<script", text)


def test_json_tells_each_second(server):
    run = Run("--duration=3", "--warmup=0", f"--server-pid={server[1]}", port=server[0]).passed()
    course = run.json["course"]
    assert len(course) >= 3 and course[2]["delivery_ms"]["p50"] > 0
    assert course[2]["servers"][0]["rss"] == course[2]["server_rss"] > 0


# servers that lie

class Liar:
    """Broadcasts like an honest server, except for message 20."""

    def __init__(self, fault: str) -> None:
        self._fault, self._count, self._kept = fault, 0, ""
        self._all: list[Any] = []
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self.port = 0

    async def _serve(self) -> None:
        async with websockets.serve(self._client, "127.0.0.1", 0, compression=None) as listening:
            self.port = listening.sockets[0].getsockname()[1]
            self._ready.set()
            await self._stop

    async def _client(self, socket: Any) -> None:
        self._all.append(socket)
        with contextlib.suppress(websockets.ConnectionClosed):
            async for text in socket:
                self._count += 1
                for n, other in enumerate(self._all):
                    for said in self._says(text, n):
                        await other.send(said)
                self._kept = text

    def _says(self, text: str, receiver: int) -> list[str]:
        if receiver != 1 or self._fault == "none" or self._count not in (20, 21):
            return [text]
        if self._fault == "reorder":
            return [] if self._count == 20 else [text, self._kept]
        if self._count == 21:
            return [text]
        return {"lose": [], "double": [text, text], "alter": [text[:-1] + "?"],
                "foreign": [text.replace("pl.", "pl.", 1), "pl." + text[3:11] + ".000063" + text[18:]]}[self._fault]

    def __enter__(self) -> "Liar":
        self._stop = self._loop.create_future()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *_: Any) -> None:
        self._loop.call_soon_threadsafe(self._stop.set_result, None)
        self._thread.join(10)


@pytest.mark.parametrize("fault, rules", [
    ("none", set()), ("lose", {"lost", "gap"}), ("double", {"duplicate"}), ("reorder", {"order"}),
    ("alter", {"text", "lost", "gap"}), ("foreign", {"text"}),
])
def test_the_oracle_sees_through_a_server_that_would(fault, rules):
    with Liar(fault) as liar:
        run = Run("--bare=broadcast", f"--url=ws://127.0.0.1:{liar.port}/", "--clients=3", "--publishers=1",
                  "--rate=60", "--duration=0.8", "--warmup=0", "--drain=3")
    assert run.status == (1 if rules else 0), run.said
    assert set(run.json["oracle"]["violations"]) == rules
