"""Line charts: round scales, lines inside them, a table that says the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live._web.views import ChartView, Series
from aethex_live.web.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, plot


def chart(values: list[float], **more: float) -> ChartView:
    times = [f"t{index}" for index in range(len(values))]
    return ChartView(title="Bitrate", times=times, series=[Series(label="Bitrate", values=values, area=True)], **more)


@pytest.mark.parametrize(
    ("highest", "labels"),
    [
        (6100, ["0", "4K", "8K"]),
        (4812, ["0", "2K", "4K", "6K"]),
        (3, ["0", "1", "2", "3"]),
        (0.5, ["0", "0.2", "0.4", "0.6"]),
    ],
)
def test_scales_are_round(highest: float, labels: list[str]) -> None:
    assert [tick.label for tick in plot(chart([0, highest])).up] == labels


@given(st.lists(st.floats(min_value=0, max_value=1e9), min_size=1, max_size=80))
def test_every_point_is_inside_the_drawing(values: list[float]) -> None:
    drawn = plot(chart(values))
    numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", drawn.lines[0].path)]
    across, up = numbers[::2], numbers[1::2]
    assert all(LEFT - 0.1 <= x <= WIDTH - RIGHT + 0.1 for x in across)
    assert all(TOP - 0.1 <= y <= HEIGHT - BOTTOM + 0.1 for y in up)
    assert len(drawn.table) <= 12


def test_an_empty_chart_has_scales_and_no_line() -> None:
    drawn = plot(chart([]))
    assert drawn.lines[0].path == ""
    assert drawn.lines[0].area == ""
    assert drawn.table == []


def test_the_table_has_the_first_and_the_last_value() -> None:
    rows = plot(chart([float(i) for i in range(100)])).table
    assert rows[0] == ("t0", ["0"])
    assert rows[-1] == ("t99", ["99"])
