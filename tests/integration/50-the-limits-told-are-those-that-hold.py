# SPDX-License-Identifier: MIT
"""hello tells the limits of this server, and each holds exactly: text, frame, fragments, rooms, events a page."""
from harness import Scenario


async def run(t: Scenario) -> None:
    server = await t.server(text_max=100, frame_max=4096, fragments_max=4, limits="off")
    ada = await server.connect()
    limits = (await ada.hello("ada"))["limits"]
    assert limits == {**limits, "text": 100, "frame": 4096, "fragments": 4}
    await ada.join("lobby")
    await ada.send("lobby", "x" * 100)
    await ada.error("too_large", "send", room="lobby", cid="c1", text="x" * 101)
    await ada.error("too_large", "edit", room="lobby", on=1, cid="c2", text="x" * 101)
    posted = await server.http("POST", "/api/v1/rooms/lobby/messages", token=server.token,
                               body={"text": "x" * 101, "cid": "c3"})
    assert posted.status == 413

    for n in range(1, limits["rooms"]):
        await ada.ok("join", room=f"room{n}", limit=0)
    refused = await ada.error("forbidden", "join", room="one-more")
    assert str(limits["rooms"]) in refused["message"]
    await ada.ok("leave", room="room1")
    await ada.join("one-more")
    await ada.join("lobby")  # again: counts once

    await ada.ok("history", room="lobby", before=100, limit=limits["events_page"])
    await ada.error("bad_request", "history", room="lobby", before=100, limit=limits["events_page"] + 1)

    for size, close in ((4096, None), (4097, 1009)):
        socket = await server.raw()
        await socket.hello(f"by-{size}")
        head, tail = b'{"id":1,"type":"ping","x":"', b'"}'
        socket.send_frame(1, head + b"a" * (size - len(head) - len(tail)) + tail)
        if close is None:
            assert (await socket.read_json())["type"] == "ok"
            await socket.close()
        else:
            _, code = await socket.drain()
            assert code == close
    for count, close in ((4, None), (5, 1009)):
        socket = await server.raw()
        await socket.hello(f"in-{count}")
        whole = b'{"id":1,"type":"ping"}'
        for n in range(count):
            part = whole[n:n + 1] if n < count - 1 else whole[n:]
            socket.send_frame(1 if n == 0 else 0, part, n == count - 1)
        if close is None:
            assert (await socket.read_json())["type"] == "ok"
            await socket.close()
        else:
            _, code = await socket.drain()
            assert code == close
    await ada.send("lobby", "still here")
