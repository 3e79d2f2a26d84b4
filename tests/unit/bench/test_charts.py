# SPDX-License-Identifier: MIT
"""Claims about the charts: they are well-formed, to scale, and refuse what cannot be drawn."""
import math
import re
import xml.etree.ElementTree as ET

import pytest

from charts import TONES, Axis, Column, Mark, Panel, Row, Series, Value, bars, lines, log_ticks, number, ticks

SVG = "{http://www.w3.org/2000/svg}"
CPU = Column("CPU s per million", "less is better")


def two_bars(**more: float) -> str:
    return bars("A title", "A note", [CPU], [Row("ours & <mine>", [Value(1.0, "1.0")], "ours"),
                                             Row("theirs", [Value(4.0, "4.0", **more)])])


def rectangles(svg: str) -> list[ET.Element]:
    """The bars: every rectangle but the background."""
    return [r for r in ET.fromstring(svg).iter(f"{SVG}rect") if "t-" in r.get("class", "")]


def texts(svg: str) -> list[str]:
    return [t.text or "" for t in ET.fromstring(svg).iter(f"{SVG}text")]


def panel(points: list[tuple[float, ...]], **axes: Axis) -> Panel:
    return Panel("p", axes.get("x", Axis("x")), axes.get("y", Axis("y")), [Series("s", points)])


def path_of(svg: str) -> list[tuple[float, float]]:
    curve = next(p for p in ET.fromstring(svg).iter(f"{SVG}path") if "curve" in p.get("class", ""))
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", curve.get("d", ""))]


def test_bars_are_to_scale_and_begin_at_zero():
    ours, theirs = (float(r.get("width", "0")) for r in rectangles(two_bars()))
    assert theirs / ours == pytest.approx(4, abs=0.01)


def test_bars_keep_room_for_a_range_beyond_the_longest_bar():
    svg = two_bars(low=3.0, high=8.0)
    ends = [float(line.get("x2", "0")) for line in ET.fromstring(svg).iter(f"{SVG}line")]
    assert max(ends) < 880
    assert max(ends) > max(float(r.get("x", "0")) + float(r.get("width", "0")) for r in rectangles(svg))


def test_texts_are_escaped_and_shown():
    assert "ours & <mine>" in texts(two_bars())


def test_a_value_that_is_missing_is_said_without_a_bar():
    svg = bars("t", "", [CPU], [Row("a", [Value(1, "1")]), Row("b", ["not run"])])
    assert "not run" in texts(svg)
    assert len(rectangles(svg)) == 1


def test_the_picture_says_in_words_what_it_shows():
    description = next(ET.fromstring(two_bars()).iter(f"{SVG}desc")).text or ""
    assert "theirs: CPU s per million 4.0" in description


@pytest.mark.parametrize("tone", TONES)
def test_every_tone_has_a_light_and_a_dark_colour(tone: str):
    style = next(ET.fromstring(two_bars()).iter(f"{SVG}style")).text or ""
    light, dark = style.split("prefers-color-scheme:dark", 1)
    for shade, css in zip(TONES[tone], (light, dark), strict=True):
        assert f".t-{tone}{{fill:{shade}" in css


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, "3"])
def test_what_is_no_length_is_refused_with_its_place(bad: object):
    with pytest.raises(ValueError, match="'theirs', 'CPU s per million'"):
        bars("t", "", [CPU], [Row("theirs", [Value(bad, "?")])])  # type: ignore[arg-type]


def test_rows_and_columns_must_match():
    with pytest.raises(ValueError, match="2 values for 1 columns"):
        bars("t", "", [CPU], [Row("a", [Value(1, "1"), Value(2, "2")])])


def test_an_unknown_tone_is_refused_with_those_that_exist():
    with pytest.raises(ValueError, match="no tone is called 'pink'; there are ours"):
        bars("t", "", [CPU], [Row("a", [Value(1, "1")], "pink")])


def test_points_are_to_scale_on_linear_axes():
    (x0, y0), (x1, y1), (x2, y2) = path_of(lines("t", "", [panel([(0, 0), (5, 10), (10, 20)])]))
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.2) and y2 < y1 < y0


def test_a_decade_is_a_decade_on_a_logarithmic_axis():
    points = path_of(lines("t", "", [panel([(1, 1), (2, 10), (3, 100)], y=Axis("y", log=True))]))
    assert points[0][1] - points[1][1] == pytest.approx(points[1][1] - points[2][1], abs=0.2)


def test_a_zero_on_a_logarithmic_axis_is_refused():
    with pytest.raises(ValueError, match="0 cannot stand on a logarithmic axis"):
        lines("t", "", [panel([(1, 0), (2, 10)], y=Axis("y", log=True))])


def test_a_flat_curve_and_a_single_point_can_be_drawn():
    ET.fromstring(lines("t", "", [panel([(3, 7)])]))
    ET.fromstring(lines("t", "", [panel([(1, 0), (2, 0)])]))


def test_ranges_and_marks_widen_the_axis():
    svg = lines("t", "", [Panel("p", Axis("x"), Axis("y"), [Series("s", [(0, 1, 1, 90)])], [Mark(400, "limit")])])
    assert "400" in texts(svg) and "limit" in texts(svg)


def test_a_label_has_one_look_in_all_panels():
    one, two = Series("a", [(0, 1), (1, 2)]), Series("b", [(0, 2), (1, 3)])
    svg = lines("t", "", [Panel("p", Axis("x"), Axis("y"), [one, two]), Panel("q", Axis("x"), Axis("y"), [two])])
    curves = [p.get("class") for p in ET.fromstring(svg).iter(f"{SVG}path") if "curve" in p.get("class", "")]
    assert curves == ["t-1 curve", "t-2 curve", "t-2 curve"]
    assert texts(svg).count("b") == 1  # one legend


def test_an_empty_series_is_refused():
    with pytest.raises(ValueError, match="needs points"):
        lines("t", "", [panel([])])


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 0.37), (0, 16_200_000), (3, 4), (0, 99.9)])
def test_ticks_are_few_round_and_cover_the_range(low: float, high: float):
    found = ticks(low, high)
    assert found[0] <= low and found[-1] >= high and 3 <= len(found) <= 8
    step = found[1] - found[0]
    assert round(step / 10 ** math.floor(math.log10(step)), 6) in (1, 2, 2.5, 5)


@pytest.mark.parametrize(("low", "high"), [(1, 1), (0.3, 20), (1, 1e7), (2, 4)])
def test_log_ticks_cover_the_range(low: float, high: float):
    found = log_ticks(low, high)
    assert found[0] <= low and found[-1] >= high and len(found) >= 2


@pytest.mark.parametrize(("value", "shown"), [
    (0, "0"), (0.0641, "0.0641"), (0.293, "0.293"), (5.6, "5.6"), (112, "112"), (1999, "1,999"),
    (48_000, "48 k"), (178_123, "178 k"), (999_999, "1 M"), (2_410_000, "2.41 M"), (15_200_000, "15.2 M"),
])
def test_numbers_have_three_digits_and_a_unit(value: float, shown: str):
    assert number(value) == shown
