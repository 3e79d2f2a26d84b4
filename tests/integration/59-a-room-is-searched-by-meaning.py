# SPDX-License-Identifier: MIT
"""Search by meaning finds other words than those asked for, as messages now read; without its package it says what to
install, and chat goes on.

What needs the package runs where PARLEY_EXTRAS names an environment with workers/extras.txt (`tests/run extras`).
"""
import asyncio
import contextlib
import os
import signal
from urllib.parse import quote

from harness import Scenario
from harness.analysis import living, workers_ready

EXTRAS = os.environ.get("PARLEY_EXTRAS")
SAID = ["the kitten is asleep on the sofa", "my printer refuses to print", "who wants pizza for lunch?",
        "the train to berlin is late again"]


async def run(t: Scenario) -> None:
    await without(t)
    if EXTRAS:
        await with_the_package(t)
    else:
        print("not run: search with the package; PARLEY_EXTRAS names no environment")


async def without(t: Scenario) -> None:
    server = await t.server(workers=1)
    ada = await server.client("ada", "harbour")
    path = "/api/v1/rooms/harbour/search?mode=semantic"
    assert (await server.http("GET", f"{path}&q=cat")).status == 401
    for query, what in (("", "q must"), ("&q=", "q must"), (f"&q={'x' * 401}", "q must"), ("&q=%ff", "UTF-8"),
                        ("&q=cat&mode=magic", "semantic"), ("&q=cat&limit=101", "limit")):
        answer = await server.http("GET", path + query, token=ada.session)
        assert answer.status == 400 and what in answer.json["error"]["message"], (query, answer.text)
    answer = await server.http("GET", f"{path}&q=cat", token=ada.session)
    assert answer.status == 404, answer.text
    await ada.send("harbour", SAID[0])
    answer = await server.http("GET", f"{path}&q=cat", token=ada.session)
    assert answer.status == 503 and answer.json["error"]["code"] == "unavailable", answer.text
    assert "pip install wordllama" in answer.json["error"]["message"], answer.text
    await ada.send("harbour", SAID[1])
    await server.stop()

    server.options["workers"] = 0
    await server.start()
    ada = await server.client("ada", "harbour")
    answer = await server.http("GET", f"{path}&q=cat", token=ada.session)
    assert answer.status == 503 and "workers" in answer.json["error"]["message"], answer.text


async def with_the_package(t: Scenario) -> None:
    server = await t.server(workers=1, loops=1, venv=EXTRAS, search_events=100, limits="off",
                            disable_analyzers="language-lingua")
    ada = await server.client("ada", "harbour")
    bob = await server.client("bob", "harbour")
    await workers_ready(server)

    async def find(question: str, limit: int = 20) -> dict:
        answer = await server.http("GET", f"/api/v1/rooms/harbour/search?mode=semantic&q={quote(question)}&limit={limit}",
                                   token=bob.session)
        assert answer.status == 200, answer.text
        return answer.json

    seqs = [(await ada.send("harbour", text))["seq"] for text in SAID]
    found = await find("sleeping cat")
    assert found["mode"] == "semantic" and found["searched"] == len(SAID), found
    best = found["hits"][0]
    assert best["seq"] == seqs[0] and best["text"] == SAID[0] and best["user"]["name"] == "ada", found
    assert "kitten" in {SAID[0][start:end] for start, end in best["words"]}, best
    scores = [hit["score"] for hit in found["hits"]]
    assert scores == sorted(scores, reverse=True) and all(0 < score <= 1 for score in scores), scores
    assert (await find("a hungry colleague, noon meal"))["hits"][0]["seq"] == seqs[2]
    assert len((await find("cat", limit=1))["hits"]) == 1

    # As they now read.
    await ada.ok("edit", room="harbour", on=seqs[0], text="the ship leaves at noon", cid="edit-1")
    await ada.ok("delete", room="harbour", on=seqs[2], cid="delete-1")
    assert SAID[0] not in [hit["text"] for hit in (await find("sleeping cat"))["hits"]]
    assert seqs[2] not in [hit["seq"] for hit in (await find("pizza lunch"))["hits"]]
    assert (await find("a boat departs"))["hits"][0]["seq"] == seqs[0]

    await bounded(server, bob, seqs, find)


async def bounded(server, bob, seqs: list[int], find) -> None:
    # Of several pages the newest, and no more than allowed.
    for n in range(150):
        await bob.send("harbour", f"filler number {n}")
    found = await find("filler")
    assert 0 < found["searched"] <= 100 and found["from"] > seqs[-1], found
    assert seqs[1] not in [hit["seq"] for hit in (await find("printer"))["hits"]]

    # More than a loop makes at once are told to come back; who waits is answered.
    (worker,) = await living(server)
    os.kill(worker["pid"], signal.SIGSTOP)
    path = "/api/v1/rooms/harbour/search?mode=semantic&q=cat"
    waiting = [asyncio.create_task(server.http("GET", path, token=bob.session)) for _ in range(12)]
    await asyncio.wait(waiting, timeout=20, return_when=asyncio.FIRST_COMPLETED)
    with contextlib.suppress(ProcessLookupError):  # a busy machine may take it for dead: it is replaced
        os.kill(worker["pid"], signal.SIGCONT)
    answers = await asyncio.gather(*waiting)
    assert {answer.status for answer in answers} <= {200, 503}, answers
    assert any("others are searching" in answer.text for answer in answers), answers
    assert (await find("filler"))["hits"]
