# SPDX-License-Identifier: MIT
"""The catch-up of a list of events: its threads with what was said in them, questions with
their answers, decisions, and all that as a short text with links to the messages."""

from __future__ import annotations

from collections import Counter
from typing import Any, Sequence

from parley.recap.choose import answer, centre, cosine, decides, pick, vectors
from parley.recap.talk import Line, asks, read, weave

_THREADS = 5
_HIGHLIGHTS = 3
_LISTED = 8
_SHOWN = 200
"""Characters of a message that are quoted."""


def recap(events: Sequence[dict[str, Any]], now_ms: int) -> dict[str, Any]:
    """A catch-up of these events, as `history` tells them (in the order of seq).

    returns {
      "from_seq", "to_seq", "messages", "minutes_ago": of the first message,
      "people":    [{"name", "messages"}], those who said most first
      "threads":   [{"title", "messages", "people": [name], "seqs": [first, last],
                     "highlights": [quote]}], the weightiest first
      "questions": [{…quote, "answer": quote or null}]
      "decisions": [quote]
      "text":      all that for people; "#12" means the message of that seq
    } where a quote is {"seq", "user": name, "text"}.  Everything is quoted, nothing is made
    up; the same events give the same recap.
    """
    lines = read(events)
    if not lines:
        return {"from_seq": 0, "to_seq": 0, "messages": 0, "minutes_ago": 0, "people": [],
                "threads": [], "questions": [], "decisions": [],
                "text": "Nothing was said meanwhile."}
    woven = weave(lines)
    of = vectors(lines)
    people = Counter(line.name for line in lines)
    out: dict[str, Any] = {
        "from_seq": lines[0].seq, "to_seq": lines[-1].seq, "messages": len(lines),
        "minutes_ago": max(0, (now_ms - lines[0].ts) // 60_000),
        "people": [{"name": name, "messages": count} for name, count
                   in sorted(people.items(), key=lambda pair: (-pair[1], pair[0]))[:10]],
        "threads": _threads(lines, woven, of),
        "questions": _questions(lines, woven),
        "decisions": [_quote(lines[index]) for index in range(len(lines))
                      if decides(lines, index)][-_LISTED:]}
    out["text"] = _tell(out, len(people))
    return out


def _quote(line: Line) -> dict[str, Any]:
    text = " ".join(line.text.split())
    if len(text) > _SHOWN:
        text = text[:_SHOWN - 1].rsplit(" ", 1)[0] + "…"
    return {"seq": line.seq, "user": line.name, "text": text}


def _threads(lines: list[Line], woven: list[list[int]],
             of: list[dict[str, float]]) -> list[dict[str, Any]]:
    def weight(thread: list[int]) -> float:
        return len(thread) + 2 * len({lines[i].user for i in thread}) \
            + sum(len(lines[i].replies) + lines[i].reactions for i in thread)

    heaviest = sorted(woven, key=lambda thread: (-weight(thread), thread[0]))[:_THREADS]
    out = []
    for thread in heaviest:
        middle = centre([of[i] for i in thread])
        worth = {i: _worth(lines[i], cosine(of[i], middle)) for i in thread}
        chosen = pick(thread, worth, of, _HIGHLIGHTS)
        names = Counter(lines[i].name for i in thread)
        out.append({"title": _title(lines, thread), "messages": len(thread),
                    "people": sorted(names, key=lambda name: (-names[name], name))[:6],
                    "seqs": [lines[thread[0]].seq, lines[thread[-1]].seq],
                    "highlights": [_quote(lines[i]) for i in chosen]})
    return out


def _worth(line: Line, centrality: float) -> float:
    length = min(1.0, len(line.words) / 8)
    return centrality + 0.25 * min(3, len(line.replies)) + 0.15 * min(4, line.reactions) \
        + 0.3 * length + (0.2 if asks(line.text) else 0.0)


def _title(lines: list[Line], thread: list[int]) -> str:
    """The terms that most of its messages share; a pair of words stands for its words."""
    counts = Counter(word for i in thread for word in lines[i].words)
    ranked = sorted(counts, key=lambda word: (-counts[word] * (1.5 if " " in word else 1.0),
                                              word))
    chosen: list[str] = []
    for word in ranked:
        if not any(word in other.split() or other in word.split() for other in chosen):
            chosen.append(word)
        if len(chosen) == 3:
            break
    return ", ".join(chosen) or _quote(lines[thread[0]])["text"][:40]


def _questions(lines: list[Line], woven: list[list[int]]) -> list[dict[str, Any]]:
    out = []
    for index, line in enumerate(lines):
        if asks(line.text):
            found = answer(lines, index, woven[line.thread])
            out.append({**_quote(line), "answer": _quote(lines[found]) if found >= 0 else None})
    open_ones = [question for question in out if question["answer"] is None]
    answered = [question for question in out if question["answer"] is not None]
    kept = answered[-_LISTED:] + open_ones[-_LISTED // 2:]
    return sorted(kept, key=lambda question: question["seq"])


def _tell(out: dict[str, Any], people: int) -> str:
    def said(quote: dict[str, Any]) -> str:
        return f"{quote['user']}: “{quote['text']}” (#{quote['seq']})"

    def count(n: int, what: str) -> str:
        return f"{n} {what}" if n == 1 else f"{n} {what}s"

    who = "1 person" if people == 1 else f"{people} people"
    parts = [f"{count(out['messages'], 'message')} of {who}, the first "
             f"{count(out['minutes_ago'], 'minute')} ago."]
    if out["decisions"]:
        parts += ["Decided:"] + [f"- {said(quote)}" for quote in out["decisions"]]
    if out["questions"]:
        parts.append("Asked:")
        for question in out["questions"]:
            found = question["answer"]
            parts.append(f"- {said(question)} " + (f"→ {said(found)}" if found
                                                   else "→ no answer yet"))
    for thread in out["threads"]:
        parts.append(f"About {thread['title']} (#{thread['seqs'][0]} to #{thread['seqs'][1]}, "
                     f"{count(thread['messages'], 'message')}):")
        parts += [f"- {said(quote)}" for quote in thread["highlights"]]
    return "\n".join(parts)
