# SPDX-License-Identifier: MIT
"""parleyctl makes, lists and revokes API keys; each opens what its scopes say, at once, over restarts, and nothing else."""
from harness import Scenario, Server
from harness.ctl import ctl, ctl_json, refused

ANALYZE = "/api/v1/analyze"
EVENTS = "/api/v1/rooms/lobby/events"
MESSAGES = "/api/v1/rooms/lobby/messages"


async def status(server: Server, method: str, path: str, key: str, body: dict | None = None) -> int:
    return (await server.http(method, path, token=key, body=body)).status


async def run(t: Scenario) -> None:
    server = await t.server()
    ada = await server.client("ada", "lobby")
    await ada.send("lobby", "hello")

    assert "no keys" in await ctl(t, server, "key", "list")
    blog = (await ctl(t, server, "key", "add", "blog", "--scope", "analyze")).strip()
    both = (await ctl_json(t, server, "key", "add", "both", "--scope", "read,write"))["key"]
    assert len(blog) > 40 and blog != both and "\n" not in blog
    assert "409" in await refused(t, server, "key", "add", "blog", "--scope", "read")
    assert "'all'" in await refused(t, server, "key", "add", "x", "--scope", "all")
    assert "name" in await refused(t, server, "key", "add", "No Name", "--scope", "read")
    assert "--scope" in await refused(t, server, "key", "add", "x")
    assert "404" in await refused(t, server, "key", "revoke", "nobody")

    # There are no workers here: who may ask is told so.
    texts = {"texts": ["hi"]}
    assert await status(server, "POST", ANALYZE, blog, texts) == 503
    assert await status(server, "GET", EVENTS, blog) == 403
    assert await status(server, "POST", MESSAGES, blog, {"text": "hi", "cid": "1"}) == 403
    assert await status(server, "POST", ANALYZE, both, texts) == 403
    assert await status(server, "GET", EVENTS, both) == 200
    said = await server.http("POST", MESSAGES, token=both, body={"text": "from a key", "cid": "1"})
    assert said.status == 201, said.text
    await ada.until(lambda: said.json["seq"] in ada.rooms["lobby"].events, "the key's message")
    author = ada.rooms["lobby"].events[said.json["seq"]]["user"]
    assert author["name"] == "both" and author["role"] == "bot", author
    for path in ("/api/v1/stats", "/api/v1/keys", "/api/v1/review", "/api/v1/audit"):
        assert await status(server, "GET", path, blog) == 403, path
    for wrong in (blog[:-1], blog + "x", "pk_" + "A" * 43, "pk_"):
        assert await status(server, "POST", ANALYZE, wrong, texts) == 401, wrong
    assert await status(server, "POST", ANALYZE, ada.session, texts) == 403

    # An ops session sees keys and cannot make any.
    ticket = (await server.http("POST", "/api/v1/ops/tickets", token=server.token, body={})).json["ticket"]
    ops = (await server.http("POST", "/api/v1/ops/session", body={"ticket": ticket})).json["token"]
    assert await status(server, "GET", "/api/v1/keys", ops) == 200
    new = {"name": "mine", "scopes": ["analyze"]}
    assert await status(server, "POST", "/api/v1/keys", ops, new) == 403
    assert await status(server, "DELETE", "/api/v1/keys/blog", ops) == 403
    for bad in ({}, {"name": "a"}, {"name": "A", "scopes": ["read"]}, {"name": "a", "scopes": []},
                {"name": "a", "scopes": ["root"]}, {"name": "a", "scopes": "read"}, {"name": 5, "scopes": ["read"]}):
        assert await status(server, "POST", "/api/v1/keys", server.token, bad) == 400, bad
    twice = {"name": "blog", "scopes": ["read"]}
    assert await status(server, "POST", "/api/v1/keys", server.token, twice) == 409

    await server.kill()
    await server.start()
    assert await status(server, "POST", ANALYZE, blog, texts) == 503
    assert "blog" in await ctl(t, server, "key", "revoke", "blog")
    assert await status(server, "POST", ANALYZE, blog, texts) == 401
    again = (await ctl(t, server, "key", "add", "blog", "--scope", "read")).strip()
    assert await status(server, "GET", EVENTS, again) == 200
    assert await status(server, "POST", ANALYZE, blog, texts) == 401

    listed = {(k["name"], k["revoked"] is None) for k in (await ctl_json(t, server, "key", "list"))["keys"]}
    assert listed == {("blog", False), ("both", True), ("blog", True)}, listed
    acts = [(a["act"], a["detail"]) for a in (await server.api("audit"))["audit"]]
    assert acts == [("key_add", "blog"), ("key_revoke", "blog"), ("key_add", "both"), ("key_add", "blog")], acts
    for secret in (blog, both, again):
        assert secret not in server.log(), "a key is in the log"
        for file in server.data.glob("parley.db*"):
            assert secret.encode() not in file.read_bytes(), f"a key is in {file.name}"
