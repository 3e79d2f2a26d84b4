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


def test_an_analyzer_s_own_timeout_stops_it_alone(load, judge):
    load(a=HEAD + GOOD.format("before"), z=HEAD + GOOD.format("behind"),
         m=HEAD + SPIN.replace('@analyzer("spin")', '@analyzer("spin", timeout="50ms")'))
    verdicts, failures, timings = judge("one", "two")
    (name, index, kind, message, trace), = failures
    assert (name, index, kind) == ("spin", -1, "SoftTimeout")
    assert "its timeout is 50ms" in message and "analyze" in trace
    assert [[v[0] for v in of] for of in verdicts] == [["before", "behind"]] * 2
    assert 0.04 < timings[1][1] < 5


def test_a_timeout_ends_a_sleep(load, judge):
    load(m=HEAD + "import time\n@analyzer('nap', timeout=0.05)\ndef nap(text):\n"
                  "    time.sleep(30)\n")
    assert judge("one")[1][0][2] == "SoftTimeout"


def test_who_swallows_the_timeout_gets_it_again(load, judge):
    load(m=HEAD + """
import time
@analyzer("deaf", timeout=0.05)
def deaf(text):
    for _ in range(2):
        try:
            time.sleep(30)
        except BaseException:
            pass
    time.sleep(30)
""")
    assert judge("one")[1][0][2] == "SoftTimeout"


def test_an_analyzer_in_time_is_not_disturbed_later(load, judge):
    import time
    load(a=HEAD + "@analyzer('a', timeout=0.05)\ndef a(text): return True\n",
         b=HEAD + "import time\n@analyzer('b')\ndef b(text): time.sleep(0.2)\n")
    verdicts, failures, _ = judge("x")
    time.sleep(0.1)
    assert failures == [] and [v[0] for v in verdicts[0]] == ["a"]
