# SPDX-License-Identifier: MIT
"""One run: a server started, loaded once by parley-load, stopped; and the figures that came of it.

Figures are a flat dict of numbers (seconds, bytes, counts as the names say), with `failed` as a sentence when the
oracle of parley-load found a broken promise, and `bottleneck` when the load tester was the limit.
"""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import servers
from servers import BenchError, Kit, Running

Figures = dict[str, "float | str"]

PROBE_WRITES = 200
PROBE_BYTES = 3 * 4120   # of one commit: a few frames of SQLite's WAL
LOAD_TIMEOUT_S = 180.0


@dataclass(frozen=True)
class Case:
    """What is measured beside what: a server with its options, and a load.

    `server` is "parley" or the name of a peer. `x` is the case's place in a curve. `both_cores` gives the server the
    load tester's core as well. `data` names a history that is there before the start,
    `probe` measures the disk beforehand, `tls` is for Parley.
    """

    name: str
    label: str
    server: str
    load: Sequence[str]
    options: Sequence[str] = ()
    tone: str = "peer"
    x: float | None = None
    both_cores: bool = False
    data: str = ""
    probe: bool = False
    tls: bool = False


class KernelMemory:
    """The kernel's own memory (slab and socket buffers), watched while a load runs; the most of it is kept."""

    def __init__(self) -> None:
        self.before = self.now()
        self.most = self.before
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    @staticmethod
    def now() -> int:
        """Bytes."""
        kib = sum(int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines()
                  if line.startswith("Slab:"))
        pages = next((int(line.split()[-1]) for line in Path("/proc/net/sockstat").read_text().splitlines()
                      if line.startswith("TCP:")), 0)
        return kib * 1024 + pages * os.sysconf("SC_PAGE_SIZE")

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self.most = max(self.most, self.now())

    def stop(self) -> int:
        """Bytes more than before."""
        self._over.set()
        self._thread.join()
        return self.most - self.before


def probe_disk(directory: Path) -> Figures:
    """How long fdatasync takes after a write as a commit makes it; milliseconds."""
    took: list[float] = []
    with tempfile.NamedTemporaryFile(dir=directory) as file:
        block = os.urandom(PROBE_BYTES)
        for _ in range(PROBE_WRITES):
            os.write(file.fileno(), block)
            begin = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - begin) * 1000)
    took.sort()
    return {"fdatasync_p50_ms": took[len(took) // 2], "fdatasync_p99_ms": took[len(took) * 99 // 100]}


def load(kit: Kit, running: Running, options: Sequence[str], cpus: frozenset[int]) -> dict:
    """Runs parley-load; its report."""
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as directory:
        report = Path(directory) / "report.json"
        command = [str(kit.program("parley-load")), *running.load_options, *options, "--json", str(report),
                   "--server-pid", ",".join(map(str, running.pids))]
        with (kit.build / "parley-load.log").open("wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True, preexec_fn=servers.child_setup(cpus))
        try:
            status = process.wait(LOAD_TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            raise BenchError(f"parley-load did not end within {LOAD_TIMEOUT_S:g} s") from error
        finally:
            servers.stop(process)
        if status not in (0, 1) or not report.exists():
            tail = (kit.build / "parley-load.log").read_text(errors="replace").strip().splitlines()[-2:]
            raise BenchError(f"parley-load exited {status}: {' / '.join(tail)}")
        return json.loads(report.read_text())


def _server_figures(report: dict) -> Figures:
    """CPU and memory of all processes of the server together."""
    processes = report["servers"]
    million, ready = report["deliveries_per_s"] * report["measured_s"] / 1e6, report["totals"]["ready"]
    cpu = sum(p["cpu_s"] for p in processes)
    figures: Figures = {
        "cpu_share": cpu / report["measured_s"] if report["measured_s"] else 0.0,
        "rss_max_bytes": float(sum(p["rss_max"] for p in processes)),
    }
    if million > 0:
        figures["cpu_s_per_million"] = cpu / million
        figures["server_cpu_s_per_million"] = processes[0]["cpu_s"] / million  # without its children
        figures["client_cpu_s_per_million"] = sum(report["client"]["busy"]) * report["measured_s"] / million
    if report["sends_per_s"] > 0:
        figures["cpu_us_per_message"] = cpu / (report["sends_per_s"] * report["measured_s"]) * 1e6
    if ready > 0:
        grown = sum(p["rss_connected"] - p["rss_before"] for p in processes)
        figures["rss_bytes_per_connection"] = grown / ready
        figures["rss_grown_bytes"] = float(grown)
        figures["cpu_us_per_connection"] = sum(p["connect_cpu_s"] for p in processes) / ready * 1e6
    return figures


def _failure(report: dict) -> str:
    """What the oracle found, in a few words; empty when all is well."""
    if report["oracle"]["pass"]:
        return ""
    found = report["oracle"]["violations"]
    return ", ".join(f"{rule} {what['count']:,}" for rule, what in found.items())


def _judged(report: dict) -> Figures:
    """The share of messages whose verdict came: Parley's are counted, a bare server's are the texts not ours."""
    totals = report["totals"]
    if totals["verdicts"] and totals["acked"]:
        return {"judged_share": totals["verdicts"] / totals["acked"]}
    if totals["foreign"] and totals["deliveries"]:
        return {"judged_share": totals["foreign"] / totals["deliveries"]}
    return {}


def figures_of(report: dict) -> Figures:
    """The figures of a report of parley-load."""
    figures = _server_figures(report)
    figures["handshakes_per_s"] = report["handshakes_per_s"]
    figures["joins_per_s"] = report["ready_per_s"] * int(report["options"]["rooms-each"])
    if report["publishers"] > 0:
        figures |= {name: report[name] for name in ("deliveries_per_s", "sends_per_s")}
    for name in ("delivery", "ack"):
        if report[f"{name}_ms"]["count"]:
            for at in ("p50", "p99", "p99_9"):
                figures[f"{name}_{at}_ms"] = report[f"{name}_ms"][at]
    figures |= _judged(report)
    figures["client_busy"] = max(report["client"]["busy"])
    if report["client"]["bottleneck"]:
        figures["bottleneck"] = report["client"]["bottleneck"]
    if _failure(report):
        figures["failed"] = _failure(report)
    return figures


@contextmanager
def _server(kit: Kit, case: Case, cpus: frozenset[int], history: Callable[[str], Path]) -> Iterator[Running]:
    if case.server != "parley":
        with servers.peer(kit, case.server, cpus) as running:
            yield running
        return
    fresh = kit.build / "data"
    data = history(case.data) if case.data else fresh
    shutil.rmtree(fresh, ignore_errors=True)
    with servers.parley(kit, case.options, data, cpus, case.tls) as running:
        yield running
    shutil.rmtree(fresh, ignore_errors=True)


def run(kit: Kit, case: Case, history: Callable[[str], Path]) -> Figures:
    """Measures a case once. `history` gives the directory of a named history, made beforehand."""
    of_server = kit.server_cpus | kit.client_cpus if case.both_cores else kit.server_cpus
    probed = probe_disk(kit.build) if case.probe else {}
    with _server(kit, case, of_server, history) as running:
        memory = KernelMemory() if "--idle" in case.load else None
        try:
            report = load(kit, running, case.load, kit.client_cpus)
        finally:
            grown = memory.stop() if memory else 0
    figures = figures_of(report) | probed
    if memory and report["totals"]["ready"]:
        figures["kernel_bytes_per_connection"] = grown / report["totals"]["ready"]
    return figures
