# SPDX-License-Identifier: MIT
"""Durations as people write them: "50ms", "2s", "1.5m", "24h"."""

from __future__ import annotations

import math
import re

_UNITS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_FORM = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")


def seconds(value: str | float) -> float:
    """`value` in seconds; a bare number is seconds already.  Raises ValueError with a
    sentence that says what would be right."""
    if isinstance(value, str):
        match = _FORM.fullmatch(value.strip())
        if match:
            return float(match[1]) * _UNITS[match[2]]
    elif isinstance(value, (int, float)) and not isinstance(value, bool) \
            and math.isfinite(value) and value >= 0:
        return float(value)
    raise ValueError(f"{value!r} is no duration; write a number of seconds, or a number with "
                     f"ms, s, m, h or d, such as \"50ms\"")


def text(value: float) -> str:
    """Seconds for people: 0.05 -> "50ms"."""
    return f"{value * 1e3:g}ms" if value < 1 else f"{value:g}s"
