# SPDX-License-Identifier: MIT
"""What the worker process (workers/host, in C) calls: load() once, then analyze().

Single-threaded: one thread of the worker calls in, and the only thing that reaches it from
outside is SoftTimeout, raised in it when an analyzer takes too long.  Nothing an analyzer
does makes these functions raise; C gets checked tuples only.
"""

from __future__ import annotations

import logging
import platform
import time
import traceback
from typing import Any, Callable, Sequence

from parley import outcome, registry
from parley.api import AnalyzerError, Batch, Error
from parley.outcome import Verdict
from parley.registry import Entry, Raised

Failure = tuple[str, int, str, str, str]
"""(analyzer, index of the message or -1 for the whole batch, type, message, traceback)"""
Timing = tuple[str, float, int]
"""(analyzer, seconds, messages)"""

WHOLE_BATCH = -1

tick: Callable[[], object] = lambda: None
"""Called before each analyzer of a batch; the worker puts its progress counter here."""

_entries: list[Entry] = []


class SoftTimeout(BaseException):
    """Raised from outside in the analyzing thread when an analyzer is out of time.

    A BaseException, so that an analyzer's `except Exception` does not swallow it.
    """


def load(options: dict[str, Any]) -> dict[str, Any]:
    """Find and set up all analyzers.

    options  analyzers_dir: the drop-in folder or None; disable: names to leave out
    returns  python: version; load_ms: float; analyzers: a list of
             {name, version, model, status, detail}
    """
    started = time.perf_counter()
    # To stderr, which the server reads; what an analyzer set up itself stays.
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(levelname)s: %(message)s")
    close()
    _entries.extend(registry.discover(options.get("analyzers_dir"),
                                      options.get("disable") or ()))
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


def analyze(texts: Sequence[str], rooms: Sequence[str], users: Sequence[str],
            times_ms: Sequence[int]) -> tuple[list[list[Verdict]], list[Failure], list[Timing]]:
    """Judge a batch: (verdicts of each message, failures, timings)."""
    batch = Batch(list(texts), list(rooms), list(users), list(times_ms))
    verdicts: list[list[Verdict]] = [[] for _ in batch.texts]
    failures: list[Failure] = []
    timings: list[Timing] = []
    remaining = iter(_entries if len(batch) else ())
    entry, started = None, time.perf_counter()
    while True:
        try:
            for entry in remaining:
                if entry.run is not None:
                    tick()
                    started = time.perf_counter()
                    _run(entry, batch, verdicts, failures)
                    timings.append((entry.name, time.perf_counter() - started, len(batch)))
            return verdicts, failures, timings
        except SoftTimeout as error:  # may come at any line above; go on with the next
            if entry is not None:
                failures.append(_failure(
                    entry, WHOLE_BATCH, error,
                    f"'{entry.name}' took too long for a batch of {len(batch)} messages "
                    f"and was stopped"))
                timings.append((entry.name, time.perf_counter() - started, len(batch)))


def _run(entry: Entry, batch: Batch, verdicts: list[list[Verdict]],
         failures: list[Failure]) -> None:
    """One analyzer over one batch; its checked output goes into `verdicts`, its faults
    into `failures`."""
    try:
        outputs = outcome.check_length(entry.spec, entry.run(batch), len(batch))
    except (Exception, SystemExit) as error:
        failures.append(_failure(entry, WHOLE_BATCH, error))
        return
    for index, output in enumerate(outputs):
        if isinstance(output, Raised):
            failures.append(_failure(entry, index, output.error))
        elif isinstance(output, Error):
            failures.append((entry.name, index, str(output.type), str(output.message), ""))
        else:
            try:
                verdicts[index] += outcome.verdicts(entry.spec, output, batch.texts[index])
            except AnalyzerError as error:
                failures.append(_failure(entry, index, error))


def _failure(entry: Entry, index: int, error: BaseException, text: str = "") -> Failure:
    shown = "" if isinstance(error, AnalyzerError) else \
        "".join(traceback.format_exception(error))
    return entry.name, index, type(error).__name__, text or str(error), shown
