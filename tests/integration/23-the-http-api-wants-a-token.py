# SPDX-License-Identifier: MIT
"""Every route of /api with no token, a wrong one, a member's and the operator's; and what is open."""
import os

from harness import Scenario

OPERATOR_ONLY = [
    ("GET", "/api/v1/stats", None, 200),
    ("GET", "/api/v1/workers", None, 200),
    ("POST", "/api/v1/workers/retry", None, 202),
    ("GET", "/api/v1/rooms", None, 200),
    ("GET", "/api/v1/quarantine", None, 200),
    ("GET", "/api/v1/quarantine/17", None, 404),
    ("DELETE", "/api/v1/quarantine/17", None, 404),
    ("POST", "/api/v1/quarantine/17/replay", None, 404),
    ("POST", "/api/v1/ops/tickets", {}, 201),
    ("GET", "/api/v1/keys", None, 200),
    ("POST", "/api/v1/keys", {"name": "k", "scopes": ["read"]}, 201),
    ("DELETE", "/api/v1/keys/k", None, 200),
    ("POST", "/api/v1/analyze", {"texts": ["there is no worker here"]}, 503),
    ("GET", "/api/v1/review", None, 200),
    ("GET", "/api/v1/review/precision", None, 200),
    ("GET", "/api/v1/review/labels", None, 200),
    ("GET", "/api/v1/review/17", None, 404),
    ("POST", "/api/v1/review/17", {"act": "claim"}, 404),
    ("GET", "/api/v1/audit", None, 200),
    ("GET", "/api/v1/rooms/lobby/policy", None, 200),
    ("PUT", "/api/v1/rooms/lobby/policy", {"gate": {"mode": "off"}}, 200),
    ("POST", "/api/v1/rooms/lobby/policy/dry-run", {}, 200),
    ("POST", "/api/v1/rooms/lobby/messages", {"text": "from a bot", "cid": "b1", "name": "bot"}, 201),
]


async def run(t: Scenario) -> None:
    server = await t.server()
    ada = await server.client("ada", "lobby", "kitchen")
    await ada.send("lobby", "hello")

    path = server.data / "admin-token"
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert len(server.token) >= 32
    for kept in [server.data, *server.data.rglob("*")]:
        assert kept.stat().st_mode & 0o077 == 0, f"others may look into {kept.name}"

    for method, route, body, fine in OPERATOR_ONLY:
        for token in (None, "wrong", server.token[:-1], server.token + "x", ""):
            answer = await server.http(method, route, token=token, body=body)
            assert answer.status == 401 and answer.code == "unauthenticated", f"{route} {token!r}: {answer}"
        for headers in ({"Authorization": f"Basic {server.token}"}, {"Authorization": server.token}):
            answer = await server.http(method, route, headers=headers, body=body)
            assert answer.status == 401, f"{route} {headers}: {answer.status}"
        member = await server.http(method, route, token=ada.session, body=body)
        assert member.status == 403 and member.code == "forbidden", f"{route}: {member.status} for a member"
        answer = await server.http(method, route, token=server.token, body=body)
        assert answer.status == fine, f"{route}: {answer.status} {answer.text}"
        assert answer.headers["content-type"].startswith(("application/json", "application/x-ndjson"))

    events = "/api/v1/rooms/lobby/events"
    assert (await server.http("GET", events)).status == 401
    assert (await server.http("GET", events, token="wrong")).status == 401
    for more in ("events/2/trace", "insights"):
        path = f"/api/v1/rooms/lobby/{more}"
        assert (await server.http("GET", path)).status == 401, path
        member, operator = [await server.http("GET", path, token=token) for token in (ada.session, server.token)]
        assert (member.status, member.json) == (operator.status, operator.json), f"{path}: {member.text} {operator.text}"
    page = await server.http("GET", events, token=server.token)
    assert page.status == 200 and page.json["events"][0]["cid"]
    assert (await server.http("GET", events, token=ada.session)).json == page.json

    for path in ("/healthz", "/readyz", "/metrics"):
        assert (await server.http("GET", path)).status == 200, path
    assert (await server.http("GET", "/healthz")).json == {"status": "ok"}
    ready = (await server.http("GET", "/readyz")).json
    assert ready["ready"] is True and ready["store"] == "ok" and ready["workers"] == 0

    for secret in (server.token, ada.session):
        assert secret not in server.log(), "a token is in the log"
