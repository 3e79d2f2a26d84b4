# SPDX-License-Identifier: MIT
"""What the worker process (workers/host, in C) calls: load() once, then analyze().

Single-threaded: one thread of the worker calls in, and the only thing that reaches it from
outside is SoftTimeout, raised in it when an analyzer takes too long.  Nothing an analyzer
does makes these functions raise; C gets checked tuples only.
"""

from __future__ import annotations

import json
import logging
import platform
import time
import traceback
from typing import Any, Callable, Iterable, NamedTuple, Sequence

from parley import calls, duration, order, outcome, registry
from parley.alarm import Alarm
from parley.api import AnalyzerError, Batch, Error, Result, Scores
from parley.keeper import Checkpoint, Keeper, Told, as_found
from parley.outcome import Checked, Verdict
from parley.registry import Entry, Raised
from parley.room import Message, RoomAnalyzer

Failure = tuple[str, int, str, str, str]
"""(analyzer, index of the message or -1 for the whole batch, type, message, traceback)"""
Timing = tuple[str, float, int]
"""(analyzer, seconds, messages)"""

WHOLE_BATCH = -1

tick: Callable[[], object] = lambda: None
"""Called before each analyzer of a batch; the worker puts its progress counter here."""

_entries: list[Entry] = []
_room_failures: list[Failure] = []


def _new_keeper() -> Keeper:
    """Of the room analyzers that live."""
    return Keeper({entry.name: (entry.instance, entry.spec.uses) for entry in _entries
                   if entry.spec is not None and entry.status == registry.READY
                   and isinstance(entry.instance, RoomAnalyzer)},
                  lambda name, *what: _room_failures.append((name, WHOLE_BATCH, *what)))


_keeper = _new_keeper()


class SoftTimeout(BaseException):
    """Raised from outside in the analyzing thread when an analyzer is out of time.

    A BaseException, so that an analyzer's `except Exception` does not swallow it.
    """


_alarm = Alarm(SoftTimeout)


def load(options: dict[str, Any]) -> dict[str, Any]:
    """Find and set up all analyzers.

    options  analyzers_dir: the drop-in folder or None; disable: names to leave out
    returns  python: version; load_ms: float; analyzers: a list of
             {name, version, model, status, detail}
    """
    started = time.perf_counter()
    # To stderr, which the server reads; what an analyzer set up itself stays.
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(levelname)s: %(message)s")
    global _keeper
    close()
    _entries.extend(registry.discover(options.get("analyzers_dir"),
                                      options.get("disable") or ()))
    _keeper = _new_keeper()
    return {"python": platform.python_version(),
            "analyzers": [entry.report() for entry in _entries],
            "load_ms": (time.perf_counter() - started) * 1e3}


def close() -> None:
    """Call close() of every analyzer that has one, and forget them all."""
    for entry in _entries:
        if callable(getattr(entry.instance, "close", None)):
            try:
                entry.instance.close()
            except Exception:
                traceback.print_exc()
    _entries.clear()


_calls: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "recap": calls.recap,
    "search": calls.search,
    "observe": lambda argument: calls.observe(_keeper, room_failures, argument),
}


def call(function: str, argument: str) -> str:
    """Call one of the package's functions on JSON (`Batch.call`): the answer as JSON.

    What it raises is told to whoever asked as a failure, and shown to the operator.
    """
    try:
        run = _calls[function]
    except KeyError:
        raise LookupError(f"no function '{function}'; there are {', '.join(sorted(_calls))}") \
            from None
    try:
        _alarm.disarm()
        tick()
        return json.dumps(run(json.loads(argument)), ensure_ascii=False, allow_nan=False)
    except SoftTimeout as error:
        raise TimeoutError(f"'{function}' took too long and was stopped") from error


def analyze(texts: Sequence[str], rooms: Sequence[str], users: Sequence[str],
            times_ms: Sequence[int], gate: bool = False, wants: Sequence[str] = ()) \
        -> tuple[list[list[Verdict]], list[Failure], list[Timing]]:
    """Judge a batch: (verdicts of each message, failures, timings).

    gate   somebody waits: the messages are not delivered yet (`Batch.gate`)
    wants  nothing, or of each message the analyzers that it is for, one a line ("": all);
           no other has it, except what these use (`Batch.wants`)
    """
    batch = Batch(list(texts), list(rooms), list(users), list(times_ms), bool(gate), {})
    return _run_wanted(batch, wants) if any(wants) else run(_entries, batch, tick)


def _run_wanted(batch: Batch, wants: Sequence[str]) \
        -> tuple[list[list[Verdict]], list[Failure], list[Timing]]:
    """As run(), the messages of each wish by themselves."""
    groups: dict[str, list[int]] = {}
    for index, names in enumerate(wants):
        groups.setdefault(names, []).append(index)
    verdicts: list[list[Verdict]] = [[] for _ in batch.texts]
    parts: list[_Part] = []
    steps: list[tuple[Entry, _Part]] = []
    for names, places in groups.items():
        part = _Part(batch.only(places), [verdicts[at] for at in places], [])
        parts.append(part)
        steps += ((entry, part) for entry in
                  (order.needed(_entries, names.split("\n")) if names else _entries))
    spent: dict[str, Timing] = {}
    for name, seconds, count in _run_steps(steps, tick):
        _, before, counted = spent.get(name, (name, 0.0, 0))
        spent[name] = name, before + seconds, counted + count
    failures = [(name, at if at == WHOLE_BATCH else places[at], *what)
                for part, places in zip(parts, groups.values())
                for name, at, *what in part.failures]
    return verdicts, failures, list(spent.values())


def run(entries: Sequence[Entry], batch: Batch, before_each: Callable[[], object]) \
        -> tuple[list[list[Verdict]], list[Failure], list[Timing]]:
    """These analyzers, in this order, over one batch; see analyze()."""
    whole = _Part(batch, [[] for _ in batch.texts], [])
    timings = _run_steps([(entry, whole) for entry in entries if len(batch)], before_each)
    return whole.verdicts, whole.failures, timings


class _Part(NamedTuple):
    """Messages that the same analyzers judge, and where what is found goes."""

    batch: Batch
    verdicts: list[list[Verdict]]
    failures: list[Failure]


def _run_steps(steps: Iterable[tuple[Entry, _Part]],
               before_each: Callable[[], object]) -> list[Timing]:
    """Each analyzer over its part, one after the other."""
    timings: list[Timing] = []
    remaining = iter(steps)
    step, started = None, time.perf_counter()
    late: SoftTimeout | None = None
    while True:
        try:  # it may be raised at any line in here, and once more while that is dealt with
            _alarm.disarm()
            if late is not None and step is not None:
                error, late = late, None
                _stop(*step, error)
                timings.append((step[0].name, time.perf_counter() - started, len(step[1].batch)))
            for step in remaining:
                entry, part = step
                if entry.run is not None:
                    before_each()
                    started = time.perf_counter()
                    _run(entry, *part)
                    timings.append((entry.name, time.perf_counter() - started, len(part.batch)))
            return timings
        except SoftTimeout as raised:
            _alarm.armed = False
            late = raised


def _stop(entry: Entry, part: _Part, error: SoftTimeout) -> None:
    """The analyzer took too long for its part."""
    part.failures.append(_failure(entry, WHOLE_BATCH, error, _too_long(entry, part.batch)))
    _offer(entry, part.batch, [Error("took too long", "SoftTimeout")] * len(part.batch))


def observe(rooms: Sequence[str], users: Sequence[str], times_ms: Sequence[int],
            texts: Sequence[str], labels: Sequence[Sequence[tuple[Any, ...]]],
            seqs: Sequence[int] | None = None,
            reply_tos: Sequence[int] | None = None) -> list[Told]:
    """Messages for the room analyzers, those of a room in their order, once each.

    labels     of each message what analyze() gave for it: a list of Verdicts
    seqs       of each message, and reply_tos: of the message it answers, or 0
    returns    (room, analyzer, JSON object) of what is to be told now
    Faults of the analyzers wait in room_failures(); nothing is raised.
    """
    none = [0] * len(texts)
    return _keeper.observe(
        (Message(*columns), as_found(of)) for *columns, of
        in zip(rooms, users, times_ms, texts, seqs or none, reply_tos or none, labels))


def joined(rooms: Sequence[str], users: Sequence[str], times_ms: Sequence[int],
           new: Sequence[bool]) -> None:
    """People who came into rooms.  new  a guest, or an account less than a day old."""
    for room, user, time_ms, is_new in zip(rooms, users, times_ms, new):
        _keeper.join(room, user, bool(is_new), time_ms)


def room_tick(now_ms: int) -> list[Told]:
    """To be called about once a second, whether messages come or not; as observe()."""
    return _keeper.tick(now_ms)


def checkpoint() -> list[Checkpoint]:
    """(room, analyzer, state) of every state that changed since the last call."""
    return _keeper.checkpoint()


def restore(checkpoints: Sequence[Checkpoint]) -> None:
    """States from checkpoints, before the first message of those rooms."""
    _keeper.restore(checkpoints)


def forget(rooms: Sequence[str]) -> list[Checkpoint]:
    """These rooms have another owner now, or nobody in them; their last checkpoints."""
    return _keeper.forget(rooms)


def room_failures() -> list[Failure]:
    """What went wrong in room analyzers since the last call, as analyze() tells it."""
    out = _room_failures[:256]
    _room_failures.clear()
    return out


def _too_long(entry: Entry, batch: Batch) -> str:
    limit = entry.spec.timeout_s if entry.spec is not None else None
    told = f" (its timeout is {duration.text(limit)})" if limit else ""
    return (f"'{entry.name}' took too long for a batch of {len(batch)} messages{told} and was "
            f"stopped")


def _run(entry: Entry, batch: Batch, verdicts: list[list[Verdict]],
         failures: list[Failure]) -> None:
    """One analyzer over one batch; its checked output goes into `verdicts`, its faults
    into `failures`."""
    spec = entry.spec
    assert spec is not None
    found: list[list[Verdict] | Error] = []
    try:
        outputs = _outputs(entry, batch)
    except AnalyzerError as error:
        failures.append(_failure(entry, WHOLE_BATCH, error))
        return _offer(entry, batch, [_as_error(error)] * len(batch))
    if spec.is_class and len(outputs) > 1 \
            and all(isinstance(output, Raised) for output in outputs):
        failures.append(_failure(entry, WHOLE_BATCH, outputs[0].error))
        return _offer(entry, batch, [_as_error(outputs[0].error)] * len(batch))
    for index, output in enumerate(outputs):
        if type(output) is Checked:
            found.append(output)
        elif isinstance(output, Raised):
            failures.append(_failure(entry, index, output.error))
            found.append(_as_error(output.error))
        elif isinstance(output, Error):
            failures.append((entry.name, index, str(output.type), str(output.message), ""))
            found.append(output)
        else:
            try:
                found.append(outcome.verdicts(spec, output, batch.texts[index]))
            except AnalyzerError as error:
                failures.append(_failure(entry, index, error))
                found.append(_as_error(error))
    for into, verdict in zip(verdicts, found):
        if not isinstance(verdict, Error):
            into += verdict
    _offer(entry, batch, found)


def _outputs(entry: Entry, batch: Batch) -> list[Any]:
    """What the analyzer says of the batch, in parts of at most its batch_size, under its
    timeout.  Raises AnalyzerError when it did not keep to one entry a message."""
    spec, count = entry.spec, len(batch)
    assert spec is not None
    size = spec.batch_size or count
    if spec.timeout_s:
        _alarm.arm(spec.timeout_s)
    try:
        if size >= count:
            return _judge(entry, batch, [_retries(count)])
        outputs: list[Any] = []
        for start in range(0, count, size):
            part = batch.part(start, start + size)
            outputs += _judge(entry, part, [_retries(len(part))])
        return outputs
    finally:
        _alarm.disarm()


def _retries(count: int) -> int:
    """Calls spent on finding the guilty messages of a batch: enough for three or so."""
    return 6 * count.bit_length()


def _judge(entry: Entry, batch: Batch, retries: list[int]) -> list[Any]:
    """One entry a message; where it raises, the batch is halved until the guilty message
    stands alone, or the retries are used up and the rest of that part shares the blame."""
    assert entry.run is not None and entry.spec is not None
    try:
        returned = entry.run(batch)
    except (Exception, SystemExit) as error:
        count = len(batch)
        if count == 1 or retries[0] < 2:
            return [Raised(error)] * count
        retries[0] -= 2
        return _judge(entry, batch.part(0, count // 2), retries) \
            + _judge(entry, batch.part(count // 2, count), retries)
    if isinstance(returned, Scores):
        return list(outcome.of_scores(entry.spec, returned, batch.texts))
    return outcome.check_length(entry.spec, returned, len(batch))


def _offer(entry: Entry, batch: Batch, found: Sequence[list[Verdict] | Error]) -> None:
    """Keep the results for the analyzers that use them."""
    if entry.used:
        assert isinstance(batch.results, dict)
        batch.results[entry.name] = [
            of if isinstance(of, Error) else
            [Result(label, score, spans, threshold, flagged)
             for _, _, label, score, threshold, flagged, spans in of] for of in found]


def _as_error(error: BaseException) -> Error:
    return Error(str(error), type(error).__name__)


def _failure(entry: Entry, index: int, error: BaseException, text: str = "") -> Failure:
    shown = "" if isinstance(error, AnalyzerError) else \
        "".join(traceback.format_exception(error))
    return entry.name, index, type(error).__name__, text or str(error), shown
