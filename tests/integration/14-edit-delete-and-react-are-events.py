# SPDX-License-Identifier: MIT
"""edit and delete are for the author, react for everybody; each is a numbered event, once per cid, kept."""
from harness import Scenario


async def run(t: Scenario) -> None:
    server = await t.server()
    ada = await server.client("ada", "lobby")
    bob = await server.client("bob", "lobby")
    said = (await ada.send("lobby", "helo"))["seq"]

    edit = {"room": "lobby", "on": said, "text": "hello", "cid": "e1"}
    edited = (await ada.ok("edit", **edit))["seq"]
    assert (await ada.ok("edit", **edit))["seq"] == edited
    await ada.error("conflict", "edit", **{**edit, "text": "hullo"})
    await ada.error("conflict", "send", room="lobby", cid="e1", text="hello")
    react = {"room": "lobby", "on": said, "emoji": "👍", "add": True, "cid": "r1"}
    reacted = (await bob.ok("react", **react))["seq"]
    assert (await bob.ok("react", **react))["seq"] == reacted
    removed = (await bob.ok("react", **{**react, "add": False, "cid": "r2"}))["seq"]

    await bob.error("forbidden", "edit", room="lobby", on=said, text="mine now", cid="e2")
    await bob.error("forbidden", "delete", room="lobby", on=said, cid="d2")
    await bob.error("not_found", "react", room="lobby", on=4000, emoji="👍", add=True, cid="r3")
    await ada.error("too_large", "edit", room="lobby", on=said, text="x" * 8193, cid="e3")

    delete = {"room": "lobby", "on": said, "cid": "d1"}
    deleted = (await ada.ok("delete", **delete))["seq"]
    assert (await ada.ok("delete", **delete))["seq"] == deleted
    assert [said, edited, reacted, removed, deleted] == [1, 2, 3, 4, 5]

    expected = [
        {"kind": "message", "text": "helo", "user": "ada"},
        {"kind": "edit", "on": said, "text": "hello", "user": "ada"},
        {"kind": "reaction", "on": said, "emoji": "👍", "add": True, "user": "bob"},
        {"kind": "reaction", "on": said, "emoji": "👍", "add": False, "user": "bob"},
        {"kind": "delete", "on": said, "user": "ada"},
    ]

    def core(event: dict) -> dict:
        fields = {k: v for k, v in event.items() if k not in ("type", "room", "seq", "ts", "cid")}
        return {**fields, "user": event["user"]["name"]}

    for client in (ada, bob):
        await client.top("lobby", deleted)
        assert [core(client.rooms["lobby"].events[n]) for n in range(1, 6)] == expected
    await server.kill()
    await server.start()
    events = await server.history("lobby")
    assert [core(event) for event in events] == expected
    assert [event["cid"] for event in events[1:]] == ["e1", "r1", "r2", "d1"]
    ada = await server.client(None, "lobby", token=ada.session)
    assert (await ada.ok("edit", **edit))["seq"] == edited
