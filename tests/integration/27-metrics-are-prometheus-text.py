# SPDX-License-Identifier: MIT
"""/metrics parses as Prometheus text, counts what happened, and holds no user's data."""
import asyncio
import re
from typing import Awaitable, Callable

from harness import Scenario, Server
from harness.scenario import poll

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})? '
                    r"(-?[0-9.]+(?:e[+-]?[0-9]+)?|[+-]?Inf|NaN)$", re.IGNORECASE)


def parse(text: str) -> dict[str, list[float]]:
    """Values by metric; fails on a line that is no Prometheus text, or has no TYPE before it."""
    values: dict[str, list[float]] = {}
    types: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind in ("counter", "gauge", "histogram", "summary", "untyped"), line
            assert name not in types, f"{name} has two types"
            types[name] = kind
        elif line and not line.startswith("#"):
            found = SAMPLE.match(line)
            assert found, f"not a sample: {line!r}"
            name = found.group(1)
            base = re.sub(r"_(bucket|sum|count)$", "", name)
            assert name in types or base in types, f"{name} has no TYPE"
            if types.get(name) == "counter":
                assert name.endswith("_total"), f"{name} is a counter without _total"
            values.setdefault(name, []).append(float(found.group(3)))
    return values


async def http_is_counted(server: Server) -> None:
    """Connections that are open and no WebSockets, and requests by what they ask for."""
    async def open_now() -> int:
        return (await server.api("stats"))["http"]["connections"]

    await poll(lambda: is_(open_now, 1), "the asking connection alone")
    before = (await server.api("stats"))["http"]["requests"]
    idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(5)]
    await poll(lambda: is_(open_now, 6), "five idle connections and the asking one")
    for _reader, writer in idle:
        writer.close()
    await poll(lambda: is_(open_now, 1), "the asking connection alone, again")

    await server.http("GET", "/")
    await server.http("GET", "/api/v1/rooms/secret-room/events", token=server.token)
    await server.http("GET", "/api/v1/rooms/secret-room/events")  # refused, counted all the same
    await server.http("POST", "/api/v1/rooms/secret-room/messages", token=server.token, body={"text": "x", "cid": "c"})
    await server.http("GET", "/healthz")
    after = (await server.api("stats"))["http"]["requests"]
    grown = {name: after[name] - before[name] for name in after}
    assert grown.pop("operation") > 0, "this asks for /api/v1/stats"
    assert grown == {"pages": 1, "health": 1, "rooms": 2, "messages": 1, "analysis": 0}, grown
    text = (await server.http("GET", "/metrics")).text
    assert sum(int(n) for n in re.findall(r'^parley_http_requests_total{.*class="rooms"} (\d+)$', text, re.M)) == 2


async def is_(ask: Callable[[], Awaitable[int]], wanted: int) -> bool:
    return await ask() == wanted


async def run(t: Scenario) -> None:
    server = await t.server()
    ada = await server.client("ada-lovelace", "secret-room")
    before = parse((await server.http("GET", "/metrics")).text)
    for n in range(7):
        await ada.send("secret-room", "my-secret-text")
    answer = await server.http("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.endswith("\n")
    after = parse(answer.text)
    assert all(name.startswith(("parley_", "process_")) for name in after), sorted(after)
    grown = [name for name in after if sum(after[name]) - sum(before.get(name, [0])) == 7]
    assert any("message" in name for name in grown), f"nothing counted 7 messages: {grown}"
    for secret in ("ada-lovelace", "secret-room", "my-secret-text", server.token):
        assert secret not in answer.text

    await http_is_counted(server)
    stats = await server.api("stats")
    assert stats["totals"]["messages"] == 8 and stats["connections"] >= 1
    assert len({len(column) for name, column in stats["history"].items() if name != "interval_ms"}) == 1
