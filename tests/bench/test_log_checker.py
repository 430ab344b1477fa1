"""The log checker finds each kind of fault, and none where there is none."""

from hypothesis import given
from hypothesis import strategies as st

from bench.log_checker import Promise, Row, Shown, Verdict, check

TABLE = [Row(seq, "anna", f"anna-{seq}") for seq in range(1, 7)]
PROMISES = [Promise("anna", row.seq, row.client_id, row.seq) for row in TABLE]


def shown(*numbers: int, began: int = 0) -> list[Shown]:
    """The log of a page that began behind a number and was shown these."""
    return [Shown("began", began), *(Shown("line", seq, f"anna-{seq}") for seq in numbers)]


def found(log: list[Shown], promises: list[Promise] | None = None, table: list[Row] | None = None) -> Verdict:
    return check({"page": log}, PROMISES if promises is None else promises, TABLE if table is None else table)


def test_a_page_that_was_shown_all_in_order_is_clean() -> None:
    assert found(shown(1, 2, 3, 4, 5, 6)).faults == 0


def test_a_page_that_came_later_is_shown_the_rest() -> None:
    assert found(shown(4, 5, 6, began=3)).faults == 0


def test_what_a_page_read_from_the_history_counts_as_shown() -> None:
    log = [*shown(1, 2), Shown("read", 3, "anna-3"), Shown("read", 4, "anna-4"), Shown("line", 5, "anna-5")]
    assert found([*log, Shown("line", 6, "anna-6")]).faults == 0


def test_a_hole_is_lost() -> None:
    verdict = found(shown(1, 2, 5, 6))
    assert (verdict.lost, verdict.faults) == (2, 2)
    assert verdict.examples == ["lost: page was shown nothing between 2 and 5"]


def test_what_is_missing_at_the_end_is_lost() -> None:
    assert found(shown(1, 2, 3, 4)).lost == 2


def test_a_page_that_never_began_lost_everything() -> None:
    assert found([]).lost == 6


def test_a_line_that_comes_twice_is_doubled() -> None:
    verdict = found(shown(1, 2, 3, 3, 4, 5, 6))
    assert (verdict.doubled, verdict.faults) == (1, 1)


def test_an_older_line_after_a_newer_one_is_reordered() -> None:
    verdict = found(shown(1, 2, 4, 3, 5, 6))
    assert verdict.reordered == 1
    assert verdict.lost == 1


def test_a_line_under_the_number_of_another_is_foreign() -> None:
    assert found([*shown(1, 2, 3, 4, 5), Shown("line", 6, "anna-7")]).foreign == 1


def test_an_acknowledged_message_that_is_not_stored_is_lost() -> None:
    verdict = found(shown(1, 2, 3, 4, 5, 6), [*PROMISES, Promise("anna", 7, "anna-7", 7)])
    assert (verdict.lost, verdict.faults) == (1, 1)


def test_an_acknowledgement_with_another_number_is_reordered() -> None:
    assert found(shown(1, 2, 3, 4, 5, 6), [Promise("anna", 1, "anna-1", 2)]).reordered == 1


def test_messages_of_an_author_in_another_order_are_reordered() -> None:
    table = [Row(1, "anna", "anna-2"), Row(2, "anna", "anna-1")]
    promises = [Promise("anna", 1, "anna-1", 2), Promise("anna", 2, "anna-2", 1)]
    log = [Shown("began", 0), Shown("line", 1, "anna-2"), Shown("line", 2, "anna-1")]
    assert check({"page": log}, promises, table).reordered == 1


def test_a_table_with_a_message_twice_or_a_hole_is_found() -> None:
    table = [Row(1, "anna", "a"), Row(2, "anna", "a"), Row(4, "anna", "b")]
    verdict = check({}, [], table)
    assert (verdict.doubled, verdict.lost) == (1, 1)


@given(st.integers(0, 5), st.sets(st.integers(1, 6)))
def test_whatever_is_left_out_is_counted(began: int, left_out: set[int]) -> None:
    log = shown(*(seq for seq in range(began + 1, 7) if seq not in left_out), began=began)
    assert found(log).lost == len({seq for seq in left_out if seq > began})
    assert found(log).faults == found(log).lost
