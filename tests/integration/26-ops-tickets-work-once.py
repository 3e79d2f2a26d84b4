# SPDX-License-Identifier: MIT
"""A ticket opens the operator page once; the token it is traded for reads what the page shows."""
import asyncio

from harness import Scenario


async def run(t: Scenario) -> None:
    server = await t.server()

    async def ticket() -> str:
        answer = await server.http("POST", "/api/v1/ops/tickets", token=server.token)
        assert answer.status == 201 and answer.json["expires_in_s"] == 60
        return answer.json["ticket"]

    async def trade(one: str):
        return await server.http("POST", "/api/v1/ops/session", body={"ticket": one})

    first, second = await ticket(), await ticket()
    assert first != second
    traded = await trade(first)
    assert traded.status == 201 and traded.json["expires_in_s"] == 43200
    token = traded.json["token"]
    assert token != server.token
    for path in ("stats", "workers", "rooms"):
        assert (await server.http("GET", f"/api/v1/{path}", token=token)).status == 200, path

    used = await trade(first)
    assert used.status == 401 and used.code == "unauthenticated"
    race = await asyncio.gather(*(trade(second) for _ in range(10)))
    assert sorted(answer.status for answer in race) == [201] + [401] * 9
    assert (await server.http("GET", "/api/v1/stats", token=second)).status == 401, "a ticket is no token"
    prolonged = await server.http("POST", "/api/v1/ops/tickets", token=token)
    assert prolonged.status == 403, "a session of the page cannot make itself another"
