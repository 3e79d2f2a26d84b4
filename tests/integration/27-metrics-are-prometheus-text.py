# SPDX-License-Identifier: MIT
"""/metrics parses as Prometheus text, counts what happened, and holds no user's data."""
import re

from harness import Scenario

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

    stats = await server.api("stats")
    assert stats["totals"]["messages"] == 7 and stats["connections"] >= 1
    assert len({len(column) for name, column in stats["history"].items() if name != "interval_ms"}) == 1
