"""What `./run bench swap` and `calls` make of a report: nothing that failed or was left out is hidden."""

from __future__ import annotations

from bench.calls import figures as calls
from bench.swap import figures, read

REPORT = """<testsuites><testsuite>
<testcase classname="a" name="b"><properties>
<property name="swap" value="{'kind': 'streaming', 'name': 'mux', 'step': 'go live', 'lacks': []}" />
<property name="swap" value="{'kind': 'streaming', 'name': 'mux', 'step': 'rehearse', 'lacks': ['rehearse']}" />
<property name="swap" value="{'kind': 'streaming', 'name': 'mux', 'step': 'clip', 'lacks': ['clips']}" />
<property name="calls" value="{'vendor': 'stream_mux', 'calls': {'GET /a': True, 'GET /b': False}}" />
<property name="beside" value="{'vendor': 'stream_mux', 'calls': {'GET /c': 'elsewhere'}}" />
</properties></testcase>
%s</testsuite></testsuites>"""
BAD = '<testcase classname="a" name="c"><failure /></testcase>'
LEFT_OUT = '<testcase classname="a" name="d"><skipped message="no npm" /></testcase>'


def test_what_a_provider_cannot_do_stands_beside_what_was_done() -> None:
    row, whole = figures(read(REPORT % ""), quick=False)
    assert (row.figure, row.value, row.unit) == ("swap: streaming mux, steps done", 1, "of 3")
    assert row.note == "can't: rehearse; clip (clips)"
    assert (whole.value, whole.met) == (0, True)


def test_what_failed_or_was_left_out_misses_the_goal() -> None:
    for more in (BAD, LEFT_OUT):
        *_, whole = figures(read(REPORT % more), quick=False)
        assert whole.met is False
        *_, whole = calls(read(REPORT % more), quick=False)
        assert (whole.value, whole.met) == (1, False)
    *_, whole = figures(read("<testsuites></testsuites>"), quick=False)
    assert whole.met is False


def test_every_call_has_a_row_and_a_wrong_one_misses_the_goal() -> None:
    right, wrong, beside, share, _ = calls(read(REPORT % ""), quick=False)
    assert {figure.figure for figure in (right, wrong, beside)} == {"calls: stream_mux, GET"}
    assert (right.note, right.met) == ("/a", True)
    assert (wrong.note, wrong.met) == ("/b", False)
    assert beside.note == "/c: elsewhere"
    assert (share.figure, share.value, share.met) == (
        "calls: stream_mux, valid by its vendor's description",
        50.0,
        False,
    )
