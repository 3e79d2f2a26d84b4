# SPDX-License-Identifier: MIT
"""POST /api/v1/analyze: one result a text in order, with every label; bad input is told; no text harms another."""
import asyncio
import json

from harness import Scenario, Server
from harness.analysis import workers_ready
from harness.ctl import ctl
from harness.scenario import poll

LONG = 25
PATH = "/api/v1/analyze"
# One that tells texts apart, ends its worker when told to, and takes its time when told to.
MARK = '''
import os
import signal
import time

from parley import Result, analyzer


@analyzer("mark")
def mark(text: str) -> list[Result]:
    if "poison" in text:
        os.kill(os.getpid(), signal.SIGABRT)
    if text.startswith("slow"):
        time.sleep(0.02)
    if "trouble" in text:
        raise ValueError("on purpose")
    return [Result("digits", sum(c.isdigit() for c in text) / max(1, len(text)))]
'''


async def ask(server: Server, key: str, texts: list, **more) -> tuple[int, dict]:
    answer = await server.http("POST", PATH, token=key, body={"texts": texts, **more})
    return answer.status, answer.json


async def results(server: Server, key: str, texts: list, **more) -> list[dict]:
    status, answer = await ask(server, key, texts, **more)
    assert status == 200, answer
    assert len(answer["results"]) == len(texts)
    return answer["results"]


def score(result: dict, analyzer: str, label: str) -> float:
    found = [e for e in result["labels"] if (e["analyzer"], e["label"]) == (analyzer, label)]
    assert len(found) == 1, f"{len(found)} entries of {analyzer}.{label} in {result}"
    return found[0]["score"]


async def run(t: Scenario) -> None:
    server = t.unstarted(workers=2, limits="off")
    drop_in = server.data / "analyzers.d/mark.py"
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text(MARK)
    await server.start()
    key = (await ctl(t, server, "key", "add", "blog", "--scope", "analyze")).strip()
    await workers_ready(server)

    await shapes(server, key)
    await bad_input(server, key)
    await named_ones_alone(server, key)
    await many(server, key)
    await one_that_kills(server, key)
    await a_client_that_goes(server, key)


def kinds(result: dict) -> set[tuple[str, str]]:
    """Its labels; of languages only that there are some: each text has candidates of its own. Of 150 intents a
    message has the likeliest, and only when it asks for something."""
    return {(e["analyzer"], "" if e["analyzer"] == "language" else e["label"]) for e in result["labels"]
            if e["analyzer"] != "intent"}


async def shapes(server: Server, key: str) -> None:
    """Every label of every analyzer, once, with spans only where they are within the text."""
    texts = ["you are an idiot", "when does it start?", "", "naïve 😀 12"]
    found = await results(server, key, texts)
    labels = kinds(found[0])
    assert {("mark", "digits"), ("question", "question"), ("toxicity", "toxic")} <= labels, labels
    for text, result in zip(texts, found):
        assert kinds(result) == labels, f"not the same labels for each text: {sorted(kinds(result) ^ labels)[:5]}"
        names = [(e["analyzer"], e["label"]) for e in result["labels"]]
        assert len(names) == len(set(names)), "a label is there twice"
        for entry in result["labels"]:
            assert 0 <= entry["score"] <= 1, entry
            assert entry["flagged"] is (entry["score"] >= entry["threshold"]), entry
            assert all(0 <= start < end <= len(text) for start, end in entry["spans"]), entry
    assert score(found[0], "toxicity", "toxic") > 0.5 > score(found[1], "toxicity", "toxic")
    assert score(found[1], "question", "question") > 0.5
    assert abs(score(found[3], "mark", "digits") - 2 / 10) < 1e-3
    some = await results(server, key, texts, analyzers=["mark", "question"])
    assert {e["analyzer"] for r in some for e in r["labels"]} == {"mark", "question"}
    assert (await ask(server, server.token, ["as the operator"], analyzers=None))[0] == 200
    moody = await results(server, key, ["trouble", "fine"], analyzers=["mark"])
    assert moody[0]["error"]["code"] == "internal" and "labels" in moody[1], moody
    moody = await results(server, key, ["trouble"])
    assert {a for a, _ in kinds(moody[0])} == {a for a, _ in labels} - {"mark"}


async def bad_input(server: Server, key: str) -> None:
    """What is wrong is told, by its place."""
    wrong = [
        ({}, 400, "texts"), ({"texts": []}, 400, "texts"), ({"texts": "hi"}, 400, "texts"),
        ({"texts": ["a", 7]}, 400, "texts[1]"), ({"texts": ["a"] * 1001}, 413, "1001"),
        ({"texts": ["a"], "analyzers": ["nobody"]}, 400, "analyzers[0]"),
        ({"texts": ["a"], "analyzers": []}, 400, "analyzers"), ([], 400, "object"),
    ]
    for body, status, part in wrong:
        answer = await server.http("POST", PATH, token=key, body=body)
        assert answer.status == status and part in answer.json["error"]["message"], f"{body}: {answer.text}"
    for raw, part in ((b'{"texts":["\xff"]}', "UTF-8"), (b'{"texts":["\\ud800"]}', "JSON"), (b"", "JSON")):
        answer = await server.http("POST", PATH, token=key, body=raw)
        assert answer.status == 400 and part in answer.json["error"]["message"], f"{raw}: {answer.text}"
    answer = await server.http("POST", PATH, token=key, body=b'{"texts":["a"]}',
                               headers={"Content-Type": "text/plain"})
    assert answer.status == 415 and "application/json" in answer.json["error"]["message"], answer.text
    mixed = await results(server, key, ["fine", "x" * 65537, "nul \0 here", "é" * 32768])
    assert "labels" in mixed[0] and "labels" in mixed[3]
    assert mixed[1]["error"]["code"] == "too_large" and mixed[2]["error"]["code"] == "bad_request", mixed[1:3]
    # Who may not have anything analysed may not fill memory either.
    answer = await server.http("POST", PATH, token="wrong", body=b" " * 100_000)
    assert answer.status == 413, answer.text


async def named_ones_alone(server: Server, key: str) -> None:
    """An analyzer that was not asked has no sight of the text: what would end its worker is judged by the others."""
    texts = ["you are poison?", "fine 12"]
    everything, alone = await asyncio.gather(
        results(server, key, ["you are idiots?", "fine 12"]),
        results(server, key, texts, analyzers=["question", "toxicity"]))
    assert all({e["analyzer"] for e in result["labels"]} == {"question", "toxicity"} for result in alone), alone
    some = [e for e in everything[1]["labels"] if e["analyzer"] in ("question", "toxicity")]
    assert alone[1]["labels"] == some, "alone they said something else"


async def many(server: Server, key: str) -> None:
    """A thousand texts keep their places; megabytes are taken while chat goes on."""
    texts = ["7" * (n % 10) + "x" * (10 - n % 10) for n in range(1000)]
    found = await results(server, key, texts, analyzers=["mark"])
    for n, result in enumerate(found):
        assert abs(score(result, "mark", "digits") - (n % 10) / 10) < 1e-3, f"text {n}"
    ada = await server.client("ada", "lobby")
    big = asyncio.create_task(results(server, key, ["word " * 13000] * 120, analyzers=["mark"]))
    sent = 0
    while not big.done():
        await ada.send("lobby", f"meanwhile {sent}")
        sent += 1
    assert all("labels" in result for result in await big)
    assert sent > 5, f"only {sent} messages were answered meanwhile"
    ada.cut()


async def one_that_kills(server: Server, key: str) -> None:
    """Its neighbours are analysed, and it alone has an error."""
    texts = [f"harmless {n}" for n in range(60)]
    texts[17] = "poison"
    found = await results(server, key, texts, analyzers=["mark"])
    assert [n for n, result in enumerate(found) if "error" in result] == [17]
    assert found[17]["error"]["code"] == "rejected", found[17]
    await workers_ready(server)


async def settled(server: Server) -> int:
    """Waits until nothing is under way, in two pictures of it one after the other; texts sent to workers so far."""
    seen: list[dict] = []

    async def rests() -> bool:
        board = await server.api("workers")
        if not seen or seen[-1]["now_ms"] != board["now_ms"]:
            seen.append(board)
        idle = [b["queue"]["depth"] == 0 and b["ledger"]["in_flight"] == 0 for b in seen[-2:]]
        return len(idle) == 2 and all(idle) and seen[-1]["ledger"]["sent"] == seen[-2]["ledger"]["sent"]

    await poll(rests, "nothing under way", timeout=60)
    return seen[-1]["ledger"]["sent"]


async def a_client_that_goes(server: Server, key: str) -> None:
    """What it asked for and was not begun is not analysed any more."""
    before = await settled(server)
    body = json.dumps({"texts": [f"slow {n}" for n in range(1000)]}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
                      b"Content-Length: %d\r\n\r\n%s" % (PATH.encode(), key.encode(), len(body), body))

    async def begun() -> bool:
        return (await server.api("workers"))["ledger"]["sent"] > before

    await poll(begun, "the first of its texts with a worker")
    writer.transport.abort()
    sent = await settled(server) - before
    assert sent < 1000, f"{sent} texts were analysed for nobody"
