# SPDX-License-Identifier: MIT
"""Beyond --connections-per-ip or --max-connections a connection is closed with 4009; a place freed is a place."""
from harness import Client, Scenario
from harness.server import Server
from harness.scenario import poll


async def fill(server: Server, places: int) -> list[Client]:
    clients = [await server.client(f"user{n}") for n in range(places)]
    for _ in range(3):
        refused = await server.connect()
        assert await refused.closed() == 4009
        assert refused.bye is not None and refused.bye["code"] == 4009
        assert refused.bye["reconnect"] is True
    for client in clients:
        await client.ok("ping")
    return clients


async def run(t: Scenario) -> None:
    for option in ("connections_per_ip", "max_connections"):
        server = await t.server(**{option: 5})
        clients = await fill(server, 5)
        await clients[0].close()

        async def place_is_free() -> bool:
            newcomer = await server.connect()
            try:
                return (await newcomer.hello("newcomer"))["type"] == "ok"
            except Exception:
                return False

        await poll(place_is_free, f"a freed place being given again ({option})")
        assert (await server.http("GET", "/healthz")).status == 200
        await server.stop()
