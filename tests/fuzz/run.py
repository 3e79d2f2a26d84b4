#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the fuzz targets of a sanitizer build from seeds made here; the last line is `N passed, M failed`.

    tests/fuzz/run.py --bin build/asan/bin [--seconds 10] [--seed N]

A failing input is kept in --keep (by default the current directory) as fuzz_X.input; `fuzz_X FILE` tries it again.
"""
from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterator

ROOT = Path(__file__).resolve().parents[2]


def request_seeds() -> Iterator[bytes]:
    for path in sorted((ROOT / "proto/vectors").glob("*.request.json")):
        for vector in json.loads(path.read_text("utf-8"))["vectors"]:
            yield json.dumps(vector["frame"], ensure_ascii=False).encode("utf-8", "replace")


def route_seeds() -> Iterator[bytes]:
    table = (ROOT / "server/net/route.h").read_text("utf-8")
    for path in re.findall(r'"(/[^"]*)"', table):
        filled = path.replace("{room}", "lobby").replace("{id}", "17")
        for method in "ABCD":  # the first byte chooses it
            yield f"{method}{filled}\nlimit=7\nafter=12\nbearer x\ngzip;q=0.1, br".encode()


def option_seeds() -> Iterator[bytes]:
    table = (ROOT / "server/config/options.inc").read_text("utf-8")
    for name, fallback in re.findall(r'OPTION\(\w+, "([a-z-]+)", \w+, "([^"]*)"', table):
        yield f"{name}\n{fallback}".encode()
        yield f"{name}\n[::1]:80".encode()
        yield f"{name}\n64k".encode()


def field(number: int, value: bytes | int) -> bytes:
    """One field of a Protocol Buffers message."""
    def varint(n: int) -> bytes:
        low = b""
        while n > 127:
            low += bytes([n & 127 | 128])
            n >>= 7
        return low + bytes([n])

    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def link_seeds() -> Iterator[bytes]:
    beat = b"".join(field(n, v) for n, v in enumerate([1, 4711, 9, 3, 20, 88, 5, 1 << 26, 0], 1))
    analyzer = field(1, b"toxicity") + field(2, b"1.0.0") + field(3, b"ab" * 32) + field(4, b"ready")
    ready = field(1, 0) + field(2, 4711) + field(3, 1) + field(4, b"3.11.2") + field(5, analyzer)
    score = b"\x25\x00\x00\x40\x3f\x2d\x00\x00\x00\x3f"  # fields 4 and 5, floats
    label = field(1, b"toxicity") + field(2, b"1.0.0") + field(3, b"insult") + score
    error = field(1, b"shout") + field(3, b"ValueError") + field(4, b"no") + field(5, b"Traceback")
    result = field(1, 3) + field(2, field(1, label)) + field(2, b"") + field(3, error) + field(5, 900)
    for number, body in ((1, beat), (2, ready), (3, result), (4, field(1, b"no parley"))):
        yield field(number, body)


SEEDS = {"request": request_seeds, "route": route_seeds, "option": option_seeds, "link": link_seeds}


def fuzz(name: str, options: argparse.Namespace, work: Path) -> str | None:
    """What went wrong with a target, if anything."""
    paths = []
    for n, seed in enumerate(SEEDS[name]()):
        paths.append(work / f"{name}-{n}")
        paths[-1].write_bytes(seed)
    trying = options.keep / f"fuzz_{name}.input"
    command = [options.bin / f"fuzz_{name}", trying, str(options.seconds), str(options.seed), *paths]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = done.stdout.decode("utf-8", "replace")
    if done.returncode == 0:
        trying.unlink()
        print(f"ok     {name}: {len(paths)} seeds, {output.strip()}")
        return None
    return f"{name}: ended with {done.returncode}, its input is {trying}\n{output[-6000:]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, required=True, help="directory of the fuzz_X programs")
    parser.add_argument("--seconds", type=int, default=10, help="for each target (default 10)")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations (default 1)")
    parser.add_argument("--keep", type=Path, default=Path("."), help="where a failing input is kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="parley-fuzz-") as work:
        failures = [text for name in SEEDS if (text := fuzz(name, options, Path(work)))]
    for text in failures:
        print(f"FAILED {text}")
    print(f"{len(SEEDS) - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
