"""When a page is said to cost the same however large the hotel is, and what a ticket is said to cost."""

import pytest

from bench import money
from bench.growth import Cost, broken_promises

PAGE = Cost("history: all", calls=2, rows=26, size=14_000, reads=5, writes=0, shown=25)
CHANGE = Cost("open", calls=1, rows=0, size=200, reads=0, writes=19, shown=1)


def changed(cost, **others):
    return Cost(**{**vars(cost), **others})


@pytest.mark.parametrize(
    ("larger", "is_broken"),
    [
        (PAGE, False),
        (changed(PAGE, size=20_000), False),
        (changed(PAGE, calls=3), True),
        (changed(PAGE, rows=28), True),
        (changed(PAGE, calls=3, shown=8), False),
        (CHANGE, False),
        (changed(CHANGE, writes=20), True),
        (changed(CHANGE, calls=2), True),
        (changed(PAGE, what="agents: waiting, one topic", rows=1_000, calls=9), False),
        (changed(PAGE, what="summary", rows=300, shown=0), False),
        (changed(PAGE, what="summary", rows=601, shown=0), True),
        (changed(PAGE, what="summary", rows=300, shown=0, calls=3), True),
    ],
)
def test_a_full_page_and_a_change_may_not_cost_more_in_a_larger_hotel(larger, is_broken):
    smaller = next(each for each in (PAGE, CHANGE, changed(PAGE, what=larger.what)) if each.what == larger.what)
    assert bool(broken_promises({100: [smaller], 100_000: [larger]})) == is_broken


def test_a_million_tickets_cost_their_units_and_their_requests():
    costs = {"open": changed(CHANGE, reads=4)}
    units, asking = money.dollars({"open": 2}, costs)
    assert units == pytest.approx(2 * (19 * 0.625 + 4 * 0.125))
    assert asking == pytest.approx(2 * 3.7)
