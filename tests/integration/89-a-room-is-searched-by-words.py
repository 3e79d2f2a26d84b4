# SPDX-License-Identifier: MIT
"""Search by words finds messages as they now read, newest first, with the places of the words; pages hold each once,
and whatever is typed gets an answer in words."""
import random
from urllib.parse import quote

from harness import Scenario
from harness.scenario import poll

PATH = "/api/v1/rooms/harbour/search"


async def run(t: Scenario) -> None:
    server = await t.server(workers=0, limits="off")
    ada = await server.client("ada", "harbour")
    bob = await server.client("bob", "elsewhere")

    async def ask(q: str, **more: object) -> dict:
        query = "".join(f"&{name}={value}" for name, value in more.items())
        answer = await server.http("GET", f"{PATH}?q={quote(q)}{query}", token=ada.session)
        assert answer.status == 200, (q, answer.text)
        return answer.json

    async def every(q: str, limit: int = 100) -> list[int]:
        """All seqs that a search finds, page after page; the pages must go down without gap or repeat."""
        seqs: list[int] = []
        page = await ask(q, limit=limit)
        while True:
            seqs += [hit["seq"] for hit in page["hits"]]
            assert len(page["hits"]) <= limit and all(seq >= page["from"] for seq in seqs), page
            if not page["more"]:
                assert seqs == sorted(set(seqs), reverse=True), seqs
                return seqs
            page = await ask(q, limit=limit, before=page["from"])

    assert (await server.http("GET", f"{PATH}?q=x", token=ada.session)).status == 404, "nothing was ever said"
    ada = await as_they_read(server, ada, bob, ask, every)
    await ada.join("harbour")
    await bad_questions(server, ada)
    await pages(server, ada, every)


async def as_they_read(server, ada, bob, ask, every):
    kitten = (await ada.send("harbour", "👍 The Kitten sleeps; my kitten is naïve"))["seq"]
    pizza = (await ada.send("harbour", "who wants pizza?"))["seq"]
    han = (await ada.send("harbour", "明天下午开会"))["seq"]
    await bob.send("elsewhere", "a kitten in another room")
    page = await ask("KITTEN naive")
    assert page["mode"] == "words" and page["room"] == "harbour" and page["from"] == 1 and page["more"] is False, page
    (hit,) = page["hits"]
    assert hit["seq"] == kitten and hit["user"] == {"id": ada.user["id"], "name": "ada"}, hit
    assert hit["text"].startswith("👍 The Kitten") and "edited" not in hit and hit["ts"] > 0, hit
    points = hit["text"]  # Python's strings are code points
    assert [points[start:end] for start, end in hit["spans"]] == ["Kitten", "kitten", "naïve"], hit
    assert await every("开会") == [han] and await every("👍") == [kitten] and await every("kitten pizza") == []

    await ada.ok("edit", room="harbour", on=pizza, text="who wants a kitten?", cid="e1")
    assert await every("pizza") == []

    async def indexed() -> bool:
        return await every("kitten") == [pizza, kitten]

    await poll(indexed, "an edit is found by its words")
    (hit, _) = (await ask("kitten"))["hits"]
    assert hit["edited"] is True and hit["text"] == "who wants a kitten?", hit
    await ada.ok("delete", room="harbour", on=pizza, cid="d1")
    assert await every("kitten") == [kitten], "what is deleted is gone at once"
    await server.stop()
    await server.start()
    assert await every("kitten") == [kitten]
    return await server.client(token=ada.session)


async def bad_questions(server, ada) -> None:
    for query, what in (("", "q must"), ("?q=", "q must"), ("?q=%20%09", "q must"), (f"?q={'x' * 401}", "q must"),
                        (f"?q={'x' * 6000}", "q must"), ("?q=%ff", "UTF-8"), ("?q=%c3%28", "UTF-8"),
                        (f"?q={'+'.join(map(str, range(17)))}", "16"), ("?q=x&mode=magic", "mode"),
                        ("?q=x&limit=0", "limit"), ("?q=x&limit=101", "limit"), ("?q=x&before=-1", "before")):
        answer = await server.http("GET", PATH + query, token=ada.session)
        assert answer.status == 400 and what in answer.json["error"]["message"], (query, answer.text)
    for token, status in ((None, 401), ("nonsense", 401)):
        assert (await server.http("GET", f"{PATH}?q=x", token=token)).status == status
    # What means something to the index's own language means nothing here.
    dice = random.Random(89)
    signs = ['"', "'", "*", "^", "(", ")", "{", "}", ":", "-", "+", "AND", "OR", "NOT", "NEAR(", "a", "text", ",", "%", "\\"]
    for _ in range(200):
        q = " ".join(dice.choices(signs, k=dice.randint(1, 8)))
        answer = await server.http("GET", f"{PATH}?q={quote(q)}", token=ada.session)
        assert answer.status == 200, (q, answer.text)


async def pages(server, ada, every) -> None:
    wanted = []
    for n in range(120):
        seq = (await ada.send("harbour", f"needle {n} in the hay" if n % 4 else f"only hay {n}"))["seq"]
        if n % 4:
            wanted.insert(0, seq)
    for limit in (1, 7, 100):
        assert await every("needle", limit) == wanted, limit
    assert await every("needle 7") == [wanted[-6]], "a whole word, not 70 or 17"
