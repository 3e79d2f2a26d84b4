# SPDX-License-Identifier: MIT
"""Pictures out of characters."""

from __future__ import annotations

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(value: float, most: float, width: int = 30) -> str:
    """A bar of value / most of `width` characters, to an eighth of one."""
    eighths = 0 if most <= 0 else round(width * 8 * max(0.0, min(1.0, value / most)))
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")


def clean(text: str, width: int) -> str:
    """One line of `text` that no terminal takes for orders."""
    shown = "".join(c if c.isprintable() else "·" for c in text)
    return shown if len(shown) <= width else shown[:width - 1] + "…"
