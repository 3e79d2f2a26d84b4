# SPDX-License-Identifier: MIT
"""The Origin of a socket must be the server's own host or one of --origins; programs that send none may come."""
from harness import Scenario
from harness.server import Server


async def status(server: Server, origin: str | None, **headers: str) -> int:
    socket = await server.raw({**({"Origin": origin} if origin is not None else {}), **headers})
    await socket.close()
    return socket.status


async def run(t: Scenario) -> None:
    server = await t.server()
    port = server.port
    assert await status(server, None) == 101
    assert await status(server, f"http://127.0.0.1:{port}") == 101
    for foreign in (
        "https://evil.example", "http://127.0.0.1", f"http://127.0.0.1:{port + 1 if port < 65535 else 1}",
        f"http://127.0.0.1:{port}.evil.example", f"http://127.0.0.1:{port}@evil.example", "null",
        f"http://evil.example/127.0.0.1:{port}",
    ):
        got = await status(server, foreign)
        assert got == 403, f"Origin {foreign!r}: {got}, wanted 403"

    listed = await t.server(origins="https://chat.example,https://other.example:8443")
    assert await status(listed, "https://chat.example") == 101
    assert await status(listed, "https://other.example:8443") == 101
    assert await status(listed, None) == 101
    for foreign in ("https://evil.example", "http://chat.example", "https://chat.example.evil.example",
                    "https://other.example", "https://chat.exampl"):
        got = await status(listed, foreign)
        assert got == 403, f"Origin {foreign!r}: {got}, wanted 403"
    for one in (server, listed):
        await (await one.client("ada", "lobby")).send("lobby", "still here")
