"""A notification: its id, its states, and what each step between them keeps."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.notification import (
    KEPT,
    LONGEST_SNOOZE,
    SHORTEST_SNOOZE,
    Answered,
    Notification,
    activated,
    deleted,
    parse_id,
    read,
    snoozed,
)
from chalicelib.domain.number import BODIES, number_of
from tests.unit.tickets import OPENED_AT

ANSWERED = Answered(datetime(2026, 11, 2, 9, 0, 0, 123000, tzinfo=UTC), number_of(572_000_001), 2)
UNTIL = OPENED_AT + timedelta(hours=1)
STATES = ("active", "snoozed", "deleted", "read")
STEPS = (activated, deleted, read, lambda each: snoozed(each, UNTIL))

answers = st.builds(
    Answered,
    st.datetimes(datetime(2001, 9, 10), datetime(2286, 11, 20), timezones=st.just(UTC)).map(  # noqa: DTZ001 - UTC is put to it
        lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
    ),
    st.sampled_from(BODIES).map(number_of),
    st.integers(1, 999_999),
)


def a_notification(**changes: Any) -> Notification:
    state = changes.get("state", "active")
    return Notification(
        **{
            "answered": ANSWERED,
            "opened_at": OPENED_AT,
            "subject": "Cannot check in",
            "snoozed_until": UNTIL if state == "snoozed" else None,
            **changes,
        }
    )


@given(answers)
def test_an_id_stands_for_its_answer(answered):
    assert parse_id(answered.id) == answered


def test_an_id_is_made_of_the_time_the_ticket_and_the_message():
    assert ANSWERED.id == f"1793610000123-{ANSWERED.number}-2"


ID = ANSWERED.id
OTHER_LAST_DIGIT = f"{ID[:23]}{(int(ID[23]) + 1) % 10}{ID[24:]}"
"""The same with another check digit in the ticket's number."""


@pytest.mark.parametrize(
    "text",
    [
        *("", f"{ID}\n", f" {ID}", f"{ID}-1", f"{ID}0000000", f"0{ID}", ID[1:], ID[:-1], f"{ID[:-1]}0", f"{ID[:-1]}02"),
        *(f"{ID[:-1]}\u0662", ID.replace("-", ""), ID.replace("-", "_"), OTHER_LAST_DIGIT),
    ],
)
def test_what_is_no_id_stands_for_nothing(text):
    assert parse_id(ID) == ANSWERED
    assert parse_id(text) is None


def test_answers_are_in_the_order_in_which_they_were_written():
    number, other = sorted(number_of(body) for body in (572_000_001, 572_000_002))
    moment = timedelta(milliseconds=1)
    ordered = [
        Answered(OPENED_AT, number, 9),
        Answered(OPENED_AT, number, 10),
        Answered(OPENED_AT, other, 1),
        Answered(OPENED_AT + moment, number, 1),
    ]
    assert sorted([ordered[n] for n in (3, 1, 0, 2)]) == ordered


def test_a_new_one_is_to_be_seen_and_unread():
    new = a_notification()
    assert (new.state, new.is_unread, new.snoozed_until, new.is_shared) == ("active", True, None, False)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("is_unread", [True, False])
def test_only_reading_takes_the_unread_mark_away(state, is_unread):
    before = a_notification(state=state, is_unread=is_unread)
    assert [step(before).is_unread for step in STEPS] == [is_unread, is_unread, False, is_unread]


@pytest.mark.parametrize("state", STATES)
def test_every_step_leads_from_every_state_to_its_own_and_only_putting_off_leaves_a_time(state):
    after = [step(a_notification(state=state)) for step in STEPS]
    assert [each.state for each in after] == ["active", "deleted", "read", "snoozed"]
    assert [each.snoozed_until for each in after] == [None, None, None, UNTIL]


def test_putting_off_again_replaces_the_time_and_is_counted():
    first = snoozed(a_notification(), UNTIL)
    again = snoozed(first, UNTIL + timedelta(hours=1))
    same = snoozed(again, UNTIL + timedelta(hours=1))
    assert again.snoozed_until == UNTIL + timedelta(hours=1)
    assert [each.snoozes for each in (a_notification(), first, again, same)] == [0, 1, 2, 3]
    assert snoozed(activated(same), UNTIL).snoozes == 4, "a reminder's name is never used twice"


@pytest.mark.parametrize("step", STEPS)
def test_no_step_touches_what_it_tells_of(step):
    before = a_notification(is_shared=True, revision=7)
    after = step(before)
    kept = ("answered", "opened_at", "subject", "is_shared", "revision")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]


@pytest.mark.parametrize(
    ("state", "is_unread", "is_settled"),
    [
        ("active", True, False),
        ("active", False, False),
        ("snoozed", True, False),
        ("snoozed", False, False),
        ("deleted", True, False),
        ("deleted", False, True),
        ("read", False, True),
    ],
)
def test_it_is_settled_when_nothing_waits_for_the_user(state, is_unread, is_settled):
    assert a_notification(state=state, is_unread=is_unread).is_settled is is_settled


def test_the_limits_are_those_of_the_contract():
    assert timedelta(minutes=1) == SHORTEST_SNOOZE
    assert timedelta(days=30) == LONGEST_SNOOZE
    assert timedelta(days=90) == KEPT
