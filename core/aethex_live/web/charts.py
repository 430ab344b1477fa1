"""Line charts as SVG: the arithmetic behind the macro `chart_line`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

WIDTH, HEIGHT = 560, 170  # of the drawing, in SVG units
LEFT, RIGHT, TOP, BOTTOM = 36, 6, 8, 24  # room for the scales
TICKS_ACROSS = 4
TABLE_ROWS = 12  # a person with a screen reader wants the course, not each second


class SeriesLike(Protocol):
    """A line: its name, its points, whether the area below is filled."""

    @property
    def label(self) -> str: ...
    @property
    def values(self) -> Sequence[float]: ...
    @property
    def area(self) -> bool: ...


class ChartLike(Protocol):
    """A chart as the view data has it."""

    @property
    def times(self) -> Sequence[str]: ...
    @property
    def series(self) -> Sequence[SeriesLike]: ...
    @property
    def ceiling(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of a scale: where, and what it says."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A drawn series; `area` is "" when it isn't filled."""

    label: str
    path: str
    area: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawn chart with its table."""

    width: int
    height: int
    left: int
    right: int
    lines: Sequence[Line]
    across: Sequence[Tick]
    up: Sequence[Tick]
    table: Sequence[tuple[str, Sequence[str]]]


def plot(chart: ChartLike) -> Plot:
    """Scale a chart; an empty one gives bare scales."""
    highest = max((value for series in chart.series for value in series.values), default=0.0)
    top, step = _scale(chart.ceiling or highest)
    floor = HEIGHT - BOTTOM
    points = max((len(series.values) for series in chart.series), default=0)

    def place(index: int, value: float) -> tuple[float, float]:
        across = LEFT + (WIDTH - LEFT - RIGHT) * (index / (points - 1) if points > 1 else 0)
        return across, floor - (floor - TOP) * min(max(value, 0.0), top) / top

    lines = [_line(series, [place(i, v) for i, v in enumerate(series.values)], floor) for series in chart.series]
    up = [Tick(place(0, step * i)[1], _short(step * i)) for i in range(round(top / step) + 1)]
    across = [Tick(place(i, 0)[0], chart.times[i]) for i in _spread(min(points, len(chart.times)), TICKS_ACROSS)]
    return Plot(WIDTH, HEIGHT, LEFT, WIDTH - RIGHT, lines, across, up, _table(chart))


def _line(series: SeriesLike, points: list[tuple[float, float]], floor: float) -> Line:
    path = _smooth(points)
    filled = f"{path}L{points[-1][0]:.1f} {floor}L{points[0][0]:.1f} {floor}Z" if series.area and points else ""
    return Line(series.label, path, filled)


def _smooth(points: list[tuple[float, float]]) -> str:
    """A path through the points that never overshoots them: handles stay level with their own point."""
    if not points:
        return ""
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        half = (x0 + x1) / 2
        parts.append(f"C{half:.1f} {y0:.1f} {half:.1f} {y1:.1f} {x1:.1f} {y1:.1f}")
    return "".join(parts)


def _scale(highest: float) -> tuple[float, float]:
    """A round top with two to five steps: 6,100 -> (8000, 4000)."""
    if highest <= 0:
        return 1.0, 1.0
    magnitude = 10 ** math.floor(math.log10(highest))
    for factor in (1, 2, 4, 8, 10, 20):
        step = magnitude * factor / 2
        if highest <= step * 3:
            return step * max(2, math.ceil(highest / step)), step
    return highest, highest


def _short(value: float) -> str:
    if value >= 1000:
        return f"{value / 1000:g}K"
    return f"{value:g}"


def _spread(count: int, wanted: int) -> list[int]:
    if count <= wanted:
        return list(range(count))
    return [round(i * (count - 1) / (wanted - 1)) for i in range(wanted)]


def _table(chart: ChartLike) -> list[tuple[str, list[str]]]:
    count = min([len(chart.times), *(len(series.values) for series in chart.series)])
    return [
        (chart.times[i], [f"{series.values[i]:,.0f}" for series in chart.series]) for i in _spread(count, TABLE_ROWS)
    ]
