# SPDX-License-Identifier: MIT
"""POST …/messages: a bot's message that the room sees at once; the same cid is the same message, else 409."""
import asyncio

from harness import Scenario

ROUTE = "/api/v1/rooms/lobby/messages"


async def run(t: Scenario) -> None:
    server = await t.server(limits="off")
    ada = await server.client("ada", "lobby")

    async def post(body: dict, route: str = ROUTE):
        return await server.http("POST", route, token=server.token, body=body)

    body = {"text": "the build is green", "cid": "build-17", "name": "ci"}
    first = await post(body)
    assert first.status == 201, first.text
    assert first.json == {**first.json, "room": "lobby", "seq": 1, "cid": "build-17"}
    await ada.top("lobby", 1)
    event = ada.rooms["lobby"].events[1]
    assert event["text"] == body["text"] and event["ts"] == first.json["ts"]
    assert event["user"]["name"] == "ci" and event["user"]["role"] == "bot"

    again = await post(body)
    assert again.status == 201 and again.json == first.json
    other = await post({**body, "text": "the build is red"})
    assert other.status == 409 and other.code == "conflict"
    elsewhere = await post(body, "/api/v1/rooms/kitchen/messages")
    assert elsewhere.status == 409 and elsewhere.code == "conflict"

    many = await asyncio.gather(*(post({"text": "at once", "cid": "same", "name": "ci"}) for _ in range(20)))
    assert {answer.status for answer in many} == {201}
    assert len({answer.json["seq"] for answer in many}) == 1

    nameless = await post({"text": "named by the token", "cid": "n1"})
    assert nameless.status == 201, nameless.text
    assert (await post({"text": "to a new room", "cid": "n2"}, "/api/v1/rooms/fresh/messages")).json["seq"] == 1

    await server.kill()
    await server.start()
    again = await post(body)
    assert again.status == 201 and again.json == first.json
    events = await server.history("lobby")
    assert [(e["text"], e["cid"]) for e in events] == [
        ("the build is green", "build-17"), ("at once", "same"), ("named by the token", "n1")]
    assert all(e["user"]["name"] for e in events)
