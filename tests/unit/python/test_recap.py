# SPDX-License-Identifier: MIT
"""The catch-up of a room: threads, questions with answers, decisions; all of it quoted."""

from __future__ import annotations

import random
import re

from parley.recap import recap

MINUTE = 60_000


def message(seq: int, minute: float, who: str, text: str, reply_to: int = 0) -> dict:
    return {"kind": "message", "seq": seq, "ts": int(minute * MINUTE), "text": text,
            "user": {"id": f"u-{who}", "name": who}, "reply_to": reply_to}


TALK = [
    message(1, 0, "ada", "When is the database migration? I need it for the release"),
    message(2, 1, "bob", "the database migration is on Thursday evening", 1),
    message(3, 1, "cy", "pizza for lunch today?"),
    message(4, 2, "dan", "@cy pizza sounds great, the usual place"),
    message(5, 2, "ada", "Thursday works. let's ship the release on Friday then", 2),
    message(6, 3, "bob", "agreed", 5),
    message(7, 3, "dan", "+1", 5),
    message(8, 40, "eve", "does anybody know why the build is red"),
    message(9, 41, "mallory", "you will not read this"),
    {"kind": "delete", "seq": 10, "ts": 41 * MINUTE, "on": 9},
    {"kind": "reaction", "seq": 11, "ts": 42 * MINUTE, "on": 5, "emoji": "x", "add": True},
    {"kind": "edit", "seq": 12, "ts": 42 * MINUTE, "on": 3, "text": "pizza for lunch at noon?"},
    {"kind": "verdict", "seq": 13, "ts": 42 * MINUTE, "items": []},
]


def test_questions_come_with_their_answers():
    asked = recap(TALK, 60 * MINUTE)["questions"]
    assert [(q["seq"], q["answer"] and q["answer"]["seq"]) for q in asked] == [
        (1, 2), (3, 4), (8, None)]
    assert asked[1]["text"] == "pizza for lunch at noon?" and asked[1]["user"] == "cy"


def test_decisions_are_what_is_settled_not_what_is_wondered():
    assert [d["seq"] for d in recap(TALK, 0)["decisions"]] == [5]
    wondering = [message(1, 0, "ada", "should we go with the red one?"),
                 message(2, 0, "bob", "maybe we will decide tomorrow")]
    assert recap(wondering, 0)["decisions"] == []
    proposed = [message(1, 0, "ada", "the red one on Monday"), message(2, 0, "bob", "+1", 1),
                message(3, 0, "cy", "sounds good", 1)]
    assert [d["seq"] for d in recap(proposed, 0)["decisions"]] == [1]


def test_threads_are_held_together_by_links_and_mentions_and_cut_by_time():
    threads = recap(TALK, 60 * MINUTE)["threads"]
    assert [t["seqs"] for t in threads] == [[1, 7], [3, 4], [8, 8]]
    assert threads[0]["messages"] == 5 and threads[0]["people"][0] in ("ada", "bob")
    assert "database migration" in threads[0]["title"] and "pizza" in threads[1]["title"]
    for thread in threads:
        seqs = [quote["seq"] for quote in thread["highlights"]]
        assert seqs == sorted(seqs) and 1 <= len(seqs) <= 3


def test_deleted_and_edited_messages_are_as_they_are_now():
    out = recap(TALK, 60 * MINUTE)
    assert out["messages"] == 8 and "not read" not in out["text"]
    assert "at noon" in out["text"] and "lunch today" not in out["text"]


def test_the_text_links_to_messages_that_exist_and_quotes_them():
    out = recap(TALK, 60 * MINUTE)
    assert out["text"].startswith("8 messages of 5 people, the first 60 minutes ago.")
    linked = {int(seq) for seq in re.findall(r"#(\d+)", out["text"])}
    assert linked <= set(range(1, 9)) and {1, 2, 5, 8} <= linked
    assert "→ no answer yet" in out["text"]


def test_nothing_to_tell():
    assert recap([], 0)["text"] == "Nothing was said meanwhile."
    assert recap([message(1, 0, "a", ""), {"kind": "delete", "seq": 2, "ts": 0, "on": 1}],
                 0)["messages"] == 0


def test_odd_texts_and_missing_fields_do_no_harm():
    odd = ["", "   ", "?", "@", "@ ?", "😀" * 500, "\u202eabc\u202c", "e\u0301" * 2000,
           "#12 (#99999)", "a" * 8192, "0", "؟", "@ghost, hello there"]
    out = recap([message(seq, seq, f"p{seq % 3}", text) for seq, text in enumerate(odd, 1)],
                -5)
    assert out["messages"] == len(odd) and out["minutes_ago"] == 0
    assert all(len(h["text"]) <= 200 for t in out["threads"] for h in t["highlights"])
    assert recap([{"kind": "message", "seq": 1}, {"kind": "edit"}, {}], 0)["messages"] == 1


def test_many_messages_stay_a_short_recap_and_are_the_same_each_time():
    words = "red green blue deploy release server pizza cat".split()
    dice = random.Random(7)
    events = [message(seq, seq * dice.random(), f"p{dice.randrange(9)}",
                      " ".join(dice.choices(words, k=6)) + dice.choice(["", "?"]))
              for seq in range(1, 501)]
    out = recap(events, 600 * MINUTE)
    assert out == recap(events, 600 * MINUTE)
    assert out["messages"] == 500 and len(out["threads"]) <= 5
    assert len(out["text"]) < 8000 and len(out["questions"]) <= 12


def test_a_choice_does_not_say_the_same_twice():
    events = [message(seq, 0, f"p{seq}", "the server in Berlin is down") for seq in range(1, 9)]
    events.append(message(9, 0, "z", "the server in Berlin lost its disk controller"))
    quotes = [h["seq"] for h in recap(events, 0)["threads"][0]["highlights"]]
    assert 9 in quotes
