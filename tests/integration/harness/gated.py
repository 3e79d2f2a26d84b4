# SPDX-License-Identifier: MIT
"""Rooms with a policy: an analyzer that does what the text says, and policies over HTTP."""
from __future__ import annotations

from typing import Any

from .scenario import Scenario
from .server import Server

OBEDIENT = '''
import os
import re
import time

from parley import Batch, Result, analyzer

WORDS = re.compile(r"\\b(flag|mask|hold|bounce|shadow|block)me\\b")


@analyzer("test", version="1.2.3")
class Obedient:
    """Labels are named as the words found; "nap 0.3" takes its time, "die" ends the worker."""

    def analyze(self, batch: Batch) -> list:
        return [self.judge(text) for text in batch.texts]

    def judge(self, text: str) -> list:
        nap = re.search(r"\\bnap ([0-9.]+)", text)
        if nap:
            time.sleep(float(nap.group(1)))
        if text.startswith("die"):
            os._exit(7)
        found: dict[str, list] = {}
        for match in WORDS.finditer(text):
            found.setdefault(match.group(1), []).append(match.span())
        return [Result(name, 0.9, spans=spans) for name, spans in found.items()]
'''
# The longest there is: for claims that are not about deadlines.
DEADLINE_MS = 10000
RULES = [{"label": f"test.{action}", "at": 0.8, "action": action}
         for action in ("flag", "mask", "hold", "bounce", "shadow", "block")]


async def gated_server(t: Scenario, **options: Any) -> Server:
    """A server whose workers run the obedient analyzer."""
    server = t.unstarted(**{"workers": 2, "limits": "off", **options})
    folder = server.data / "analyzers.d"
    folder.mkdir(parents=True)
    (folder / "obedient.py").write_text(OBEDIENT)
    return await server.start()


async def put_policy(server: Server, room: str, mode: str = "closed", deadline_ms: int = DEADLINE_MS,
                     rules: list[dict] | None = None, **more: Any) -> dict:
    """Sets the policy; the answer."""
    policy = {"gate": {"mode": mode, "deadline_ms": deadline_ms},
              "rules": RULES if rules is None else rules, **more}
    answer = await server.http("PUT", f"/api/v1/rooms/{room}/policy", token=server.token, body=policy)
    assert answer.status == 200, (answer.status, answer.text)
    return answer.json
