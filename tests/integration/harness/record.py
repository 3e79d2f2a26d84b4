# SPDX-License-Identifier: MIT
"""Writes down what a server said, a JSON line each, for tests/proto/validate.py.

Lines: {"request", "frame"} for a frame, `request` being the type of the request it answers; {"raw"} for a
text frame that is not JSON; {"close"} for a close code; {"http": {"method", "path", "status", "type",
"body"}} for an answer over HTTP. What was said before, to whomever, is not written again.
"""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Recorder:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="ascii")
        self._written: set[int] = set()

    def frame(self, frame: Any, request: str | None) -> None:
        self._write({"request": request, "frame": frame})

    def raw(self, text: str) -> None:
        self._write({"raw": text})

    def close(self, code: int) -> None:
        self._write({"close": code})

    def http(self, method: str, path: str, status: int, content_type: str, body: str) -> None:
        self._write({"http": {"method": method, "path": path, "status": status,
                              "type": content_type, "body": body}})

    def finish(self) -> None:
        self._file.close()

    def _write(self, line: dict) -> None:
        # ASCII, so that whatever a server sends can be written down.
        text = json.dumps(line)
        if hash(text) not in self._written:
            self._written.add(hash(text))
            self._file.write(text + "\n")
