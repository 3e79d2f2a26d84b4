#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Includes run one way, foreign headers stay in their corner, and every header compiles alone."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common import ROOT, Check, Finding, files, main

# base <- config; base <- loop <- {store, dispatch} <- chat <- net <- main
MAY_INCLUDE: dict[str, set[str]] = {
    "server/base": set(),
    "server/config": {"server/base"},
    "server/loop": {"server/base"},
    "server/store": {"server/base", "server/loop"},
    "server/dispatch": {"server/base", "server/loop", "proto"},
    "server/chat": {
        "server/base", "server/config", "server/loop", "server/store", "server/dispatch", "proto",
    },
    "server/net": {
        "server/base", "server/config", "server/loop", "server/store", "server/dispatch",
        "server/chat",
    },
    "server": {
        "server/base", "server/config", "server/loop", "server/store", "server/dispatch",
        "server/chat", "server/net",
    },
    "workers/host": {"server/base", "proto"},
}

# Where a foreign header may be included: a path of the project begins with one of these.
CONFINED: dict[str, tuple[str, ...]] = {
    "libwebsockets.h": ("server/loop/", "server/net/"),
    "zmq.h": ("server/dispatch/", "workers/host/link"),
    "sqlite3.h": ("server/store/",),
    "Python.h": ("workers/host/pyhost",),
}

# Headers that the build makes, and the directory each is made from.
GENERATED: dict[str, str] = {"worker.pb-c.h": "proto", "schema_sql.h": "server/store",
                              "moderation_sql.h": "server/store", "gate_sql.h": "server/store", "strikes_sql.h": "server/store",
                              "perspective_discovery_json.h": "server/net"}

LIBRARIES = ["libwebsockets", "libuv", "libzmq", "libprotobuf-c", "jansson", "sqlite3", "libsodium",
             "python3-embed"]
_INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def includes(path: Path) -> Iterator[tuple[int, bool, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = _INCLUDE.match(line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def target_layer(path: Path, name: str) -> str | None:
    """The directory of the project an include names; None when it is not found in it."""
    if name in GENERATED:
        return GENERATED[name]
    for base in (path.parent, ROOT / "server", ROOT / "workers"):
        target = (base / name).resolve()
        if target.is_file():
            return target.parent.relative_to(ROOT).as_posix()
    return None


def direction() -> Iterator[Finding]:
    for path in files(".c", ".h", ".inc", under="server") + files(".c", ".h", under="workers"):
        layer = path.parent.relative_to(ROOT).as_posix()
        for number, ours, name in includes(path):
            if not ours:
                continue
            if layer not in MAY_INCLUDE:
                yield Finding(path, number, f"{layer}/ is not in the layer table of layers.py")
                break
            target = target_layer(path, name)
            if target is None:
                yield Finding(path, number, f'"{name}" is not a header of the project; use <>')
            elif target != layer and target not in MAY_INCLUDE[layer]:
                allowed = ", ".join(sorted(MAY_INCLUDE[layer])) or "nothing"
                yield Finding(path, number, f"{layer} may include {allowed}; not {target}")


def confinement() -> Iterator[Finding]:
    for path in files(".c", ".h", under="server") + files(".c", ".h", under="workers"):
        place = path.relative_to(ROOT).as_posix()
        for number, _, name in includes(path):
            homes = CONFINED.get(name.rsplit("/", 1)[-1])
            if homes and not place.startswith(homes):
                yield Finding(path, number, f"{name} belongs to {' and '.join(homes)} only")


def standalone() -> Iterator[Finding]:
    flags = subprocess.run(["pkg-config", "--cflags", *LIBRARIES], check=True, text=True,
                           capture_output=True).stdout.split()
    command = ["cc", "-std=gnu11", "-D_GNU_SOURCE", "-fsyntax-only", "-x", "c", *flags,
               f"-I{ROOT}/server", f"-I{ROOT}/workers", f"-I{ROOT}/build/proto", "-include"]

    def compiles(path: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, str(path), "/dev/null"], text=True, capture_output=True)

    headers = files(".h", under="server") + files(".h", under="workers")
    with ThreadPoolExecutor(2) as pool:
        for path, result in zip(headers, pool.map(compiles, headers)):
            if result.returncode != 0:
                error = next((line for line in result.stderr.splitlines() if "error:" in line), "")
                yield Finding(path, 1, f"the header does not compile alone: {error}")


CHECKS: dict[str, Check] = {
    "includes run one way": direction,
    "foreign headers are confined": confinement,
    "headers compile alone": standalone,
}

if __name__ == "__main__":
    main(CHECKS)
