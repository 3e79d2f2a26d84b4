# SPDX-License-Identifier: MIT
"""A soft timeout, raised in the thread from outside as the worker does, is the running
analyzer's error and nobody else's."""

from __future__ import annotations

import ctypes
import threading

from parley import host

HEAD = "from parley import analyzer\n"
GOOD = "@analyzer('{0}')\ndef good(text):\n    return True\n"
SPIN = """
import time
@analyzer("spin")
class Spin:
    def analyze(self, batch):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                sum(range(100))
            except Exception:
                pass
        return [True] * len(batch)
"""


def interrupt(thread: int) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread),
                                               ctypes.py_object(host.SoftTimeout))


def test_soft_timeout_is_that_analyzer_s_error(load, judge):
    load(a=HEAD + GOOD.format("before"), m=HEAD + SPIN, z=HEAD + GOOD.format("behind"))
    timer = threading.Timer(0.3, interrupt, [threading.get_ident()])
    timer.start()
    verdicts, failures, timings = judge("one", "two")
    timer.join()
    (name, index, kind, message, trace), = failures
    assert (name, index, kind) == ("spin", -1, "SoftTimeout")
    assert "took too long for a batch of 2" in message and "analyze" in trace
    assert [[v[0] for v in of] for of in verdicts] == [["before", "behind"]] * 2
    assert [t[0] for t in timings] == ["before", "spin", "behind"]
    assert 0.2 < timings[1][1] < 5


def test_soft_timeout_of_a_function_analyzer(load, judge):
    load(m=HEAD + "import time\n@analyzer('spin')\ndef spin(text):\n"
                  "    end = time.monotonic() + 20\n"
                  "    while time.monotonic() < end: pass\n    return True\n")
    timer = threading.Timer(0.2, interrupt, [threading.get_ident()])
    timer.start()
    verdicts, failures, _ = judge("one")
    timer.join()
    assert [f[:3] for f in failures] == [("spin", -1, "SoftTimeout")] and verdicts == [[]]


def test_tick_is_called_before_each_analyzer(load, judge, monkeypatch):
    ticks = []
    monkeypatch.setattr(host, "tick", lambda: ticks.append(1))
    load(a=HEAD + GOOD.format("a"), b=HEAD + GOOD.format("b"), c="broken(", built_in=False)
    judge("x")
    assert len(ticks) == 2
