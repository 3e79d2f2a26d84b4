# SPDX-License-Identifier: MIT
"""POST …/messages beyond --rate-send answers 429 with Retry-After, a user's and a key's on every connection and loop; --limits off lifts it."""
import asyncio
import time

from harness import Response, Scenario, Server
from harness.ctl import ctl

BURST, PER_S = 8, 2
ASKED = 40


async def post(server: Server, number: int, name: str = "ci", room: str = "lobby",
               token: str | None = None) -> Response:
    return await server.http("POST", f"/api/v1/rooms/{room}/messages", token=token or server.token,
                             body={"text": f"number {number}", "cid": f"c{number}", "name": name})


async def run(t: Scenario) -> None:
    server = await t.server(loops=2, rate_send=PER_S, rate_send_burst=BURST)
    begin = time.monotonic()
    # Each comes on a connection of its own, to whichever loop.
    answers = await asyncio.gather(*[post(server, n, room=f"room-{n % 4}") for n in range(ASKED)])
    took = time.monotonic() - begin
    accepted = [a for a in answers if a.status == 201]
    assert BURST <= len(accepted) <= BURST + PER_S * took + 1, f"{len(accepted)} accepted in {took:.2f} s"
    limited = [n for n, a in enumerate(answers) if a.status != 201]
    for answer in (answers[n] for n in limited):
        assert (answer.status, answer.code) == (429, "rate_limited"), answer.text
        assert set(answer.json["error"]) == {"code", "message"} and "at most 2 a second, 8 at once" in answer.json["error"]["message"]
        assert 1 <= int(answer.headers["retry-after"]) <= 60, answer.headers

    assert (await post(server, 1000, name="someone-else")).status == 201, "others are not limited by it"
    last = await post(server, limited[0], room=f"room-{limited[0] % 4}")
    if last.status == 429:
        await asyncio.sleep(int(last.headers["retry-after"]))
        last = await post(server, limited[0], room=f"room-{limited[0] % 4}")
    assert last.status == 201, "the same cid succeeds in the time told"
    bad = await server.http("POST", "/api/v1/rooms/lobby/messages", token=server.token, body={"cid": "x"})
    assert bad.status == 400, "what is wrong is told before"

    await a_key_under_many_names(t)
    free = await t.server(limits="off", rate_send=PER_S, rate_send_burst=BURST, rate_key=1)
    answers = await asyncio.gather(*[post(free, n) for n in range(ASKED)])
    assert {a.status for a in answers} == {201}
    key = (await ctl(t, free, "key", "add", "bridge", "--scope", "write")).strip()
    answers = await asyncio.gather(*[post(free, n, name=f"n{n}", token=key) for n in range(ASKED)])
    assert {a.status for a in answers} == {201}


async def a_key_under_many_names(t: Scenario) -> None:
    """A key has a limit of its own, whatever names it posts under; other keys and the operator have theirs."""
    server = await t.server(loops=2, rate_key=2)
    bridge, other = [(await ctl(t, server, "key", "add", name, "--scope", "write")).strip()
                     for name in ("bridge", "other")]
    begin = time.monotonic()
    answers = await asyncio.gather(*[post(server, n, name=f"name-{n}", token=bridge) for n in range(60)])
    took = time.monotonic() - begin
    accepted = [a for a in answers if a.status == 201]
    assert 20 <= len(accepted) <= 20 + 2 * took + 1, f"{len(accepted)} accepted in {took:.2f} s"
    limited = [n for n, a in enumerate(answers) if a.status != 201]
    for answer in (answers[n] for n in limited):
        assert (answer.status, answer.code) == (429, "rate_limited"), answer.text
        assert "this API key: at most 2 a second, 20 at once" in answer.json["error"]["message"]
        assert 1 <= int(answer.headers["retry-after"]) <= 60, answer.headers
    assert (await post(server, 0, name="name-0", token=other)).status == 201
    assert (await post(server, 1, name="elsewhere")).status == 201
