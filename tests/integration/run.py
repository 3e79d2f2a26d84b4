#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the integration scenarios: each file NN-claim.py beside this one is a claim about parleyd.

A scenario runs in a process of its own, with servers, ports and directories of its own. It fails
when an assertion fails, when a client saw a promise broken, when parleyd logs an error that was not
expected, reports a sanitizer finding, or does not exit cleanly.
"""
from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

TIMEOUT_S = 300  # what hangs; a busy machine takes its time
LOG_LINES = 40


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parleyd", type=Path, required=True, help="the server under test")
    parser.add_argument("--worker", type=Path, help="parley-worker (default: beside parleyd)")
    parser.add_argument("--ctl", type=Path, help="parleyctl (default: beside parleyd)")
    parser.add_argument("--web", type=Path, default=ROOT / "web/dist", help="the built pages")
    parser.add_argument("--filter", default="", help="only scenarios whose name holds this")
    parser.add_argument("--record", type=Path, help="directory for every frame the server sent")
    parser.add_argument("--keep", type=Path, help="directory for data and logs of failed scenarios")
    parser.add_argument("-j", type=int, default=2, metavar="N", help="scenarios at once (default 2)")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--directory", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    for name in ("worker", "ctl"):
        beside = given.parleyd.parent / {"worker": "parley-worker", "ctl": "parleyctl"}[name]
        setattr(given, name, (getattr(given, name) or beside).absolute())
    given.parleyd = given.parleyd.absolute()
    given.web = given.web.absolute()
    if not os.access(given.parleyd, os.X_OK):
        parser.error(f"--parleyd {given.parleyd} is not a program; build it first")
    return given


def load(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem.replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def run_scenario(path: Path, options: argparse.Namespace) -> list[str]:
    """What was wrong, nothing when the claim holds."""
    from harness.record import Recorder
    from harness.scenario import Programs, Scenario

    recorder = Recorder(options.record / f"{path.stem}.jsonl")
    programs = Programs(options.parleyd, options.worker, options.ctl, options.web)
    scenario = Scenario(options.directory, recorder, programs)
    module = load(path)
    problems = []
    try:
        await asyncio.wait_for(module.run(scenario), getattr(module, "TIMEOUT_S", TIMEOUT_S) - 20)
    except asyncio.TimeoutError:
        problems.append(f"not over in time:\n{traceback.format_exc()}")
    except Exception:
        problems.append(traceback.format_exc())
    problems += await scenario.finish()
    recorder.finish()
    return problems


def child(options: argparse.Namespace) -> int:
    problems = asyncio.run(run_scenario(options.one, options))
    for problem in problems:
        print(problem.rstrip())
    return 1 if problems else 0


def judge(path: Path, options: argparse.Namespace, work: Path) -> tuple[bool, float, str]:
    """Runs a scenario in a process of its own: does it hold, how long it took, what it said."""
    directory = work / path.stem[:2]  # short: unix sockets live below it
    directory.mkdir()
    command = [sys.executable, str(HERE / "run.py"), "--one", str(path),
               "--directory", str(directory), "--record", str(options.record),
               "--parleyd", str(options.parleyd), "--worker", str(options.worker),
               "--ctl", str(options.ctl), "--web", str(options.web)]
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace", start_new_session=True)
    try:
        output, _ = process.communicate(timeout=load(path).__dict__.get("TIMEOUT_S", TIMEOUT_S))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output = process.communicate()[0] + "\nthe scenario hung and was killed"
    took = time.monotonic() - begin
    holds = process.returncode == 0
    if not holds:
        output += tails(directory)
        if options.keep:
            shutil.copytree(directory, options.keep / path.stem, dirs_exist_ok=True,
                            ignore=lambda where, names: [n for n in names if n.endswith(".sock")])
    shutil.rmtree(directory, ignore_errors=True)
    return holds, took, output


def tails(directory: Path) -> str:
    text = ""
    for path in sorted(directory.glob("server-*/stderr-*.log")):
        lines = path.read_text("utf-8", "replace").splitlines()[-LOG_LINES:]
        text += f"\n--- the end of {path.relative_to(directory)}\n" + "\n".join(lines)
    return text


def main() -> int:
    options = arguments()
    if options.one:
        return child(options)
    scenarios = [p for p in sorted(HERE.glob("[0-9][0-9]-*.py")) if options.filter in p.stem]
    numbers = [path.stem[:2] for path in scenarios]
    assert len(numbers) == len(set(numbers)), "two scenarios have the same number"
    if not scenarios:
        print(f"no scenario's name holds {options.filter!r}")
        print("0 passed, 1 failed")
        return 1
    lock = threading.Lock()
    failed = []
    with tempfile.TemporaryDirectory(prefix="parley-") as work:
        options.record = (options.record or Path(work) / "record").absolute()
        if options.record.is_dir():
            for old in options.record.glob("*.jsonl"):
                old.unlink()

        def run(path: Path) -> None:
            holds, took, output = judge(path, options, Path(work))
            with lock:
                print(f"{'ok    ' if holds else 'FAILED'} {path.stem} ({took:.1f} s)", flush=True)
                if not holds:
                    failed.append(path.stem)
                if output.strip():
                    print("    " + output.replace("\n", "\n    "), flush=True)

        # The longest first, so that none is left alone at the end.
        scenarios.sort(key=lambda path: -load(path).__dict__.get("LONG", 0))
        with ThreadPoolExecutor(options.j) as pool:
            list(pool.map(run, scenarios))
    for name in failed:
        print(f"failed: {name}")
    print(f"{len(scenarios) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
