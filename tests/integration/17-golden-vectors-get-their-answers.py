# SPDX-License-Identifier: MIT
"""Every request of proto/vectors, good or bad, gets the answer that its file says, and harms nobody."""
import asyncio
import sys
from pathlib import Path

from harness import RawSocket, Scenario
from harness.server import Server

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "proto"))
import vectors  # noqa: E402

ROOM = "golden"


async def prepare(server: Server, given: str, session: str) -> RawSocket:
    socket = await server.raw()
    assert socket.status == 101, socket.status
    if given != "open":
        await socket.hello(token=session)
    if given == "joined":
        reply = await socket.request({"id": 2**41, "type": "join", "room": ROOM, "limit": 0})
        assert reply["type"] == "ok", reply
    return socket


async def ask(socket: RawSocket, frame: dict, count: int) -> list[dict]:
    """The replies to a frame: at least `count`, and what comes before a ping behind it is answered, which
    shows also that the connection is open."""
    probe = {"id": 7_000_000_001, "type": "ping"}
    socket.send(frame)
    socket.send(probe)
    answers, probed = [], False
    while not probed or len(answers) < count:
        read = await socket.read_json()
        if read.get("id") == probe["id"]:
            probed = True
        elif read["type"] in ("ok", "error"):
            answers.append(read)
    return answers


async def judge(server: Server, given: str, vector: dict, session: str) -> str | None:
    """What is wrong with the answer to a vector, if anything."""
    socket = await prepare(server, vector.get("given", given), session)
    try:
        frame = vector["frame"]
        wanted_answers = 0 if vector.get("reply") is False else 1
        answers = await ask(socket, frame, wanted_answers)
        if len(answers) != wanted_answers:
            return f"{wanted_answers} replies wanted, got {answers}"
        if wanted_answers == 0:
            return None
        wanted = vector.get("error", "ok")
        answer = answers[0]
        got = answer.get("code", answer["type"])
        if got != wanted:
            return f"wanted {wanted}, got {answer}"
        usable = isinstance(frame.get("id"), int) and 1 <= frame["id"] <= 2**53 - 1
        if usable != ("id" in answer) or (usable and answer["id"] != frame["id"]):
            return f"the id of {answer} is wrong"
        return None
    except AssertionError as error:
        return str(error)
    finally:
        await socket.close()


async def judge_patiently(server: Server, given: str, vector: dict, session: str) -> str | None:
    """As judge; but a guest's name is free only a moment after its bearer's socket has closed (it may live on
    another loop), so a valid hello that meets a conflict is said again for a while."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 5
    is_hello = vector["frame"].get("type") == "hello" and "error" not in vector
    while True:
        problem = await judge(server, given, vector, session)
        if not (is_hello and problem and "'conflict'" in problem and loop.time() < deadline):
            return problem
        await asyncio.sleep(0.02)


async def run(t: Scenario) -> None:
    server = await t.server(limits="off")
    ada = await server.client("ada", ROOM)
    bob = await server.client("bob", ROOM)
    # Vectors may rely on: seq 2 is bob's, 1 and 3 to 12 are ada's.
    for author in (ada, bob, *[ada] * 10):
        await author.send(ROOM, f"by {author.user['name']}")
    wrong, count = [], 0
    for name, data in vectors.load("client").items():
        for vector in data["vectors"]:
            count += 1
            problem = await judge_patiently(server, data["given"], vector, ada.session)
            if problem:
                wrong.append(f"{name}: {vector['name']}: {problem}")
    assert count > 200
    assert not wrong, f"{len(wrong)} of {count}:\n" + "\n".join(wrong)
    server.alive()
    await bob.send(ROOM, "still here")
