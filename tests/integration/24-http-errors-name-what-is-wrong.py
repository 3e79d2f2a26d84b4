# SPDX-License-Identifier: MIT
"""HTTP requests that are wrong get the fitting status and code, in one shape, and harm nobody."""
from harness import Scenario

POST = "/api/v1/rooms/lobby/messages"


async def run(t: Scenario) -> None:
    server = await t.server()
    ada = await server.client("ada", "lobby")
    await ada.send("lobby", "hello")
    token = server.token

    wrong = [
        ("GET", "/api/v1/nothing", None, 404, "not_found"),
        ("GET", "/api/v1/rooms/nowhere/events", None, 404, "not_found"),
        ("GET", "/api/v1/rooms/Lobby/events", None, 400, "bad_request"),
        ("GET", "/api/v1/rooms/lobby/events?after=x", None, 400, "bad_request"),
        ("GET", "/api/v1/rooms/lobby/events?after=-1", None, 400, "bad_request"),
        ("GET", "/api/v1/rooms/lobby/events?limit=0", None, 400, "bad_request"),
        ("GET", "/api/v1/rooms/lobby/events?limit=201", None, 400, "bad_request"),
        ("GET", "/api/v1/rooms?limit=many", None, 400, "bad_request"),
        ("POST", POST, b"", 400, "bad_request"),
        ("POST", POST, b"{", 400, "bad_request"),
        ("POST", POST, b"[]", 400, "bad_request"),
        ("POST", POST, b'{"text":"\xff","cid":"c"}', 400, "bad_request"),
        ("POST", POST, {"cid": "c"}, 400, "bad_request"),
        ("POST", POST, {"text": "x"}, 400, "bad_request"),
        ("POST", POST, {"text": "", "cid": "c"}, 400, "bad_request"),
        ("POST", POST, {"text": 7, "cid": "c"}, 400, "bad_request"),
        ("POST", POST, {"text": "x", "cid": "c" * 65}, 400, "bad_request"),
        ("POST", POST, {"text": "x", "cid": "c", "name": 7}, 400, "bad_request"),
        ("POST", POST, {"text": "x" * 8193, "cid": "c"}, 413, "too_large"),
        ("POST", POST, {"text": "x" * 1_000_000, "cid": "c"}, 413, "too_large"),
        ("POST", "/api/v1/rooms/Lobby/messages", {"text": "x", "cid": "c"}, 400, "bad_request"),
        ("POST", "/api/v1/ops/session", {}, 400, "bad_request"),
        ("POST", "/api/v1/ops/session", {"ticket": "nonsense"}, 401, "unauthenticated"),
    ]
    problems = []
    for method, path, body, status, code in wrong:
        label = f"{method} {path} {str(body)[:60]}"
        try:
            answer = await server.http(method, path, token=token, body=body)
            if answer.status != status or answer.code != code:
                problems.append(f"{label}: {answer.status} {answer.text[:200]}, wanted {status} {code}")
        except Exception as error:  # noqa: BLE001 (cut off, or no JSON)
            problems.append(f"{label}: {error!r}, wanted {status} {code}")
    for method, path in (("POST", "/api/v1/stats"), ("DELETE", "/api/v1/rooms"), ("GET", POST),
                         ("GET", "/api/v1/ops/session"), ("PUT", "/healthz")):
        answer = await server.http(method, path, token=token, body=b"" if method != "GET" else None)
        if answer.status not in (404, 405):
            problems.append(f"{method} {path}: {answer.status}, wanted 404 or 405")
    assert not problems, "\n".join(problems)

    assert [event["text"] for event in await server.history("lobby")] == ["hello"]
    await ada.send("lobby", "still here")
