# SPDX-License-Identifier: MIT
"""Claims about what is made of the runs: medians, ratios, tables, documents."""
import json
from pathlib import Path

import pytest

import plan
import render
import results
from measure import Case, figures_of
from servers import PEERS

CASES = [Case("parley-memory", "Parley, memory", "parley", ["--window", "1"], tone="ours"),
         Case("raw", "raw", "raw", ["--window", "1"], tone="limit"),
         Case("node-ws", "Node ws", "node-ws", ["--window", "1"])]

EMPTY = {"format": results.FORMAT, "machine": {}, "scenarios": {}}


def run(cpu: float, **more) -> dict:
    return {"cpu_s_per_million": cpu, "deliveries_per_s": 1e6 / cpu, "client_busy": 0.5} | more


def measured(**of_cases: list[dict]) -> dict:
    """Results with scenario a measured."""
    runs = {"parley-memory": [run(0.4), run(0.3), run(0.9)], "raw": [run(0.2)] * 3, "node-ws": [run(6.0)] * 3}
    runs |= {name.replace("_", "-"): of_case for name, of_case in of_cases.items()}
    entry = results.scenario("a title", "tests/bench/run --only a", "2026-11-23", CASES, runs,
                             {"fastapi": "not installed"})
    return {"format": results.FORMAT, "machine": {}, "scenarios": {"a": entry}}


def report(**more) -> dict:
    """What parley-load writes, of two processes."""
    process = {"cpu_s": 1.5, "rss_before": 1000, "rss_connected": 21000, "rss_max": 30000, "connect_cpu_s": 0.001}
    timing = {"count": 9, "p50": 1.0, "p99": 2.0, "p99_9": 3.0}
    return {"servers": [process, process | {"cpu_s": 0.5}], "deliveries_per_s": 2e6, "measured_s": 2.0,
            "publishers": 10, "sends_per_s": 2000, "handshakes_per_s": 5, "ready_per_s": 4,
            "options": {"rooms-each": "3"},
            "totals": {"ready": 10, "verdicts": 3, "acked": 4, "foreign": 0, "deliveries": 8},
            "delivery_ms": timing, "ack_ms": timing | {"count": 0}, "client": {"busy": [0.2, 0.7], "bottleneck": None},
            "oracle": {"pass": True, "violations": {}}} | more


def test_cpu_is_that_of_all_processes():
    figures = figures_of(report())
    assert figures["cpu_s_per_million"] == pytest.approx(2.0 / 4)
    assert figures["server_cpu_s_per_million"] == pytest.approx(1.5 / 4)
    assert figures["cpu_us_per_message"] == pytest.approx(500)
    assert figures["rss_bytes_per_connection"] == pytest.approx(4000)
    assert figures["client_cpu_s_per_million"] == pytest.approx(0.9 * 2.0 / 4)
    assert figures["joins_per_s"] == 12


def test_a_time_without_sends_has_no_cost_a_message():
    assert "cpu_us_per_message" not in figures_of(report(sends_per_s=0))


def test_idle_clients_have_no_deliveries():
    assert "deliveries_per_s" not in figures_of(report(publishers=0, deliveries_per_s=0.0, sends_per_s=0))


def test_a_latency_nobody_had_is_no_figure():
    assert "ack_p50_ms" not in figures_of(report()) and figures_of(report())["delivery_p99_ms"] == 2.0


def test_verdicts_are_counted_as_a_share_of_the_messages():
    assert figures_of(report())["judged_share"] == 0.75
    bare = {"ready": 10, "verdicts": 0, "acked": 0, "foreign": 4, "deliveries": 8}
    assert figures_of(report(totals=bare))["judged_share"] == 0.5
    assert "judged_share" not in figures_of(report(totals=bare | {"foreign": 0}))


def test_what_the_oracle_found_is_said():
    found = {"lost": {"count": 12000, "first": "…"}}
    assert figures_of(report(oracle={"pass": False, "violations": found}))["failed"] == "lost 12,000"


def test_the_table_shows_median_range_and_ratios():
    row = next(line for line in render.scenario_table(measured(), "a").splitlines() if "Parley" in line)
    assert "| 0.4 [0.3–0.9] |" in row
    assert "| 2.0 × | 15.0 × |" in row  # raw's CPU twice, Node's a fifteenth


def test_a_peer_that_was_left_out_is_named():
    assert "FastAPI, uvicorn was left out: not installed." in render.scenario_table(measured(), "a")


def test_failed_runs_are_named_under_the_table():
    table = render.scenario_table(measured(raw=[run(0.2, failed="lost 5"), run(0.2), {"error": "gone"}]), "a")
    assert "- raw failed in 2 of 3 runs: lost 5." in table


def test_deliveries_are_a_lower_bound_where_the_load_tester_was_the_limit():
    table = render.scenario_table(measured(raw=[run(0.2, bottleneck="busy")] * 2 + [run(0.2)]), "a")
    assert "| raw | ≥ 5 M" in table and "≥" not in next(li for li in table.splitlines() if "Parley" in li)


def test_a_case_without_any_figure_fails():
    assert "| raw | fails | fails |" in render.scenario_table(measured(raw=[{"error": "gone"}] * 3), "a")


def test_a_scenario_that_was_not_measured_says_how():
    assert render.scenario_table(measured(), "b") == "Not measured yet: `tests/bench/run --only b`.\n"


def test_a_document_is_filled_between_its_marks_and_only_there():
    text = "before\n<!-- bench:b -->\nold\n<!-- /bench:b -->\nafter\n"
    new = render.filled(text, measured(), EMPTY)
    assert new.startswith("before\n<!-- bench:b -->\nNot measured yet") and new.endswith("<!-- /bench:b -->\nafter\n")
    assert "old" not in new and render.filled(new, measured(), EMPTY) == new


def test_an_unknown_section_is_refused():
    with pytest.raises(ValueError, match="no section 'bench:nonsense'"):
        render.filled("<!-- bench:nonsense -->\n<!-- /bench:nonsense -->\n", measured(), EMPTY)


def test_an_edit_by_hand_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    document, file = tmp_path / "README.md", tmp_path / "results.json"
    document.write_text("<!-- bench:a -->\n<!-- /bench:a -->\n")
    monkeypatch.setattr(render, "DOCUMENTS", (document,))
    monkeypatch.setattr(render, "CHARTS", {})
    results.write(file, measured())
    assert render.outdated(file) == [document]
    document.write_text(render.filled(document.read_text(), results.read(file), EMPTY))
    assert render.outdated(file) == []
    document.write_text(document.read_text().replace("0.4", "0.1"))
    assert render.outdated(file) == [document]


def test_the_file_keeps_what_was_measured(tmp_path: Path):
    file = tmp_path / "results.json"
    results.write(file, measured())
    assert results.median(results.case_of(results.read(file), "a", "parley-memory"), "cpu_s_per_million") == 0.4
    assert sum('"cpu_s_per_million"' in line for line in file.read_text().splitlines()) == 9  # a run a line


def test_a_place_at_zero_is_kept():
    entry = results.scenario("t", "c", "d", [Case("raw", "raw", "raw", [], x=0.0)], {"raw": [run(1)]}, {})
    assert entry["cases"][0]["x"] == 0


def test_a_file_of_another_format_is_refused(tmp_path: Path):
    file = tmp_path / "results.json"
    file.write_text(json.dumps({"format": 99}))
    with pytest.raises(ValueError, match="has format 99"):
        results.read(file)


def test_the_slowest_servers_take_part_in_fewer_rounds_and_it_is_said():
    scenario = plan.SCENARIOS["a"]
    rounds = {case.server: scenario.rounds_of(case) for case in scenario.cases(plan.Timing())}
    assert (rounds["parley"], rounds["raw"], rounds["node-ws"], rounds["fastapi"]) == (5, 5, 5, 3)
    assert "3 interleaved rounds, 1 of the slowest servers." in render.scenario_table(measured(node_ws=[run(6.0)]), "a")


def test_every_scenario_has_cases_with_names_of_their_own_and_a_table():
    for scenario in plan.SCENARIOS.values():
        names = [case.name for case in scenario.cases(plan.Timing())]
        assert names and len(names) == len(set(names))
        assert scenario.key in render.TABLES
        assert {case.server for case in scenario.cases(plan.Timing())} <= {"parley", *PEERS}


def test_the_headline_chart_draws_what_the_table_says():
    drawn = render.chart_headline(measured())
    assert "Node ws: CPU s per million 6 · 15×, Deliveries a second 167 k, CPU s per million not measured" in drawn
