# SPDX-License-Identifier: MIT
"""Charts as SVG text, with nothing but the standard library.

`bars` draws a table of horizontal bars (a row a thing compared, a column a quantity), `lines` draws one or
more panels of curves side by side. Both return a whole SVG document as str: it has a title and a description
for readers that do not see it, paints its own background, and follows prefers-color-scheme, so it can be shown
by an <img> on a light or a dark page. Series differ by marker and dash as well as by colour. Sizes are in
pixels. ValueError says which number or label cannot be drawn.
"""
from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

WIDTH = 880          # of a picture
MARGIN = 24
TEXT = 13            # font size of labels
ROW = 26             # height of a bar's row
PANEL_HEIGHT = 260   # of a plot, axes excluded

# Tones: who a bar or a curve stands for. "ours" is what the picture is about, "limit" what cannot be beaten,
# "peer" anybody else; "1" to "6" tell series of one kind apart. (light, dark)
TONES = {
    "ours": ("#1f6feb", "#58a6ff"),
    "limit": ("#3d444d", "#d1d7e0"),
    "peer": ("#8c959f", "#6e7681"),
    "1": ("#1f6feb", "#58a6ff"),
    "2": ("#c2741f", "#e3a25c"),
    "3": ("#1a7f5a", "#4cc38a"),
    "4": ("#8250df", "#bc8cff"),
    "5": ("#c93c4e", "#ff8182"),
    "6": ("#59636e", "#9198a1"),
}
_COLOURS = {  # (light, dark)
    "back": ("#ffffff", "#0d1117"),
    "ink": ("#1f2328", "#f0f6fc"),
    "soft": ("#59636e", "#9198a1"),
    "rule": ("#d1d9e0", "#3d444d"),
}
_MARKERS = ("circle", "square", "diamond", "triangle")


@dataclass(frozen=True)
class Value:
    """A quantity with the range it was seen in; `text` is what stands beside the bar."""

    value: float
    text: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Row:
    """A thing compared: one value a column; a str instead of a Value is shown as it is, without a bar."""

    label: str
    values: Sequence[Value | str]
    tone: str = "peer"


@dataclass(frozen=True)
class Column:
    """A quantity: its name, and in smaller letters its unit or which way is better."""

    title: str
    note: str = ""


@dataclass(frozen=True)
class Axis:
    """An axis; `low` and `high` widen it beyond the data. A linear y axis always begins at 0 or below."""

    label: str
    log: bool = False
    low: float | None = None
    high: float | None = None
    ticks: Sequence[float] | None = None


@dataclass(frozen=True)
class Series:
    """A curve: (x, y) or (x, y, low, high) a point, in the order they are joined."""

    label: str
    points: Sequence[tuple[float, ...]]
    tone: str = ""
    dashed: bool = False
    markers: bool = True


@dataclass(frozen=True)
class Mark:
    """A horizontal line at a value of y, for a target or a limit."""

    value: float
    label: str


@dataclass(frozen=True)
class Panel:
    """One plot of `lines`."""

    title: str
    x: Axis
    y: Axis
    series: Sequence[Series]
    marks: Sequence[Mark] = field(default_factory=tuple)


def number(value: float) -> str:
    """A number as a reader wants it: 0.31, 5.6, 180 k, 15.2 M; three digits at most."""
    rounded = float(f"{value:.3g}")
    for begin, scale, unit in ((1e9, 1e9, " G"), (1e6, 1e6, " M"), (1e4, 1e3, " k")):
        if abs(rounded) >= begin:
            return f"{rounded / scale:.3g}{unit}"
    if rounded != 0 and abs(rounded) < 0.001:
        return f"{value:.1e}"
    return f"{value:,.0f}" if abs(rounded) >= 100 else f"{rounded:.3g}"


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers from low to high, about `wanted` of them; the last is at or above high."""
    if not low < high:
        raise ValueError(f"an axis must go up, not from {low} to {high}")
    raw = (high - low) / wanted
    scale = 10.0 ** math.floor(math.log10(raw))
    step = next(f * scale for f in (1, 2, 2.5, 5, 10) if f * scale >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2, 5, 10 ... around low to high; only powers of ten when there are many."""
    if not 0 < low <= high:
        raise ValueError(f"a logarithmic axis needs numbers above 0, not {low} to {high}")
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    last = max(last, first + 1)
    steps = (1, 2, 5) if last - first <= 3 else (1,)
    all_ticks = [s * 10.0**e for e in range(first, last + 1) for s in steps if s == 1 or e < last]
    inside = [t for t in all_ticks if low * 0.999 <= t <= high * 1.001]
    below = [t for t in all_ticks if t < low * 0.999][-1:]
    above = [t for t in all_ticks if t > high * 1.001][:1]
    return [*below, *inside, *above]


def _finite(value: float, where: str) -> float:
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{where}: {value!r} is no number that can be drawn")
    return float(value)


def _style() -> str:
    def rules(shade: int) -> str:
        colours = {name: pair[shade] for name, pair in _COLOURS.items()}
        tones = "".join(f".t-{n}{{fill:{c[shade]};stroke:{c[shade]}}}" for n, c in TONES.items())
        return (f".back{{fill:{colours['back']}}}.ink{{fill:{colours['ink']}}}.soft{{fill:{colours['soft']}}}"
                f".rule{{stroke:{colours['rule']}}}.range{{stroke:{colours['ink']}}}"
                f".halo{{stroke:{colours['back']};stroke-width:7;stroke-opacity:.6}}{tones}.curve{{fill:none}}")

    return (f"text{{font:{TEXT}px system-ui,-apple-system,'Segoe UI',sans-serif}}.title{{font-size:17px;"
            f"font-weight:600}}.small{{font-size:11.5px}}.bold{{font-weight:600}}{rules(0)}"
            f"@media(prefers-color-scheme:dark){{{rules(1)}}}")


def _text(x: float, y: float, content: str, css: str = "ink", anchor: str = "start") -> str:
    return (f'<text x="{x:.1f}" y="{y:.1f}" class="{css}" text-anchor="{anchor}">'
            f"{escape(content)}</text>")


def _line(x1: float, y1: float, x2: float, y2: float, css: str, extra: str = "") -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{css}" {extra}/>'


def text_width(content: str, size: float = TEXT) -> float:
    """What a text takes in pixels, rather too much: fonts differ."""
    narrow = sum(c in "iljt.,:;'|!() 1-" for c in content)
    return size * (0.62 * (len(content) - narrow) + 0.36 * narrow)


def _wrap(content: str, width: float, size: float) -> list[str]:
    rows: list[str] = []
    for word in content.split():
        if rows and text_width(f"{rows[-1]} {word}", size) <= width:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return rows


def _document(title: str, note: str, height: float, body: list[str], described: str) -> str:
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
           f'height="{height:.0f}" role="img" aria-labelledby="t d">',
           f'<title id="t">{escape(title)}</title><desc id="d">{escape(described)}</desc>',
           f"<style>{_style()}</style>",
           f'<rect class="back" width="{WIDTH}" height="{height:.0f}" rx="8"/>',
           _text(MARGIN, MARGIN + 12, title, "ink title")]
    for i, row in enumerate(_wrap(note, WIDTH - 2 * MARGIN, 11.5)):
        out.append(_text(MARGIN, MARGIN + 32 + 16 * i, row, "soft small"))
    return "\n".join([*out, *body, "</svg>\n"])


def _head_height(note: str) -> float:
    return MARGIN + 22 + 16 * len(_wrap(note, WIDTH - 2 * MARGIN, 11.5))


def _tone(name: str, label: str) -> str:
    if name not in TONES:
        raise ValueError(f"{label!r}: no tone is called {name!r}; there are {', '.join(TONES)}")
    return name


# ---- bars ----

def _column_top(columns: Sequence[Column], rows: Sequence[Row], at: int) -> float:
    top = 0.0
    for row in rows:
        value = row.values[at]
        if isinstance(value, Value):
            where = f"{row.label!r}, {columns[at].title!r}"
            seen = [_finite(v, where) for v in (value.value, value.low, value.high) if v is not None]
            if min(seen) < 0:
                raise ValueError(f"{where}: {min(seen):g} is below 0, where the bars begin")
            top = max(top, *seen)
    return top or 1.0


def _bar(x: float, y: float, value: Value, scale: float, tone: str) -> Iterator[str]:
    length = max(value.value * scale, 1.5)
    height = ROW - 11
    yield f'<rect class="t-{tone}" x="{x:.1f}" y="{y - height / 2:.1f}" width="{length:.1f}" height="{height}"/>'
    end = x + length
    if value.low is not None and value.high is not None:
        low, high = x + value.low * scale, x + value.high * scale
        end = max(end, high)
        if high - low >= 2:
            yield _line(low - 2, y, high + 2, y, "halo")
            yield _line(low, y, high, y, "range")
            yield from (_line(at, y - 3, at, y + 3, "range") for at in (low, high))
    yield _text(end + 6, y + 4.5, value.text, f"ink small{' bold' if tone == 'ours' else ''}")


def _column(rows: Sequence[Row], columns: Sequence[Column], at: int, x: float, width: float, y: float) -> Iterator[str]:
    """The bars of a column; y is the middle of its first row."""
    beside = max(text_width(getattr(row.values[at], "text", ""), 12) for row in rows) + 22
    scale = max(width - beside, 20) / _column_top(columns, rows, at)
    for j, row in enumerate(rows):
        value = row.values[at]
        if isinstance(value, str):
            yield _text(x + 6, y + ROW * j + 4.5, value, "soft small")
        else:
            yield from _bar(x, y + ROW * j, value, scale, _tone(row.tone, row.label))


def bars(title: str, note: str, columns: Sequence[Column], rows: Sequence[Row]) -> str:
    """An SVG of horizontal bars from 0, linear, each column with a scale of its own."""
    if not columns or not rows:
        raise ValueError(f"{title!r}: no columns or no rows to draw")
    for row in rows:
        if len(row.values) != len(columns):
            raise ValueError(f"{row.label!r} has {len(row.values)} values for {len(columns)} columns")
    names = max(text_width(row.label, TEXT * (1.08 if row.tone == "ours" else 1)) for row in rows) + 14
    width = (WIDTH - 2 * MARGIN - names) / len(columns)
    top = _head_height(note) + 18
    first = top + 18 + 15 * any(column.note for column in columns)
    bottom = first + ROW * len(rows)
    body: list[str] = []
    for i, column in enumerate(columns):
        x = MARGIN + names + i * width
        body += [_text(x, top, column.title, "ink bold"), _text(x, top + 15, column.note, "soft small"),
                 _line(x, first - 6, x, bottom, "rule")]
        body.extend(_column(rows, columns, i, x, width, first + ROW / 2))
    for j, row in enumerate(rows):
        body.append(_text(MARGIN, first + ROW * (j + 0.5) + 4.5, row.label,
                          "ink bold" if row.tone == "ours" else "ink"))
    described = "; ".join(
        f"{row.label}: " + ", ".join(f"{c.title} {v if isinstance(v, str) else v.text}"
                                     for c, v in zip(columns, row.values, strict=True)) for row in rows)
    return _document(title, note, bottom + MARGIN, body, described)


# ---- lines ----

@dataclass(frozen=True)
class _Scale:
    """From numbers to pixels."""

    log: bool
    low: float
    high: float
    at_low: float
    at_high: float

    def __call__(self, value: float) -> float:
        low, high, v = self.low, self.high, value
        if self.log:
            low, high, v = math.log10(low), math.log10(high), math.log10(value)
        return self.at_low + (v - low) / (high - low) * (self.at_high - self.at_low)


def _extent(axis: Axis, values: list[float], where: str, from_zero: bool) -> tuple[float, float, list[float]]:
    """Low, high and the ticks of an axis."""
    seen = [_finite(v, where) for v in [*values, axis.low, axis.high, *(axis.ticks or ())] if v is not None]
    low, high = min(seen), max(seen)
    if axis.log:
        if low <= 0:
            raise ValueError(f"{where}: {low:g} cannot stand on a logarithmic axis")
        chosen = list(axis.ticks) if axis.ticks else log_ticks(low, high)
    else:
        low = min(low, 0.0) if from_zero else low
        high = high if high > low else low + (abs(low) or 1.0)
        chosen = list(axis.ticks) if axis.ticks else ticks(low, high)
    low, high = min([low, *chosen]), max([high, *chosen])
    return low, high if high > low else low * 2, chosen


def _marker(kind: str, x: float, y: float, tone: str) -> str:
    shapes = {
        "circle": f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5"',
        "square": f'<rect x="{x - 3.2:.1f}" y="{y - 3.2:.1f}" width="6.4" height="6.4"',
        "diamond": f'<path d="M{x:.1f} {y - 4.6:.1f}l4.6 4.6l-4.6 4.6l-4.6-4.6z"',
        "triangle": f'<path d="M{x:.1f} {y - 4.4:.1f}l4.4 7.8h-8.8z"',
    }
    return f'{shapes[kind]} class="t-{tone}"/>'


def _dash(series: Series) -> str:
    return 'stroke-width="2" stroke-linejoin="round"' + (' stroke-dasharray="5 4"' if series.dashed else "")


def _curve(series: Series, tone: str, marker: str, sx: _Scale, sy: _Scale) -> Iterator[str]:
    points = [(sx(p[0]), sy(p[1])) for p in series.points]
    ranges = [(sx(p[0]), sy(p[2]), sy(p[3])) for p in series.points if len(p) == 4]
    for x, low, high in ranges:
        yield _line(x, low, x, high, f"t-{tone}", 'stroke-opacity="0.45" stroke-width="1.5"')
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    yield f'<path class="t-{tone} curve" d="{path}" {_dash(series)}/>'
    if series.markers:
        yield from (_marker(marker, x, y, tone) for x, y in points)


def _axes(panel: Panel, sx: _Scale, sy: _Scale, x_ticks: list[float], y_ticks: list[float]) -> Iterator[str]:
    left, right, bottom = sx.at_low, sx.at_high, sy.at_low
    for tick in y_ticks:
        y = sy(tick)
        yield _line(left, y, right, y, "rule")
        yield _text(left - 7, y + 4, number(tick), "soft small", "end")
    last = -math.inf
    for tick in x_ticks:
        x, width = sx(tick), text_width(number(tick), 11.5)
        yield _line(x, bottom, x, bottom + 4, "rule")
        if x - width / 2 > last + 4:  # labels do not run into each other
            yield _text(x, bottom + 17, number(tick), "soft small", "middle")
            last = x + width / 2
    yield _text((left + right) / 2, bottom + 36, panel.x.label, "soft small", "middle")
    yield _text(left - 40, sy.at_high - 12, panel.y.label, "soft small")


def _panel(panel: Panel, styles: dict[str, tuple[str, str]], left: float, width: float, top: float) -> Iterator[str]:
    where = f"{panel.title or panel.y.label!r}"
    if not panel.series or not all(s.points for s in panel.series):
        raise ValueError(f"{where}: a panel needs series, and a series needs points")
    xs = [p[0] for s in panel.series for p in s.points]
    ys = [v for s in panel.series for p in s.points for v in p[1:]] + [m.value for m in panel.marks]
    x_low, x_high, x_ticks = _extent(panel.x, xs, f"{where}, x", from_zero=False)
    y_low, y_high, y_ticks = _extent(panel.y, ys, f"{where}, y", from_zero=True)
    plot_top = top + 40
    sx = _Scale(panel.x.log, x_low, x_high, left + 46, left + width - 14)
    sy = _Scale(panel.y.log, y_low, y_high, plot_top + PANEL_HEIGHT, plot_top)
    yield _text(left + 6, top + 10, panel.title, "ink bold")
    yield from _axes(panel, sx, sy, x_ticks, y_ticks)
    for mark in panel.marks:
        y = sy(mark.value)
        yield _line(sx.at_low, y, sx.at_high, y, "range", 'stroke-dasharray="2 3"')
        yield _text(sx.at_high, y - 5, mark.label, "ink small", "end")
    for series in panel.series:
        yield from _curve(series, *styles[series.label], sx, sy)


def _legend(styles: dict[str, tuple[str, str]], samples: dict[str, Series], top: float) -> tuple[list[str], float]:
    """The legend's elements and the height of its rows."""
    out: list[str] = []
    x, y = float(MARGIN), top
    for label, (tone, marker) in styles.items():
        width = 34 + text_width(label, TEXT) + 14
        if x > MARGIN and x + width > WIDTH - MARGIN:
            x, y = float(MARGIN), y + 20
        out.append(_line(x, y, x + 26, y, f"t-{tone}", _dash(samples[label])))
        if samples[label].markers:
            out.append(_marker(marker, x + 13, y, tone))
        out.append(_text(x + 32, y + 4.5, label))
        x += width
    return out, y - top + 20


def lines(title: str, note: str, panels: Sequence[Panel]) -> str:
    """An SVG of panels side by side, with one legend: a label means the same series in every panel."""
    if not panels:
        raise ValueError(f"{title!r}: no panels to draw")
    samples = {s.label: s for panel in reversed(panels) for s in panel.series}
    labels = list(dict.fromkeys(s.label for panel in panels for s in panel.series))
    styles = {label: (_tone(samples[label].tone or str(i % 6 + 1), label), _MARKERS[i % len(_MARKERS)])
              for i, label in enumerate(labels)}
    top = _head_height(note) + 18
    body, legend = _legend(styles, samples, top)
    top += legend + 4
    width = (WIDTH - 2 * MARGIN) / len(panels)
    for i, panel in enumerate(panels):
        body.extend(_panel(panel, styles, MARGIN - 6 + i * width, width + 6, top))
    described = "; ".join(f"{p.title or p.y.label}, {s.label}: " +
                          ", ".join(f"{number(pt[1])} at {number(pt[0])}" for pt in s.points[:40])
                          for p in panels for s in p.series)
    return _document(title, note, top + 40 + PANEL_HEIGHT + 48 + MARGIN / 2, body, described)
