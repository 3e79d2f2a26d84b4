# SPDX-License-Identifier: MIT
"""The mutations: ways to break the server on purpose, and the chaos run that must find each of them out."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """`old` stands once in `file` and is replaced by `new`; then `run` (options of tests/chaos/run) must break one of
    `rules`."""

    name: str
    what: str
    file: str
    old: str
    new: str
    run: str
    rules: tuple[str, ...]


KILL = "--faults kill,kill-again --workers 0 --rate 30 --no-pause"
POWER = "--faults powercut --workers 0 --rate 30"
DISK = "--faults disk --workers 0 --rate 30 --no-pause"
NETWORK = "--faults storm,mid-frame,half-open,weather --workers 0 --rate 20"
WORKERS = "--faults worker-kill,worker-freeze --workers 2 --rate 30 --minutes 0.7"

MUTATIONS = (
    Mutation("ack-before-commit", "full acks and shows first and commits a moment later, as memory does",
             "server/store/writer.c", "return w->durability != DURABILITY_MEMORY || has_reads", "return has_reads",
             KILL, ("lost", "ghosts")),
    Mutation("no-fsync", "full commits without fsync",
             "server/store/db.c", 'durability == DURABILITY_FULL ? "PRAGMA synchronous = FULL"',
             'durability == DURABILITY_FULL ? "PRAGMA synchronous = OFF"',
             POWER, ("lost", "ghosts")),
    Mutation("no-dedupe", "a cid that is known already is written again",
             "server/store/append.c", "if (original.id != 0) {", "if (original.id < 0) {",
             NETWORK, ("doubled", "acks_differ")),
    Mutation("ok-after-failed-commit", "who was in a failed commit is told ok",
             "server/store/writer.c", "if (lost != SQLITE_OK) {\n        p->ask.status",
             "if (lost < 0) {\n        p->ask.status",
             DISK, ("lost", "ghosts", "disagree")),
    Mutation("number-kept-after-failed-commit", "a failed commit does not take back the numbers it gave",
             "server/store/rooms.c", "e->top = e->saved.top;", "(void)e->saved.top;",
             DISK, ("gaps",)),
    Mutation("resume-off-by-one", "a resume begins one event too late",
             "server/chat/room_join.c", "ring_encode(&r->ring, m->seq + 1, m->limit, PAGE_BYTES_MAX, &m->events)",
             "ring_encode(&r->ring, m->seq + 2, m->limit, PAGE_BYTES_MAX, &m->events)",
             NETWORK, ("window",)),
    Mutation("resume-repeats", "a resume begins with the last event that was seen",
             "server/chat/room_join.c", "ring_encode(&r->ring, m->seq + 1, m->limit, PAGE_BYTES_MAX, &m->events)",
             "ring_encode(&r->ring, m->seq > 0 ? m->seq : 1, m->limit, PAGE_BYTES_MAX, &m->events)",
             NETWORK, ("window",)),
    Mutation("silent-jump", "who resumes from a numbering that is over gets the newest page and is told recovered",
             "server/chat/room_join.c", "    m->recovered = false;\n", "    m->recovered = m->resume;\n",
             "--faults kill --durability memory --workers 0 --rate 30", ("window",)),
    Mutation("event-not-fanned-out", "members are not sent one event in a thousand",
             "server/chat/fanout.c", "if (r != NULL) {\n        roster_append",
             "if (r != NULL && m->seq % 1000 != 500) {\n        roster_append",
             "--faults storm --workers 0 --rate 60 --rooms 2", ("window", "protocol", "liveness")),
    Mutation("mailbox-newest-first", "messages between threads are taken newest first",
             "server/loop/mailbox.c", "    struct msg *oldest = NULL;\n",
             "    struct msg *oldest = NULL;\n    return msg;\n",
             "--faults storm --workers 0 --rate 60", ("sender_order", "window", "protocol")),
    Mutation("slow-reader-skips", "who lags behind is put at the end of the log instead of being closed",
             "server/chat/fanout.c", "        if (end - r->members[i - 1].at > cap) {",
             "        if (end - r->members[i - 1].at > cap && (r->members[i - 1].at = end) == 0) {",
             "--faults sleepers --workers 0 --rate 80 --rooms 2 --no-pause --seed 5 --minutes 0.5", ("window",)),
    Mutation("no-redispatch", "what a lost worker had in hand is forgotten",
             "server/dispatch/ledger.c", "    l->failed += b->n;\n",
             "    l->failed += b->n;\n    free_batch(l, b);\n    return;\n",
             WORKERS, ("verdicts",)),
    Mutation("pending-mark-stays", "a verdict does not take away its message's pending mark",
             "server/store/append.c", "stmt_int(w->stmts[W_PENDING_DELETE], 1, p->done[i]);",
             "stmt_int(w->stmts[W_PENDING_DELETE], 1, -p->done[i]);",
             "--faults kill --workers 2", ("verdicts",)),
    Mutation("attempts-not-counted", "a message that kills its worker may do so for ever",
             "server/dispatch/ledger.c", "        job_of(link)->attempts++;\n", "",
             "--faults poison --workers 2 --minutes 0.6", ("verdicts", "attempts")),
)
