# SPDX-License-Identifier: MIT
"""Every rule of the checker fires for a history forged to break it, and none fires for a good one."""
from __future__ import annotations

from collections.abc import Callable

import checker
import pytest
from forge import EPOCH, ROOM, Forge
from history import Stored, fingerprint

CONTENT = fingerprint("u1", "message", 0, None, "never sent")


def broken(forge: Forge) -> set[str]:
    return {name for name, count in checker.judge(forge.run()).counts.items() if count}


def test_a_good_run_breaks_no_rule() -> None:
    verdict = checker.judge(Forge().run())
    assert verdict.good, verdict.shown
    assert verdict.counts.keys() == checker.RULES.keys()
    assert verdict.zeros() == "lost 0, doubled 0, gaps 0, misordered 0"


def acked_is_missing(f: Forge) -> None:
    f.forget(2)


def acked_under_another_number(f: Forge) -> None:
    f.record("ack", cid="a1")["seq"] = 2


def stored_twice(f: Forge) -> None:
    f.stored(6, "ada", "a1", "one")


def unacked_stored_twice(f: Forge) -> None:
    f.records.remove(f.record("ack", cid="a2"))
    f.stored(6, "ada", "a2", "three")


def number_left_out(f: Forge) -> None:
    f.change(5, seq=6)


def refused_but_stored(f: Forge) -> None:
    f.stored(6, "bob", "b3", "gone")


def stored_from_nowhere(f: Forge) -> None:
    f.store.rooms[ROOM].append(Stored(6, "message", "u1", "a9", CONTENT))


def stored_without_cid(f: Forge) -> None:
    f.store.rooms[ROOM].append(Stored(6, "message", "u1", None, CONTENT))


def changed_on_the_way(f: Forge) -> None:
    f.change(1, content=CONTENT)


def shown_from_nowhere(f: Forge) -> None:
    f.record("recv", c="bob", seq=1)["h"] = CONTENT


def database_damaged(f: Forge) -> None:
    f.store.damage = "row 7 missing from index events_seq"


def two_clients_two_contents(f: Forge) -> None:
    f.record("recv", c="bob", seq=2)["h"] = f.at(1).content


def shown_and_not_stored(f: Forge) -> None:
    f.forget(5)


def push_left_out(f: Forge) -> None:
    f.records.remove(f.record("recv", c="bob", seq=3))


def push_repeated(f: Forge) -> None:
    at = f.records.index(f.record("recv", c="bob", seq=3))
    f.records.insert(at, dict(f.records[at]))


def page_with_a_hole(f: Forge) -> None:
    f.records.remove(f.record("recv", c="ada", seq=3))


def push_before_join(f: Forge) -> None:
    f.records.remove(f.record("join", c="bob"))


def push_after_close(f: Forge) -> None:
    f.records.insert(f.records.index(f.record("recv", c="bob", seq=4)), {"t": 1, "c": "bob", "e": "close", "code": 0})


def resumed_elsewhere(f: Forge) -> None:
    f.record("join", c="ada", recovered=True)["from"] = 1


def recovered_into_another_epoch(f: Forge) -> None:
    f.record("join", c="ada", recovered=True)["epoch"] = "e2"


def top_behind_what_was_seen(f: Forge) -> None:
    f.record("join", c="ada", recovered=True)["top"] = 1


def pings_ahead_of_pushes(f: Forge) -> None:
    f.add("bob", "stall", room=ROOM, top=9, at=5)


def came_back_as_another(f: Forge) -> None:
    f.add("ada", "hello", user="u9")


def answered_oddly(f: Forge) -> None:
    f.add("ada", "odd", what="a reply to nothing")


def epoch_changed(f: Forge) -> None:
    f.record("join", c="ada", recovered=True).update(epoch="e2", recovered=False)


def order_of_a_sender(f: Forge) -> None:
    for event, name in ((f.at(1), "a2"), (f.at(3), "a1")):
        sent = f.record("invoke", cid=name)
        f.change(event.seq, cid=name, content=sent["h"])


def order_of_real_time(f: Forge) -> None:
    f.change(1, user="u2", cid="b1", content=f.record("invoke", cid="b1")["h"])
    f.change(2, user="u1", cid="a1", content=f.record("invoke", cid="a1")["h"])


def second_ack_differs(f: Forge) -> None:
    f.ack("ada", "a2", 4)


def verdict_twice(f: Forge) -> None:
    f.change(5, items=(1, 2, 3, 3))


def verdict_missing(f: Forge) -> None:
    f.change(5, items=(1, 2, 4))


def verdict_and_quarantine(f: Forge) -> None:
    f.store.quarantine[ROOM, 1] = 3


def verdict_on_itself(f: Forge) -> None:
    f.change(5, items=(1, 2, 3, 4, 5))


def edit_without_verdict(f: Forge) -> None:
    f.change(5, items=(1, 2, 3))


def tried_too_often(f: Forge) -> None:
    f.change(5, items=(1, 2, 4))
    f.store.quarantine[ROOM, 3] = 4


def jobs_unaccounted(f: Forge) -> None:
    f.record("sample")["jobs_sent"] = 6


def too_much_memory(f: Forge) -> None:
    f.record("sample")["rss"] = 101


def still_waiting(f: Forge) -> None:
    f.record("end", c="bob")["open"] = 1


def not_at_the_top(f: Forge) -> None:
    f.record("end", c="bob")["at"] = 4


FORGERIES: list[tuple[str, Callable[[Forge], None]]] = [
    ("lost", acked_is_missing), ("lost", acked_under_another_number),
    ("doubled", stored_twice), ("doubled", unacked_stored_twice),
    ("gaps", number_left_out), ("refused", refused_but_stored),
    ("nowhere", stored_from_nowhere), ("nowhere", stored_without_cid), ("nowhere", changed_on_the_way),
    ("nowhere", shown_from_nowhere), ("damage", database_damaged), ("disagree", two_clients_two_contents),
    ("ghosts", shown_and_not_stored), ("window", push_left_out), ("window", push_repeated),
    ("window", page_with_a_hole), ("window", push_before_join), ("window", push_after_close),
    ("window", resumed_elsewhere), ("window", recovered_into_another_epoch),
    ("window", top_behind_what_was_seen), ("window", pings_ahead_of_pushes), ("protocol", came_back_as_another), ("protocol", answered_oddly),
    ("epochs", epoch_changed),
    ("sender_order", order_of_a_sender), ("real_time", order_of_real_time),
    ("acks_differ", second_ack_differs), ("verdicts", verdict_twice), ("verdicts", verdict_missing),
    ("verdicts", verdict_and_quarantine), ("verdicts", verdict_on_itself),
    ("verdicts", edit_without_verdict), ("attempts", tried_too_often),
    ("ledger", jobs_unaccounted), ("bounds", too_much_memory), ("liveness", still_waiting),
    ("liveness", not_at_the_top),
]


@pytest.mark.parametrize(("rule", "spoil"), FORGERIES, ids=[spoil.__name__ for _, spoil in FORGERIES])
def test_a_forged_history_is_caught(rule: str, spoil: Callable[[Forge], None]) -> None:
    forge = Forge()
    spoil(forge)
    assert rule in broken(forge)


def test_every_rule_has_a_forgery() -> None:
    assert {rule for rule, _ in FORGERIES} == checker.RULES.keys()


def test_a_retry_behind_its_follower_is_excused_after_an_error() -> None:
    forge = Forge()
    order_of_a_sender(forge)
    later = forge.record("invoke", cid="a2")["t"] + 1
    forge.records.append({"t": later, "c": "ada", "e": "error", "room": ROOM, "cid": "a1",
                          "code": "unavailable", "final": False})
    assert "sender_order" not in broken(forge)


def test_a_weaker_durability_promises_less() -> None:
    """What was acked and shown in an epoch that is over may be gone; in the last one it may not."""
    forge = Forge()
    forge.durability = "os"
    forge.forget(5)
    forge.forget(4)
    for r in forge.records:
        if r["e"] == "end":
            r["at"] = 3
    assert {"lost", "ghosts"} <= broken(forge)
    for r in forge.records:
        if r.get("epoch") == EPOCH and r["e"] in ("join", "ack"):
            r["epoch"] = "e0"
    assert not {"lost", "ghosts", "epochs"} & broken(forge)


def test_a_jump_is_allowed_after_recovered_false() -> None:
    forge = Forge()
    forge.record("join", c="ada", recovered=True)["recovered"] = False
    forge.records.remove(forge.record("recv", c="ada", seq=3))
    assert "window" not in broken(forge)


def test_who_asked_for_no_events_resumes_from_the_top_it_was_told() -> None:
    forge = Forge()
    join = forge.record("join", c="bob")
    join.update(limit=0, top=3)
    for seq in (1, 2, 3):
        forge.records.remove(forge.record("recv", c="bob", seq=seq))
    at = forge.records.index(forge.record("recv", c="bob", seq=4))
    forge.records.insert(at, {**join, "from": 3, "recovered": True})
    assert "window" not in broken(forge)


def test_retention_may_take_the_oldest_events_but_not_their_cids() -> None:
    forge = Forge()
    first = forge.at(1)
    forge.forget(1)
    assert {"lost", "gaps", "ghosts"} <= broken(forge)
    forge.store.oldest[ROOM] = 2
    assert broken(forge) == {"lost"}
    forge.store.retired.append((ROOM, Stored(1, "retired", first.user, first.cid, "")))
    assert not broken(forge)
    forge.store.retired.append((ROOM, Stored(1, "retired", first.user, first.cid, "")))
    assert broken(forge) == {"doubled"}
