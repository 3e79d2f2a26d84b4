# SPDX-License-Identifier: MIT
"""The results files: what was measured, where, with what; and the medians, ranges and ratios of it.

    {"format": 1, "machine": {…}, "scenarios": {"a": {"title", "commit", "date", "command", "rounds",
     "cases": [{"name", "label", "tone", "server", "options", "load", "x", "runs": [{figures} …]}],
     "left_out": {"peer": "why"}}}}

results.json is of `run`; analysis.json beside it, of analysis.py and gate.py, is the same with cases that have only
"name", "label", "x" and "runs". A scenario is written when it is complete, and replaces an earlier one whole: its runs were interleaved, so they
belong together, while two scenarios may stem from different days. Runs are in the order of the rounds; a run that
could not be made is {"error": "why"}.
"""
from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import servers
from measure import Case

FORMAT = 1
FILE = servers.HERE / "results" / "results.json"
ANALYSIS = "analysis.json"  # beside it
MEASURED = ("server", "workers", "proto", "tests/load", "tests/bench/peers", ":!*.md")  # what decides the figures


def read(path: Path) -> dict[str, Any]:
    """The results in a file, or empty ones when there is none; ValueError when it is no such file."""
    if not path.exists():
        return {"format": FORMAT, "machine": {}, "scenarios": {}}
    found = json.loads(path.read_text())
    if found.get("format") != FORMAT:
        raise ValueError(f"{path} has format {found.get('format')!r}, this program reads {FORMAT}: measure again")
    return found


def _json(value: Any, depth: int = 0) -> str:
    """Readable, and a run a line; numbers to five digits, which is more than they are worth."""
    if isinstance(value, float):
        return json.dumps(float(f"{value:.5g}"))
    if isinstance(value, dict):
        parts = [f"{json.dumps(key, ensure_ascii=False)}: {_json(item, depth + 1)}" for key, item in value.items()]
        start, end = "{", "}"
    elif isinstance(value, (list, tuple)):
        parts, start, end = [_json(item, depth + 1) for item in value], "[", "]"
    else:
        return json.dumps(value, ensure_ascii=False)
    if not any(isinstance(item, (dict, list)) for item in (value.values() if isinstance(value, dict) else value)):
        return f"{start}{', '.join(parts)}{end}"
    gap = "\n" + " " * (depth + 1)
    return f"{start}{gap}{(',' + gap).join(parts)}{gap[:-1]}{end}"


def write(path: Path, results: dict[str, Any]) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        file.write(_json(results) + "\n")
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


# ---- where and with what ----

def _output(*command: str) -> str:
    try:
        return subprocess.run(command, cwd=servers.ROOT, capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:
        return ""


def commit() -> str:
    """The last commit that changed what is measured, with a plus when it was changed since."""
    return _output("git", "log", "-1", "--format=%h", "--", *MEASURED) + \
        ("+" if _output("git", "status", "--porcelain", "--", *MEASURED) else "")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _package(name: str) -> str:
    return _output("dpkg-query", "-W", "-f", "${Version}", name)


def machine() -> dict[str, Any]:
    """What the figures depend on and a reader can compare with his own."""
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory.split()[1]) / 2**20, 1),
        "system": next((line.split("=", 1)[1].strip('"') for line in Path("/etc/os-release").read_text().splitlines()
                        if line.startswith("PRETTY_NAME=")), platform.system()),
        "kernel": re.match(r"[\d.]*", platform.release()).group(),
        "versions": {
            "compiler": _output("cc", "-dumpfullversion"), "node": _output("node", "--version").lstrip("v"),
            "python": _output(servers.PYTHON, "-c", "import platform; print(platform.python_version())"),
            "libwebsockets": _package("libwebsockets17"), "libuv": _package("libuv1"),
            "libzmq": _package("libzmq5"), "sqlite": _package("libsqlite3-0"),
        } | peer_versions(),
    }


def peer_versions() -> dict[str, str]:
    """The pinned versions of what the peers are about."""
    found = {}
    for path in sorted((servers.HERE / "peers").glob("*/package.json")):
        found |= json.loads(path.read_text())["dependencies"]
    for path in sorted((servers.HERE / "peers").glob("*/requirements.txt")):
        pins = dict(line.split("==") for line in path.read_text().split() if "==" in line)
        found |= {name: pins[name] for name in ("websockets", "uvloop", "fastapi", "uvicorn", "socketify", "pyzmq")
                  if name in pins}
    return found


def entry(title: str, command: str, date: str, cases: list[dict[str, Any]]) -> dict[str, Any]:
    """What is kept of a complete scenario; a case with its "runs"."""
    return {"title": title, "commit": commit(), "date": date, "command": command,
            "rounds": max(len(case["runs"]) for case in cases), "cases": cases}


def put(path: Path, key: str, of_scenario: dict[str, Any]) -> None:
    """Replaces a scenario in a file."""
    everything = read(path)
    everything["machine"] = machine()
    everything["scenarios"][key] = of_scenario
    everything["scenarios"] = dict(sorted(everything["scenarios"].items()))
    write(path, everything)


def scenario(title: str, command: str, date: str, cases: Sequence[Case], runs: dict[str, list[dict]],
             left_out: dict[str, str]) -> dict[str, Any]:
    """The entry of a complete scenario of `run`."""
    kept = [{key: value for key, value in asdict(case).items() if value is not None and value is not False and
             value not in ("", ())} | {"runs": runs[case.name]} for case in cases if case.name in runs]
    return entry(title, command, date, kept) | {"left_out": left_out}


# ---- what the runs say ----

def rounds(of_scenario: dict[str, Any]) -> str:
    """How often each case was run, in words."""
    many, few = of_scenario["rounds"], min(len(case["runs"]) for case in of_scenario["cases"])
    less = f", {few} of the slowest servers" if few < many else ""
    return f"{many} interleaved rounds{less}" if many > 1 else "1 round"


def values(case: dict[str, Any], figure: str) -> list[float]:
    """A figure in every run that has it."""
    return [run[figure] for run in case["runs"] if isinstance(run.get(figure), (int, float))]


def median(case: dict[str, Any], figure: str) -> float | None:
    """The median over the rounds; None when no run has the figure."""
    seen = values(case, figure)
    return statistics.median(seen) if seen else None


def spread(case: dict[str, Any], figure: str) -> tuple[float, float] | None:
    """The least and the most of the rounds."""
    seen = values(case, figure)
    return (min(seen), max(seen)) if seen else None


def failures(case: dict[str, Any]) -> list[str]:
    """Why runs of the case failed: what the oracle found, or what kept a run from being made."""
    return [run.get("failed") or run["error"] for run in case["runs"] if run.get("failed") or run.get("error")]


def case_of(results: dict[str, Any], key: str, name: str) -> dict[str, Any] | None:
    """A case by scenario and name, when it was measured."""
    cases = results["scenarios"].get(key, {}).get("cases", [])
    return next((case for case in cases if case["name"] == name), None)


def ratio(results: dict[str, Any], key: str, name: str, to: str, figure: str) -> float | None:
    """The median of a case by that of another in the same scenario."""
    one, other = case_of(results, key, name), case_of(results, key, to)
    a, b = (median(case, figure) if case else None for case in (one, other))
    return a / b if a is not None and b else None
