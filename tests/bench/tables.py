# SPDX-License-Identifier: MIT
"""Tables in Markdown: a figure of the runs as a cell, and rows of cells."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import results
from charts import number

MISSING = "–"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lines, the last with its end."""
    out = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(out + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def is_lower_bound(case: dict[str, Any], figure: str) -> bool:
    """True when the load tester set the limit in most runs."""
    limited = sum("bottleneck" in run for run in case["runs"])
    return figure == "deliveries_per_s" and "--window" in case["load"] and limited * 2 > len(case["runs"])


@dataclass(frozen=True)
class Figure:
    """A column of a table: a figure of the runs, times `scale`, with its range or without."""

    title: str
    name: str
    scale: float = 1.0
    ranged: bool = True

    def cell(self, case: dict[str, Any] | None) -> str:
        """Median and range; why there is none."""
        if case is None:
            return MISSING
        middle, spread = results.median(case, self.name), results.spread(case, self.name)
        if middle is None or spread is None:
            return "fails" if results.failures(case) else MISSING
        text = f"{'≥ ' * is_lower_bound(case, self.name)}{number(middle * self.scale)}"
        if self.ranged and len(case["runs"]) > 1:
            text += f" [{number(spread[0] * self.scale)}–{number(spread[1] * self.scale)}]"
        return text
