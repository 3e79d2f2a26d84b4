# SPDX-License-Identifier: MIT
"""The clock over one analyzer: raises an exception in it when its time is over.

It uses SIGALRM, whose Python handler runs in the main thread, which is the one that
analyses (the worker's other threads block all signals).  It ends sleeps and Python code;
one long call into C goes on until it returns, or until the server kills the worker.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType

_AGAIN = 0.25
"""Share of the limit after which it is raised again, for code that swallowed it."""


class Alarm:
    """Raises `exception` in the main thread while armed for longer than the limit."""

    def __init__(self, exception: type[BaseException]) -> None:
        self._exception = exception
        self._installed = self._ticks = False
        self.armed = False
        """To be set to False first of all where the exception is caught: assigning calls nothing,
        so it cannot be rung in between."""

    def _ring(self, number: int, frame: FrameType | None) -> None:
        if self.armed:
            raise self._exception("its time is over")

    def arm(self, limit_s: float) -> None:
        """Start the clock.  Without effect outside the main thread."""
        if not self._installed:
            if threading.current_thread() is not threading.main_thread():
                return
            signal.signal(signal.SIGALRM, self._ring)
            self._installed = True
        self.armed = self._ticks = True
        signal.setitimer(signal.ITIMER_REAL, limit_s, max(limit_s * _AGAIN, 1e-3))

    def disarm(self) -> None:
        """Stop the clock; also after it rang."""
        self.armed = False
        if self._ticks:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._ticks = False
