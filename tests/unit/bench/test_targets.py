# SPDX-License-Identifier: MIT
"""Claims about the targets: each is judged by the figures of its scenario, and by no others."""
import pytest

import plan
import render
import results
import targets
from measure import Case

EMPTY = {"format": results.FORMAT, "machine": {}, "scenarios": {}}


def found(key: str, **of_cases: list[dict]) -> dict:
    """Results with one scenario; "a__b" stands for a case "a@b", "_" for "-"."""
    cases = [Case(name.replace("__", "@").replace("_", "-"), name, "parley", ["--window", "1"], x=1.0) for name in of_cases]
    runs = dict(zip((case.name for case in cases), of_cases.values(), strict=True))
    return {**EMPTY, "scenarios": {key: results.scenario("t", "c", "d", cases, runs, {})}}


def lag(**of_series: dict[float, float]) -> dict:
    """An analysis file with lags by series and rate."""
    cases = [{"name": f"{series}@{x}", "label": series, "x": x, "runs": [{"lag_p99_ms": ms}]}
             for series, by_rate in of_series.items() for x, ms in by_rate.items()]
    return {**EMPTY, "scenarios": {"lag": results.entry("t", "c", "d", cases)}}


def verdicts(results_of: dict, analysis: dict = EMPTY) -> dict[str, tuple[str, str]]:
    """By what is wanted: what was measured, and the verdict; only those that were measured."""
    return {what: (seen, word) for _, what, _, seen, word in targets.rows(results_of, analysis) if word != "not measured"}


@pytest.mark.parametrize(("cost", "word"), [(1.3, "met"), (1.31, "**missed**")])
def test_a_ratio_at_its_limit_is_met_and_above_it_missed(cost: float, word: str):
    told = verdicts(found("a", parley_memory=[{"cpu_s_per_million": cost}], raw=[{"cpu_s_per_million": 1.0}]))
    assert told == {"CPU of `memory` against the raw server": (f"{cost:.2f} ×", word)}


def test_the_summary_counts_what_was_judged():
    told = found("a", parley_memory=[{"cpu_s_per_million": 1.0}], raw=[{"cpu_s_per_million": 0.1}],
                 node_ws=[{"cpu_s_per_million": 20.0}])
    assert targets.summary(told, EMPTY) == "1 of 2 targets are met"
    assert targets.summary(EMPTY, EMPTY) == ""


def test_the_median_decides():
    ours = [{"cpu_s_per_million": cost} for cost in (0.5, 1.4, 9.0)]
    told = verdicts(found("a", parley_memory=ours, raw=[{"cpu_s_per_million": 1.0}]))
    assert list(told.values()) == [("1.40 ×", "**missed**")]


def test_ten_million_deliveries_are_excused_only_when_the_load_tester_was_the_limit():
    slow = {"deliveries_per_s": 4e6, "client_busy": 0.5}
    assert list(verdicts(found("b", parley_memory=[slow])).values()) == [("4 M/s, load tester 50% busy", "**missed**")]
    limited = verdicts(found("b", parley_memory=[slow | {"bottleneck": "busy"}]))
    assert list(limited.values()) == [("4 M/s, load tester 50% busy, which was the limit", "met")]


@pytest.mark.parametrize(("client", "more", "word"), [
    (0.0001, 1.7, "met"), (0.0001, 1.5, "**missed**"), (1.0, 1.0, "not decided here")])
def test_two_loops_are_judged_only_where_two_cores_permit_it(client: float, more: float, word: str):
    one = {"cpu_s_per_million": 1.0, "client_cpu_s_per_million": client, "deliveries_per_s": 1e6}
    entry = found("h", one=[one], two=[one | {"deliveries_per_s": more * 1e6}])
    for case, name in zip(entry["scenarios"]["h"]["cases"], ("1 room, 1 loops", "1 room, 2 loops"), strict=True):
        case["name"] = name
    assert [verdict for _, verdict in verdicts(entry).values()] == [word]


def test_an_ack_is_compared_with_the_disk_of_its_own_runs():
    told = verdicts(found("j", full__100=[{"ack_p99_ms": 7.0, "fdatasync_p99_ms": 2.5}],
                          full__1000=[{"ack_p99_ms": 7.0, "fdatasync_p99_ms": 1.5}]))
    assert [word for _, word in told.values()] == ["met", "**missed**"]


def test_the_worst_rate_decides_about_lag():
    told = verdicts(EMPTY, lag(workers={50: 1.0, 800: 6.0}, inline={50: 2.0, 800: 900.0}))
    assert told["event-loop lag p99 whatever the workers do"] == ("at most 6 ms, at 800 messages/s", "**missed**")


def test_every_target_names_a_scenario_and_finds_its_cases():
    """A misspelt case would look like one that was not measured."""
    figures = {name: 1.0 for name in ("cpu_s_per_million", "client_cpu_s_per_million", "deliveries_per_s", "client_busy",
                                      "delivery_p99_ms", "rss_bytes_per_connection", "handshakes_per_s", "ack_p99_ms",
                                      "cpu_us_per_message", "fdatasync_p99_ms")}
    everything = {key: results.scenario("t", "c", "d", cases, {case.name: [figures] for case in cases}, {})
                  for key, scenario in plan.SCENARIOS.items() for cases in [scenario.cases(plan.Timing())]}
    analysis = lag(workers={50: 1.0}, inline={50: 9.0})
    rows = list(targets.rows({**EMPTY, "scenarios": everything}, analysis))
    assert [row for row in rows if row[4] == "not measured"] == []
    assert render.targets_table({**EMPTY, "scenarios": everything}, analysis).count("\n") == len(rows) + 2
