# SPDX-License-Identifier: MIT
"""Tables and charts from the results file, for the READMEs.

What stands in a README between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` is made here, and so are the
pictures in results/. `outdated` says what is not as the results have it; tests/lint asks.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import analysis_render
import results
import servers
import targets
from charts import Axis, Column, Panel, Row, Series, Value, bars, lines, number
from tables import MISSING, Figure, is_lower_bound, table

DOCUMENTS = (servers.ROOT / "README.md", servers.HERE / "README.md")
_MARK = re.compile(r"(<!-- bench:([\w-]+) -->\n)(.*?)(<!-- /bench:\2 -->)", re.S)
HEADLINE = "headline.svg"
FIRST = "parley-memory"                          # what ratios in the chart are to
NOT_DRAWN = ("parley-os", "parley-memory+2")     # in the tables, but a picture is to be seen at a glance
Results = dict[str, Any]


DELIVERIES = Figure("deliveries/s", "deliveries_per_s")
CPU = Figure("CPU s per 10⁶", "cpu_s_per_million")
P50, P99 = Figure("p50 ms", "delivery_p50_ms"), Figure("p99 ms", "delivery_p99_ms")
BUSY = Figure("load tester busy %", "client_busy", 100, ranged=False)
ALONE = Figure("of it parleyd, or Node", "server_cpu_s_per_million", ranged=False)  # without the Python processes
JUDGED = Figure("judged %", "judged_share", 100, ranged=False)
CONNECTION = (Figure("handshakes/s", "handshakes_per_s"), Figure("RSS bytes each", "rss_bytes_per_connection"),
              Figure("CPU µs each", "cpu_us_per_connection"))
TABLES: dict[str, Sequence[Figure]] = {
    "a": (DELIVERIES, CPU, ALONE, JUDGED, BUSY),
    "b": (DELIVERIES, CPU, ALONE, JUDGED, BUSY),
    "c": (DELIVERIES, P50, P99),
    "d": (DELIVERIES, CPU, ALONE, JUDGED, BUSY),
    "e": (CPU, P50, P99),
    "f": (*CONNECTION, Figure("kernel bytes each, both ends", "kernel_bytes_per_connection")),
    "g": (Figure("CPU µs a message", "cpu_us_per_message"), P50, P99, *CONNECTION),
    "h": (DELIVERIES, CPU, Figure("server's share of a core %", "cpu_share", 100, ranged=False), BUSY),
    "k": (DELIVERIES, CPU, P99, *CONNECTION),
    "l": (Figure("joins/s", "joins_per_s"), Figure("CPU µs a message", "cpu_us_per_message"), P50, P99),
    "i": (Figure("CPU µs a message", "cpu_us_per_message"), Figure("ok p50 ms", "ack_p50_ms"),
          Figure("ok p99 ms", "ack_p99_ms")),
    "j": (Figure("ok p50 ms", "ack_p50_ms"), Figure("ok p99 ms", "ack_p99_ms"),
          Figure("fdatasync p50 ms", "fdatasync_p50_ms"), Figure("fdatasync p99 ms", "fdatasync_p99_ms")),
}
PLACES = {"c": "offered/s", "g": "connections", "h": "loops", "j": "messages/s", "l": "rooms"}


# ---- tables ----

def _label(case: dict[str, Any]) -> str:
    return f"**{case['label']}**" if case["tone"] == "ours" else case["label"]


def _times(found: Results, key: str, name: str, to: str) -> str:
    ratio = results.ratio(found, key, name, to, "cpu_s_per_million")
    return f"{ratio:.1f} ×" if ratio is not None else MISSING


def _versus(found: Results, key: str, name: str) -> list[str]:
    return [_times(found, key, name, "raw"), _times(found, key, "node-ws", name)]


def _permitted(found: Results, key: str, name: str) -> list[str]:
    """Beside one loop: what two cores permit, which have to carry the load tester as well."""
    most = targets.permitted(results.case_of(found, key, name)) if "1 loops" in name else None
    return [f"{most:.2f} ×" if most is not None else MISSING]


def _room_bytes(found: Results, key: str, name: str) -> list[str]:
    """What the rooms beyond those of the first case added to the growth while all joined."""
    first, case = found["scenarios"][key]["cases"][0], results.case_of(found, key, name)
    least, most = (results.median(c, "rss_grown_bytes") if c else None for c in (first, case))
    if case is None or least is None or most is None or case["x"] <= first["x"]:
        return [MISSING]
    return [number((most - least) / (case["x"] - first["x"]))]


# Columns that need more than a case's own runs: headings, and what stands below them.
EXTRA: dict[str, tuple[Sequence[str], Callable[[Results, str, str], list[str]]]] = {
    **{key: (("CPU: raw × ", "CPU: less than Node ws by"), _versus) for key in "abd"},
    "h": (("two cores permit, of deliveries/s",), _permitted),
    "l": (("RSS bytes a further room of two",), _room_bytes),
}


def _notes(found: Results, key: str) -> Iterator[str]:
    """What a reader must know of a scenario: what failed, what was left out, whence it is."""
    entry = found["scenarios"][key]
    for case in entry["cases"]:
        failed = results.failures(case)
        if failed:
            place = f" at {number(case['x'])}" if case.get("x") is not None else ""
            yield f"- {case['label']}{place} failed in {len(failed)} of {len(case['runs'])} runs: {failed[0]}."
    for name, why in entry["left_out"].items():
        yield f"- {servers.PEERS[name].label} was left out: {why}."
    yield f"\n`{entry['command']}`, {entry['date']}, commit {entry['commit']}, {results.rounds(entry)}."


def scenario_table(found: Results, key: str) -> str:
    """A scenario's cases with all their figures."""
    if key not in found["scenarios"]:
        return f"Not measured yet: `tests/bench/run --only {key}`.\n"
    figures, (headings, more) = TABLES[key], EXTRA.get(key, ((), None))
    place = PLACES.get(key, "")
    head = [""] + [place] * bool(place) + [f.title for f in figures] + [*headings]
    rows = []
    for case in found["scenarios"][key]["cases"]:
        row = [_label(case)] + [number(case.get("x", 0))] * bool(place)
        row += [figure.cell(case) for figure in figures]
        rows.append(row + (more(found, key, case["name"]) if more else []))
    pictures = [f"![{found['scenarios'][key]['title']}](results/{file})\n\n" for file, (needs, _) in CHARTS.items()
                if needs == key and file != HEADLINE]
    return "".join(pictures) + table(head, rows) + "\n" + "\n".join(_notes(found, key)) + "\n"


_HEADLINE = (  # scenario, figure, heading
    ("a", Figure("", "deliveries_per_s", ranged=False), "1 room × 1,000, 10 talk: deliveries/s"),
    ("a", Figure("", "cpu_s_per_million", ranged=False), "CPU s per 10⁶"),
    ("b", Figure("", "deliveries_per_s", ranged=False), "100 talk: deliveries/s"),
    ("d", Figure("", "deliveries_per_s", ranged=False), "200 rooms × 10, all talk: deliveries/s"),
    ("d", Figure("", "cpu_s_per_million", ranged=False), "CPU s per 10⁶"),
    ("f", Figure("", "handshakes_per_s", ranged=False), "10,000 idle: handshakes/s"),
    ("f", Figure("", "rss_bytes_per_connection", ranged=False), "RSS bytes each"),
)


def _ordered(found: Results) -> list[dict[str, Any]]:
    """The rows of the headline: the limit, Parley, then the others by CPU."""
    cases = found["scenarios"]["a"]["cases"]
    order = {"limit": 0, "ours": 1, "peer": 2}
    cost = {case["name"]: results.median(case, "cpu_s_per_million") or 1e9 for case in cases}
    return sorted(cases, key=lambda c: (order[c["tone"]], cost[c["name"]] if c["tone"] == "peer" else 0))


def headline(found: Results, analysis: Results) -> str:
    """The table of README.md."""
    if "a" not in found["scenarios"]:
        return "Not measured yet: `tests/bench/run --readme`.\n"
    rows = []
    for case in _ordered(found):
        cells = [figure.cell(results.case_of(found, key, case["name"]))
                 for key, figure, _ in _HEADLINE]
        rows.append([_label(case), *cells])
    picture = f"![What a delivery costs, by server](tests/bench/results/{HEADLINE})\n\n"
    rows_of = table(["server", *(title for _, _, title in _HEADLINE)], rows)
    judged = targets.summary(found, analysis)
    judged = f"[{judged}](tests/bench/README.md#targets).\n\n" if judged else ""
    return f"{picture}{rows_of}\n{_plainly(found)}{judged}{_provenance(found)}\n"


def _plainly(found: Results) -> str:
    """What the picture does not say, and a reader should know."""
    tuned = results.ratio(found, "a", "node-ws-turn", "raw", "cpu_s_per_million")
    at_once = results.ratio(found, "e", "node-ws", "parley-0ms", "cpu_s_per_million")
    waiting = results.ratio(found, "e", "node-ws", "parley-20ms", "cpu_s_per_million")
    if tuned is None or at_once is None or waiting is None:
        return ""
    return (f"Most of this is design, not language: Node tuned by hand needs {tuned:.1f} × the CPU of raw epoll. And where "
            f"there is little to batch all pay the kernel alike: at 100,000 deliveries/s Node `ws` needs {at_once:.1f} × "
            f"Parley's CPU with `--flush-ms 0`, {waiting:.1f} × with 20.\n\n")


def _provenance(found: Results) -> str:
    used = [found["scenarios"][key] for key in dict.fromkeys(key for key, *_ in _HEADLINE) if key in found["scenarios"]]
    where = found["machine"]
    dates, commits = sorted({entry["date"] for entry in used}), sorted({entry["commit"] for entry in used})
    return (f"`tests/bench/run --readme` on {where['processor']}, {where['cores']} cores, {where['system']}, kernel "
            f"{where['kernel']}; {' and '.join(dates)}, commit {' and '.join(commits)}; medians of "
            f"{min(entry['rounds'] for entry in used)} interleaved runs, server on one core, load tester on the other.")


def targets_table(found: Results, analysis: Results) -> str:
    """What was wanted, measured, and whether it is met."""
    head = ("scenario", "what", "wanted", "measured, medians", "")
    return table(head, list(targets.rows(found, analysis)))


def versions(found: Results) -> str:
    """What was measured with what."""
    if not found["machine"]:
        return "Not measured yet.\n"
    known = found["machine"]["versions"]
    return ", ".join(f"{name} {version}" for name, version in known.items() if version) + ".\n"


# ---- charts ----

def _bar(case: dict[str, Any] | None, figure: str) -> Value | str:
    middle = results.median(case, figure) if case else None
    if middle is None or case is None:
        return "not measured"
    low, high = results.spread(case, figure) or (middle, middle)
    text = f"{'≥ ' * is_lower_bound(case, figure)}{number(middle)}"
    return Value(max(middle, 0), text, max(low, 0), max(high, 0))


def _cost(found: Results, key: str, name: str) -> Value | str:
    """The bar of CPU per delivery, with the ratio to the first of ours beside it."""
    bar = _bar(results.case_of(found, key, name), "cpu_s_per_million")
    ratio = results.ratio(found, key, name, FIRST, "cpu_s_per_million")
    if isinstance(bar, str) or ratio is None or name.startswith("parley"):
        return bar
    return replace(bar, text=f"{bar.text} · {ratio:.1f}×" if ratio < 10 else f"{bar.text} · {ratio:.0f}×")


def chart_headline(found: Results) -> str:
    """Who needs how much CPU, and gets how far."""
    rows = [Row(case["label"], [_cost(found, "a", case["name"]), _bar(case, "deliveries_per_s"),
                                _cost(found, "d", case["name"])], case["tone"])
            for case in _ordered(found) if case["name"] not in NOT_DRAWN]
    return bars("What a delivery costs",
                "One core for the server, all its processes. The peers only pass texts on; Parley also validates, "
                "orders and stores them, and with workers judges each. × is against Parley in memory; medians, thin lines "
                "are ranges.",
                [Column("CPU s per million", "1 room × 1,000 · less is better"),
                 Column("Deliveries a second", "1 room × 1,000 · more is better"),
                 Column("CPU s per million", "200 rooms × 10 · less is better")], rows)


def chart_connections(found: Results) -> str:
    """What 10,000 idle connections cost."""
    cases = found["scenarios"]["f"]["cases"]
    rows = [Row(case["label"], [_bar(case, figure.name) for figure in CONNECTION], case["tone"]) for case in cases]
    return bars("10,000 idle connections", "Growth of the server's resident memory while all connect; what the kernel "
                "keeps for a socket comes on top and is the same for all.",
                [Column("Handshakes a second", "more is better"), Column("RSS bytes a connection", "less is better"),
                 Column("CPU µs a connection", "less is better")], rows)


def _curve(cases: Sequence[dict[str, Any]], label: str, figure: str, tone: str = "", dashed: bool = False) -> Series:
    points = []
    for case in cases:
        middle, spread = results.median(case, figure), results.spread(case, figure)
        if middle is not None and spread is not None:
            points.append((float(case["x"]), middle, *spread))
    return Series(label, points, tone, dashed)


def chart_offered(found: Results) -> str:
    """Latency under a load that does not wait."""
    cases = found["scenarios"]["c"]["cases"]
    labels = list(dict.fromkeys(case["label"] for case in cases))
    panels = []
    for figure, title in (("delivery_p50_ms", "Half of the deliveries took less than"),
                          ("delivery_p99_ms", "99 % took less than")):
        series = [_curve([c for c in cases if c["label"] == label], label, figure,
                         {"ours": "1", "limit": "6"}.get(next(c["tone"] for c in cases if c["label"] == label), "2"))
                  for label in labels]
        panels.append(Panel(title, Axis("deliveries a second offered"), Axis("ms", log=True),
                            [s for s in series if s.points]))
    return lines("Latency under load", "1 room of 1,000 members, 100 of them talk at fixed times (open loop); from the "
                 "intended moment of sending to each receiver.", panels)


def chart_window(found: Results) -> str:
    """Latency against CPU, by --flush-ms."""
    cases = found["scenarios"]["e"]["cases"]
    ours = [case for case in cases if case["server"] == "parley"]
    raw = results.case_of(found, "e", "raw")
    ends = [min(c["x"] for c in ours), max(c["x"] for c in ours)]

    def level(figure: str, label: str, tone: str) -> list[Series]:
        middle = results.median(raw, figure) if raw else None
        return [] if middle is None else [Series(label, [(x, middle) for x in ends], tone, True, markers=False)]

    return lines("What a little patience saves",
                 "100,000 deliveries a second into 1 room of 1,000. While sends are dear, Parley's events wait for "
                 "others to share one, for --flush-ms at most; the raw server writes at once.",
                 [Panel("CPU", Axis("--flush-ms"), Axis("s per million deliveries"),
                        [_curve(ours, "Parley", "cpu_s_per_million", "1"),
                         *level("cpu_s_per_million", "raw epoll", "6")]),
                  Panel("Latency", Axis("--flush-ms"), Axis("ms"),
                        [_curve(ours, "Parley p50", "delivery_p50_ms", "3"),
                         _curve(ours, "Parley p99", "delivery_p99_ms", "4"),
                         *level("delivery_p50_ms", "raw p50", "3"), *level("delivery_p99_ms", "raw p99", "4")])])


CHARTS: dict[str, tuple[str, Callable[[Results], str]]] = {  # file: scenario it needs, how it is drawn
    HEADLINE: ("a", chart_headline),
    "latency.svg": ("c", chart_offered),
    "window.svg": ("e", chart_window),
    "connections.svg": ("f", chart_connections),
}


# ---- into the documents ----

def section(found: Results, analysis: Results, name: str) -> str:
    """The text between the marks called `name`; ValueError when there is no such section."""
    if name == "headline":
        return headline(found, analysis)
    if name == "versions":
        return versions(found)
    if name in TABLES:
        return scenario_table(found, name)
    if name == "targets":
        return targets_table(found, analysis)
    if name in analysis_render.TABLES:
        return analysis_render.table(analysis, name)
    known = ("headline", "targets", "versions", *TABLES, *analysis_render.TABLES)
    raise ValueError(f"there is no section 'bench:{name}'; there are {', '.join(known)}")


def filled(text: str, found: Results, analysis: Results) -> str:
    """A document with all its sections as the results have them."""
    return _MARK.sub(lambda m: m.group(1) + section(found, analysis, m.group(2)) + m.group(4), text)


def outputs(path: Path) -> Iterator[tuple[Path, str]]:
    """Every file that is made of a results file and the one of the analysis beside it, and what is to be in it."""
    found, analysis = results.read(path), results.read(path.with_name(results.ANALYSIS))
    for document in DOCUMENTS:
        yield document, filled(document.read_text(), found, analysis)
    for name, text in analysis_render.charts_of(analysis):
        yield path.parent / name, text
    for name, (key, draw) in CHARTS.items():
        if key in found["scenarios"]:
            yield path.parent / name, draw(found)


def outdated(path: Path = results.FILE) -> list[Path]:
    """Files that are not as the results have them."""
    return [file for file, text in outputs(path) if not file.exists() or file.read_text() != text]


def write_all(path: Path) -> int:
    """Brings every file up to date."""
    for file, text in list(outputs(path)):
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            print(f"wrote {file.relative_to(servers.ROOT)}")
    return 0
