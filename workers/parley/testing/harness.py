# SPDX-License-Identifier: MIT
"""One analyzer, run as the worker runs it, in the process of the test.

    h = Harness(shout)                         # what @analyzer stands above
    assert h.say("HELP ME")[0].flagged
    h.check()                                  # odd texts, batches, order, repetition

    h = Harness(Pulse, given={"sentiment": lambda text: Result("positive", 0.9)})
    h.message("hello", user="ada")
    h.advance("1m")
    assert h.told == [{"messages": 1}]

What is wrong is an AssertionError that says what, with the analyzer's own traceback.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

from parley import duration, host, order, registry
from parley.api import Batch, Result, Spec
from parley.keeper import Keeper, as_found
from parley.outcome import Verdict
from parley.registry import Entry
from parley.room import Message, RoomAnalyzer
from parley.testing.texts import ODD, ORDINARY

EPOCH_MS = 1_770_000_000_000
"""Where the harness's clock begins."""
_SCORE_TOLERANCE = 1e-6
"""How far a score may move with the batch: the last bits of sums in another order."""


@dataclass
class Isolated:
    """How a run in a process of its own ended.

    verdicts  of each message, or None when the process died or was stopped
    failures  as host.analyze() tells them
    signal    that ended it ("SIGSEGV"), or None;  exit_code  otherwise
    timed_out it did not end in time
    stack     where Python was, as far as it could still say
    """

    verdicts: list[list[Verdict]] | None = None
    failures: list[host.Failure] = field(default_factory=list)
    signal: str | None = None
    exit_code: int | None = None
    timed_out: bool = False
    stack: str = ""


class Harness:
    """See above.

    target    a function or class with @analyzer above it
    settings  values as its TOML file would give them
    given     in place of the analyzers it uses: name -> what each says of a text;
              those not given are the server's own
    """

    def __init__(self, target: Any, settings: Mapping[str, Any] | None = None,
                 given: Mapping[str, Callable[[str], Any]] | None = None) -> None:
        self.spec = registry.spec_of(target)
        self.now_ms = EPOCH_MS
        self.told: list[dict[str, Any]] = []
        self._faults: list[tuple[str, ...]] = []
        folder = Path(sys.modules[self.spec.target.__module__].__file__ or ".").parent
        self.entry = registry.set_up(self.spec, folder, None, dict(settings or {}))
        others = [_stand_in(name, says) for name, says in (given or {}).items()]
        missing = set(self.spec.uses) - {other.name for other in others}
        if missing:
            others += [entry for entry in registry.discover(None) if entry.name in missing]
        self._entries = order.arrange([*others, self.entry])
        assert self.entry.status == registry.READY, \
            f"'{self.spec.name}' is {self.entry.status}: {self.entry.detail}"
        self._keeper = self._new_keeper()

    # ---- analyzers of messages --------------------------------------------------------------

    def judge(self, texts: Sequence[str]) -> tuple[list[list[Verdict]], list[host.Failure]]:
        """What the analyzer says of a batch: (verdicts of each message, failures)."""
        count = len(texts)
        batch = Batch(list(texts), ["test"] * count, ["u1"] * count, [self.now_ms] * count)
        verdicts, failures, _ = host.run(self._entries, batch, lambda: None)
        name = self.spec.name
        return ([[v for v in of if v[0] == name] for of in verdicts],
                [failure for failure in failures if failure[0] == name])

    def say(self, *texts: str) -> list[Result]:
        """The results of one or more texts, all in one list.  Fails on any failure."""
        verdicts = self._judge_well(texts)
        return [_result(verdict) for of in verdicts for verdict in of]

    def _judge_well(self, texts: Sequence[str]) -> list[list[Verdict]]:
        verdicts, failures = self.judge(texts)
        if failures:
            name, index, kind, message, trace = failures[0]
            where = "the whole batch" if index < 0 else f"the text {_short(texts[index])}"
            raise AssertionError(f"'{name}' failed on {where}: {kind}: {message}\n{trace}")
        return verdicts

    def check(self, texts: Sequence[str] = ORDINARY) -> None:
        """All checks below."""
        if isinstance(self.entry.instance, RoomAnalyzer):
            self.check_state(texts)
            return
        self.check_odd_texts()
        self.check_repeats(texts)
        self.check_batch_sizes(texts)
        self.check_order(texts)

    def check_odd_texts(self) -> None:
        """No text that chat can bring makes it fail, alone or in company."""
        for what, text in ODD.items():
            try:
                self._judge_well([text])
            except AssertionError as error:
                raise AssertionError(f"odd text ({what}): {error}") from None
        self._judge_well(list(ODD.values()))

    def check_repeats(self, texts: Sequence[str] = ORDINARY) -> None:
        """The same batch twice is judged the same."""
        _compare(texts, self._judge_well(texts), self._judge_well(texts), "judged again")

    def check_batch_sizes(self, texts: Sequence[str] = ORDINARY) -> None:
        """A message is judged the same alone, in threes, and among all."""
        together = self._judge_well(texts)
        for size in (1, 3):
            apart = [of for start in range(0, len(texts), size)
                     for of in self._judge_well(texts[start:start + size])]
            _compare(texts, together, apart, f"in batches of {size} rather than {len(texts)}")

    def check_order(self, texts: Sequence[str] = ORDINARY, seed: int = 1) -> None:
        """A message is judged the same wherever in the batch it stands."""
        together = self._judge_well(texts)
        places = list(range(len(texts)))
        random.Random(seed).shuffle(places)
        shuffled = self._judge_well([texts[place] for place in places])
        back = [shuffled[places.index(place)] for place in range(len(texts))]
        _compare(texts, together, back, "in another order")

    def soft_timeout(self, limit: str | float, texts: Sequence[str] = ORDINARY) \
            -> list[host.Failure]:
        """The failures when SoftTimeout is raised in it after `limit`: none if it is done
        by then; never anything but its own, and the harness goes on."""
        spec, self.entry.spec = self.entry.spec, _with_timeout(self.spec,
                                                               duration.seconds(limit))
        try:
            return self.judge(texts)[1]
        finally:
            self.entry.spec = spec

    def isolated(self, *texts: str, timeout: str | float = "10s") -> Isolated:
        """Run it in a process of its own, as a worker is: a crash or a hang is told, not
        suffered."""
        source = sys.modules[self.spec.target.__module__].__file__
        assert source is not None
        job = json.dumps({"file": source, "name": self.spec.name, "texts": texts})
        command = [sys.executable, "-m", "parley.testing.alone"]
        package = str(Path(__file__).resolve().parents[2])
        try:
            done = subprocess.run(command, input=job.encode("utf-8"), capture_output=True,
                                  timeout=duration.seconds(timeout), cwd=package, check=False)
        except subprocess.TimeoutExpired as over:
            return Isolated(timed_out=True, stack=_text(over.stderr))
        stack = _text(done.stderr)
        if done.returncode < 0:
            return Isolated(signal=signal.Signals(-done.returncode).name, stack=stack)
        if done.returncode:
            return Isolated(exit_code=done.returncode, stack=stack)
        answer = json.loads(done.stdout)
        return Isolated([[tuple(v) for v in of] for of in answer["verdicts"]],
                        [tuple(f) for f in answer["failures"]], exit_code=0, stack=stack)

    # ---- analyzers of rooms -----------------------------------------------------------------

    def message(self, text: str, user: str = "ada", room: str = "lobby", seq: int = 0,
                reply_to: int = 0) -> None:
        """Somebody says something, now."""
        batch = Batch([text], [room], [user], [self.now_ms])
        labels = host.run(self._entries, batch, lambda: None)[0][0]
        self._take(self._keeper.observe([(Message(room, user, self.now_ms, text, seq, reply_to),
                                          as_found(labels))]))

    def join(self, user: str, is_new: bool = False, room: str = "lobby") -> None:
        """Somebody comes, now."""
        self._keeper.join(room, user, is_new, self.now_ms)
        self._take([])

    def advance(self, by: str | float) -> None:
        """The clock goes on; the rooms tick once a second, as in the server (and the last
        ten thousand seconds of a longer time)."""
        end_ms = self.now_ms + round(duration.seconds(by) * 1000)
        self.now_ms = max(self.now_ms, end_ms - 10_000_000)
        while self.now_ms < end_ms:
            self.now_ms = min(end_ms, self.now_ms + 1000)
            self._take(self._keeper.tick(self.now_ms))

    def restart(self) -> None:
        """The rooms' states go through their checkpoints into a new process."""
        kept = self._keeper.checkpoint()
        self._saved = {**getattr(self, "_saved", {}), **{(r, n): data for r, n, data in kept}}
        self._keeper = self._new_keeper()
        self._keeper.restore([(room, name, data) for (room, name), data
                              in self._saved.items()])
        self._take([])

    def check_state(self, texts: Sequence[str] = ORDINARY) -> None:
        """Its state survives its checkpoint at every point: a room that is restarted after
        each message tells the same as one that is not.  Odd texts do it no harm."""
        straight, broken = self._twin(), self._twin()
        for index, text in enumerate([*texts, *ODD.values()]):
            for twin in (straight, broken):
                twin.join(f"user{index % 7}", index % 3 == 0)
                twin.message(text, f"user{index % 5}", seq=index + 1)
            broken.restart()
            for twin in (straight, broken):
                twin.advance("7s")
        if straight.told != broken.told:
            first = next((pair for pair in zip(straight.told, broken.told)
                          if pair[0] != pair[1]), (len(straight.told), len(broken.told)))
            raise AssertionError(f"'{self.spec.name}' tells something else after its state went "
                                 f"through a checkpoint: {first[1]} rather than {first[0]}")

    def _twin(self) -> Harness:
        twin = object.__new__(Harness)
        twin.__dict__.update(self.__dict__, told=[], _faults=[], _saved={})
        twin._keeper = twin._new_keeper()
        return twin

    def _new_keeper(self) -> Keeper:
        rooms = {entry.name: (entry.instance, entry.spec.uses) for entry in self._entries
                 if entry.spec is not None and isinstance(entry.instance, RoomAnalyzer)}
        return Keeper(rooms, lambda *what: self._faults.append(what))

    def _take(self, told: Sequence[tuple[str, str, str]]) -> None:
        if self._faults:
            name, kind, message, trace = self._faults[0]
            raise AssertionError(f"'{name}' failed: {kind}: {message}\n{trace}")
        self.told += [json.loads(text) for _, name, text in told if name == self.spec.name]


def _stand_in(name: str, says: Callable[[str], Any]) -> Entry:
    return registry.set_up(Spec(name, "0", 0.5, (), says), Path(), None)


def _with_timeout(spec: Spec, limit_s: float) -> Spec:
    return Spec(**{**spec.__dict__, "timeout_s": limit_s})


def _result(verdict: Verdict) -> Result:
    _, _, label, score, threshold, flagged, spans = verdict
    return Result(label, score, spans, threshold, flagged)


def _compare(texts: Sequence[str], one: list[list[Verdict]], other: list[list[Verdict]],
             how: str) -> None:
    for text, a, b in zip(texts, one, other):
        same = len(a) == len(b) and all(
            x[:3] + x[4:] == y[:3] + y[4:] and abs(x[3] - y[3]) <= _SCORE_TOLERANCE
            for x, y in zip(a, b))
        if not same:
            raise AssertionError(f"the text {_short(text)} is judged otherwise {how}: "
                                 f"{[_result(v) for v in b]} rather than "
                                 f"{[_result(v) for v in a]}")


def _short(text: str) -> str:
    shown = ascii(text)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _text(data: bytes | str | None) -> str:
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else data or ""
