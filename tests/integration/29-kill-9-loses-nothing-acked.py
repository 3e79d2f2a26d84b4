# SPDX-License-Identifier: MIT
"""kill -9 while 20 clients send, again and again: every acked message is there once, and clients resume."""
import asyncio
import time

from harness import Client, Closed, Scenario, Server

LONG = 15
CLIENTS, ROUNDS = 20, 4
ROOMS = ["lobby", "kitchen", "garden"]
ACKS_A_ROUND = 150


class Person:
    """A client that follows the protocol: the same cid until acked, resume from what it saw."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.room = ROOMS[sum(name.encode()) % len(ROOMS)]
        self.session = ""
        self.epoch = ""
        self.seen: dict[int, dict] = {}
        self.acked: dict[str, int] = {}
        self.pending: str | None = None  # the cid that has no answer yet
        self.count = 0
        self.client: Client | None = None

    async def come(self, server: Server) -> None:
        self.client = await server.connect()
        if not self.session:
            await self.client.hello(self.name)
            self.session = self.client.session
            reply = await self.client.join(self.room)
        else:
            await self.client.hello(token=self.session)
            top = max(self.seen, default=0)
            reply = await self.client.join(self.room, epoch=self.epoch, seq=top)
            assert reply["recovered"] is True, f"{self.name} from {top}: {reply}"
            expected = list(range(top + 1, reply["seq"] + 1))
            assert [e["seq"] for e in reply["events"]] == expected, f"{self.name} from {top}"
        self.epoch = reply["epoch"]

    async def talk(self) -> None:
        """Until the connection ends."""
        assert self.client is not None
        try:
            while True:
                if self.pending is None:
                    self.count += 1
                    self.pending = f"{self.name} {self.count}"
                reply = await self.client.ok("send", room=self.room, cid=self.pending, text=self.pending)
                self.acked[self.pending] = reply["seq"]
                self.pending = None
        except Closed:
            pass

    def keep_what_was_seen(self) -> None:
        assert self.client is not None
        for seq, event in self.client.rooms[self.room].events.items():
            known = self.seen.setdefault(seq, event)
            assert known["text"] == event["text"], f"{self.room} {seq} changed from {known} to {event}"


async def one_round(server: Server, people: list[Person]) -> None:
    """Everybody comes, talks, and is cut off by a kill."""
    await asyncio.gather(*(person.come(server) for person in people))
    before = sum(len(person.acked) for person in people)
    talking = [asyncio.create_task(person.talk()) for person in people]
    deadline = time.monotonic() + 30
    while sum(len(person.acked) for person in people) < before + ACKS_A_ROUND:
        assert time.monotonic() < deadline, "sending is too slow"
        await asyncio.sleep(0.005)
    await server.kill()
    await asyncio.gather(*talking)
    for person in people:
        await person.client.closed()
        person.keep_what_was_seen()


async def repeat_unanswered(people: list[Person]) -> None:
    for person in people:
        if person.pending:
            reply = await person.client.ok("send", room=person.room, cid=person.pending, text=person.pending)
            person.acked[person.pending] = reply["seq"]


def everything_acked_is_there_once(people: list[Person], stored: dict[str, list[dict]]) -> int:
    for room, events in stored.items():
        assert [e["seq"] for e in events] == list(range(1, len(events) + 1)), room
    found = sorted((e["cid"], e["seq"]) for events in stored.values() for e in events)
    acked = sorted(pair for person in people for pair in person.acked.items())
    assert found == acked, f"{set(acked) ^ set(found)}"
    return len(acked)


def everybody_saw_the_same(people: list[Person], stored: dict[str, list[dict]]) -> None:
    for person in people:
        person.keep_what_was_seen()
        order = [seq for cid, seq in sorted(person.acked.items(), key=lambda p: int(p[0].split()[1]))]
        assert order == sorted(order), f"{person.name}'s own order is lost"
        for seq, event in person.seen.items():
            assert stored[person.room][seq - 1]["text"] == event["text"]


async def run(t: Scenario) -> None:
    server = await t.server(limits="off")
    people = [Person(f"user{n}") for n in range(CLIENTS)]
    restarts = []
    for _ in range(ROUNDS):
        await one_round(server, people)
        await server.start()
        restarts.append(server.started_s)

    await asyncio.gather(*(person.come(server) for person in people))
    await repeat_unanswered(people)
    stored = {room: await server.history(room) for room in ROOMS}
    count = everything_acked_is_there_once(people, stored)
    for person in people:
        await person.client.top(person.room, len(stored[person.room]))
    everybody_saw_the_same(people, stored)
    print(f"{count} acked over {ROUNDS} kills; restarts took {[f'{s:.2f}' for s in restarts]} s")
