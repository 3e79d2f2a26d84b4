# SPDX-License-Identifier: MIT
"""members lists who is there; presence tells changes, coalesced, and ends in the true state."""
import time

from harness import Client, Scenario

COALESCED_S = 0.1  # a room tells of its members so often at most


def about(client: Client, user: dict) -> list[bool]:
    """What `client` was told of `user` in the lobby; other rooms tell of their own, each when it likes."""
    return [p["online"] for p in client.pushes
            if p["type"] == "presence" and p["room"] == "lobby" and p.get("user", {}).get("id") == user["id"]]


async def run(t: Scenario) -> None:
    server = await t.server(limits="off")
    ada = await server.client("ada", "lobby")
    bob = await server.client("bob")
    assert (await bob.join("lobby"))["members"] == 2
    await ada.until(lambda: about(ada, bob.user) == [True], "bob came")

    reply = await ada.ok("members", room="lobby")
    assert reply["total"] == 2
    assert sorted(m["name"] for m in reply["members"]) == ["ada", "bob"]
    assert all(m["role"] == "guest" for m in reply["members"])

    await bob.ok("leave", room="lobby")
    await ada.until(lambda: about(ada, bob.user)[-1] is False, "bob left")
    assert (await ada.ok("members", room="lobby"))["total"] == 1
    await bob.error("forbidden", "send", room="lobby", cid="x", text="from outside")

    before, begin = len(about(ada, bob.user)), time.monotonic()
    answers = []
    for _ in range(50):
        answers.append(await bob.post("join", room="lobby", limit=0))
        answers.append(await bob.post("leave", room="lobby"))
    answers.append(await bob.post("join", room="lobby", limit=0))
    for answer in answers:
        assert (await answer)["type"] == "ok"
    await ada.until(lambda: about(ada, bob.user)[-1] is True, "bob is back")
    pushes, took = len(about(ada, bob.user)) - before, time.monotonic() - begin
    assert pushes <= took / COALESCED_S + 2, f"{pushes} presence pushes for 101 changes within {took:.2f} s"

    joined = await bob.post("join", room="garden")  # in flight, and left already
    left = await bob.post("leave", room="garden")
    assert (await joined)["type"] == "ok" and (await left)["type"] == "ok"
    await ada.join("garden")
    await ada.send("garden", "nobody else hears this")
    assert (await ada.ok("members", room="garden"))["total"] == 1
    await bob.error("forbidden", "send", room="garden", cid="y", text="from outside")

    twin = await server.client(None, "lobby", token=bob.session)
    assert (await ada.ok("members", room="lobby"))["total"] == 2, "one user in two windows"
    twin.cut()
    await twin.closed()
    carl = await server.client("carl", "lobby")
    await ada.until(lambda: about(ada, carl.user) == [True], "carl came")
    assert about(ada, bob.user)[-1] is True, "bob's other window is still there"

    bob.cut()
    await ada.until(lambda: about(ada, bob.user)[-1] is False, "bob's connection was lost")
    names = sorted(m["name"] for m in (await ada.ok("members", room="lobby"))["members"])
    assert names == ["ada", "carl"]
