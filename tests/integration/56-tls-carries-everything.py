# SPDX-License-Identifier: MIT
"""--tls-cert, --tls-key: pages' API, sockets and parleyctl over TLS, whole under load; a wrong pair is named."""
import asyncio
import ssl
import urllib.request

from harness import Scenario
from harness.client import Client

CLIENTS, EACH, TEXT = 12, 60, "ß" * 700
REQUEST = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
           "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]


async def run(t: Scenario) -> None:
    directory = t.directory
    openssl = await asyncio.create_subprocess_exec(*REQUEST, cwd=directory, stderr=asyncio.subprocess.DEVNULL)
    assert await openssl.wait() == 0
    cert, key = directory / "cert.pem", directory / "key.pem"
    for pair, named in (((cert, cert), "--tls-key"), ((key, key), "--tls-cert"),
                        ((cert, directory / "absent.pem"), "absent.pem"), ((cert, ""), "--tls-key")):
        server = t.unstarted(tls_cert=pair[0], tls_key=pair[1])
        server.allow_error(".")
        await server.spawn()
        assert 0 < await server.wait(20) < 128
        assert named in server.log(), server.log()

    server = await t.server(loops=2, limits="off", tls_cert=cert, tls_key=key)
    trust = ssl.create_default_context(cafile=str(cert))
    address = f"127.0.0.1:{server.port}"

    def get(path: str) -> tuple[int, bytes]:
        with urllib.request.urlopen(f"https://{address}{path}", context=trust, timeout=20) as answer:
            return answer.status, answer.read()

    assert await asyncio.to_thread(get, "/healthz") == (200, b'{"status":"ok"}')

    async def enter(number: int) -> Client:
        client = await server.connect(ssl=trust)
        await client.hello(f"user{number}")
        await client.join("lobby")
        return client

    clients = [await enter(number) for number in range(CLIENTS)]

    async def chat(client: Client) -> None:
        for n in range(EACH):
            await client.send("lobby", f"{n} {TEXT}")

    await asyncio.gather(*(chat(client) for client in clients))
    for client in clients:
        await client.top("lobby", CLIENTS * EACH)
        assert sorted(client.rooms["lobby"].events) == list(range(1, CLIENTS * EACH + 1))
        assert client.rooms["lobby"].events == clients[0].rooms["lobby"].events
    ctl = await asyncio.create_subprocess_exec(
        str(t.programs.ctl), "--data", str(server.data), "stats", stdout=asyncio.subprocess.PIPE)
    said, _ = await asyncio.wait_for(ctl.communicate(), 20)
    assert ctl.returncode == 0 and b"durability" in said, said
