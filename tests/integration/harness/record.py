# SPDX-License-Identifier: MIT
"""Writes down what a server said, a JSON line each, for tests/proto/validate.py.

Lines: {"conn", "request", "frame"} for a frame, `request` being the type of the request it answers;
{"conn", "raw"} for a text frame that is not JSON; {"conn", "close"} for a close code;
{"http": {"method", "path", "status", "type", "body"}} for an answer over HTTP.
"""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Recorder:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8")
        self._connections = 0

    def connection(self) -> int:
        self._connections += 1
        return self._connections

    def frame(self, conn: int, frame: Any, request: str | None) -> None:
        self._write({"conn": conn, "request": request, "frame": frame})

    def raw(self, conn: int, text: str) -> None:
        self._write({"conn": conn, "raw": text})

    def close(self, conn: int, code: int) -> None:
        self._write({"conn": conn, "close": code})

    def http(self, method: str, path: str, status: int, content_type: str, body: str) -> None:
        self._write({"http": {"method": method, "path": path, "status": status,
                              "type": content_type, "body": body}})

    def finish(self) -> None:
        self._file.close()

    def _write(self, line: dict) -> None:
        # ASCII, so that whatever a server sends can be written down.
        self._file.write(json.dumps(line) + "\n")
