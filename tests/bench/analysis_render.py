# SPDX-License-Identifier: MIT
"""Tables and charts of what analysis.py and gate.py measured, for tests/bench/README.md."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import charts
import results
from charts import number
from tables import Figure, table as markdown

Results = dict[str, Any]
Cases = list[dict[str, Any]]

LAG_LIMIT_MS = 5
TONES = {"workers": "ours", "inline": "5", "no analysis": "limit", "default set": "ours", "trivial": "2"}
LAG_SERIES, PATH_SERIES = ("workers", "inline", "no analysis"), ("trivial", "default set")
LAG, DELIVERY = Figure("", "lag_p99_ms"), Figure("", "delivery_p99_ms", ranged=False)
ADDED = (Figure("verdict p50 ms", "verdict_p50_ms"), Figure("verdict p99 ms", "verdict_p99_ms"),
         Figure("message to receiver p50 ms", "delivery_p50_ms"), Figure("p99 ms", "delivery_p99_ms"),
         Figure("loop lag p99 ms", "lag_p99_ms"))
GATE = (Figure("client p50 ms", "client_p50_ms"), Figure("p99 ms", "client_p99_ms"), Figure("max ms", "client_max_ms"),
        Figure("gate p50 ms", "gate_p50_ms"), Figure("p99 ms", "gate_p99_ms"),
        Figure("shown without a verdict %", "unjudged_share", 100, ranged=False))


def _find(cases: Cases, label: str, x: float) -> dict[str, Any] | None:
    return next((case for case in cases if case["label"] == label and case["x"] == x), None)


def _places(cases: Cases) -> list[float]:
    return sorted({case["x"] for case in cases})


def _lag(cases: Cases) -> str:
    head = ["messages/s", *(f"loop lag p99 ms: {series}" for series in LAG_SERIES),
            *(f"message to receiver p99 ms: {series}" for series in LAG_SERIES)]
    rows = [[number(x), *(LAG.cell(_find(cases, series, x)) for series in LAG_SERIES),
             *(DELIVERY.cell(_find(cases, series, x)) for series in LAG_SERIES)] for x in _places(cases)]
    return markdown(head, rows)


def _path(cases: Cases) -> str:
    figure = Figure("", "analysed_per_s")
    rows = [[number(x), *(figure.cell(_find(cases, series, x)) for series in PATH_SERIES)] for x in _places(cases)]
    return markdown(["most messages a batch", *(f"{series}: analysed/s" for series in PATH_SERIES)], rows)


def _each(first: str, figures: Sequence[Figure]) -> Callable[[Cases], str]:
    """A table with a row a case."""
    def draw(cases: Cases) -> str:
        rows = [[case["label"], number(case["x"]), *(figure.cell(case) for figure in figures)] for case in cases]
        return markdown([first, "messages/s", *(figure.title for figure in figures)], rows)
    return draw


TABLES: dict[str, tuple[str, Callable[[Cases], str]]] = {  # what measures it, how it is drawn
    "path": ("tests/bench/analysis.py --only path", _path),
    "added": ("tests/bench/analysis.py --only added", _each("", ADDED)),
    "lag": ("tests/bench/analysis.py --only lag", _lag),
    "gate": ("tests/bench/gate.py", _each("case", GATE)),
}


def _unfinished(cases: Cases) -> str:
    """Who was behind when the load was over; empty when nobody."""
    behind = [f"{case['label']} at {number(case['x'])} (up to {number(max(results.values(case, 'unfinished')))})"
              for case in cases if results.values(case, "unfinished")]
    return f"Still owed when the wait after the load was over: {', '.join(behind)}.\n\n" if behind else ""


def _failed(cases: Cases) -> str:
    """A line for each case of which a run could not be made."""
    lines = [f"- {case['label']} at {number(case['x'])} failed in {len(results.failures(case))} of {len(case['runs'])} runs: "
             f"{results.failures(case)[0]}.\n" for case in cases if results.failures(case)]
    return "".join(lines) + "\n" * bool(lines)


def table(found: Results, name: str) -> str:
    """A part with its picture and where it comes from."""
    command, draw = TABLES[name]
    if name not in found["scenarios"]:
        return f"Not measured yet: `{command}`.\n"
    part = found["scenarios"][name]
    picture = f"![{part['title']}](results/{CHARTS[name][0]})\n\n" if name in CHARTS else ""
    return (f"{picture}{draw(part['cases'])}\n{_failed(part['cases'])}{_unfinished(part['cases'])}`{part['command']}`, {part['date']}, commit "
            f"{part['commit']}, {results.rounds(part)}.\n")


# ---- charts ----

def _curve(cases: Cases, series: str, figure: str) -> charts.Series:
    points = []
    for case in (case for case in cases if case["label"] == series):
        middle, spread = results.median(case, figure), results.spread(case, figure)
        if middle is not None and spread is not None:
            points.append((float(case["x"]), middle, *spread))
    return charts.Series(series, sorted(points), TONES[series], dashed=series == "no analysis")


def _drawn(curves: Iterator[charts.Series]) -> list[charts.Series]:
    return [curve for curve in curves if curve.points]


def _chart_lag(cases: Cases) -> str:
    rate = charts.Axis("messages a second", log=True)
    panels = [
        charts.Panel("Event-loop lag, p99", rate, charts.Axis("ms", log=True),
                     _drawn(_curve(cases, s, "lag_p99_ms") for s in LAG_SERIES),
                     [charts.Mark(LAG_LIMIT_MS, f"{LAG_LIMIT_MS} ms")]),
        charts.Panel("Message to receiver, p99", rate, charts.Axis("ms", log=True),
                     _drawn(_curve(cases, s, "delivery_p99_ms") for s in LAG_SERIES)),
    ]
    return charts.lines("The same models in worker processes and on the event loop",
                        "One event loop, durability full, 20 rooms of 2; all threads and workers share the cores. "
                        "Medians, thin lines are ranges.", panels)


def _chart_path(cases: Cases) -> str:
    panel = charts.Panel("Analysed by one worker", charts.Axis("most messages a batch", log=True),
                         charts.Axis("messages a second", log=True),
                         _drawn(_curve(cases, s, "analysed_per_s") for s in PATH_SERIES))
    return charts.lines("Through ZeroMQ and Python",
                        "Offered more than one worker can do; it shares the cores with the server.", [panel])


CHARTS: dict[str, tuple[str, Callable[[Cases], str]]] = {
    "lag": ("analysis-lag.svg", _chart_lag),
    "path": ("analysis-path.svg", _chart_path),
}


def charts_of(found: Results) -> Iterator[tuple[str, str]]:
    """File names, and the pictures to be in them."""
    for name, (file, draw) in CHARTS.items():
        if name in found["scenarios"]:
            yield file, draw(found["scenarios"][name]["cases"])
