# SPDX-License-Identifier: MIT
"""HTTP requests to a server under test."""
from __future__ import annotations

import asyncio
import http.client
import json
from dataclasses import dataclass
from typing import Any

from .record import Recorder

TIMEOUT_S = 60


@dataclass
class Response:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of an error answer."""
        error = self.json["error"]
        assert isinstance(error["message"], str) and error["message"], error
        return error["code"]


def _call(host: str, port: int, method: str, path: str, headers: dict[str, str],
          body: bytes | None) -> Response:
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, found, answer.read())
    finally:
        connection.close()


async def call(recorder: Recorder, host: str, port: int, method: str, path: str, *,
               token: str | None = None, body: Any = None,
               headers: dict[str, str] | None = None) -> Response:
    """One request. `body` is sent as JSON, or as it is when it is bytes; `path` goes out untouched."""
    head = dict(headers or {})
    if token is not None:
        head["Authorization"] = f"Bearer {token}"
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    if data is not None:
        head.setdefault("Content-Type", "application/json")
    answer = await asyncio.to_thread(_call, host, port, method, path, head, data)
    recorder.http(method, path, answer.status, answer.headers.get("content-type", ""),
                  answer.body.decode("utf-8", "replace"))
    return answer
