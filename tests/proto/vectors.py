# SPDX-License-Identifier: MIT
"""The golden vectors of proto/vectors, with their abbreviations written out.

`{"$repeat": [s, n]}` stands for s n times; `{"$pad": [head, tail, n]}` for head, so many `a` as
make n bytes, tail.
"""
from __future__ import annotations

import json
from typing import Any

from schemas import PROTO


def expand(value: Any) -> Any:
    if isinstance(value, list):
        return [expand(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$repeat"}:
        text, times = value["$repeat"]
        return text * times
    if set(value) == {"$pad"}:
        head, tail, size = value["$pad"]
        return head + "a" * (size - len(head.encode()) - len(tail.encode())) + tail
    return {key: expand(item) for key, item in value.items()}


def load(direction: str) -> dict[str, dict]:
    """Vector files of a direction ("client", "server", "transport") by message name."""
    found = {}
    for path in sorted((PROTO / "vectors").glob("*.json")):
        data = json.loads(path.read_text("utf-8"))
        if data["direction"] == direction:
            data["vectors"] = [expand(vector) for vector in data["vectors"]]
            found[path.stem] = data
    return found
