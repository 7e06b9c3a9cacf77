"""What happens with a ticket by itself, when, and what each doing makes of what was to happen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.domain.notification import Answered, NotificationId, parse_id
from chalicelib.domain.people import Agent
from chalicelib.domain.rules import (
    SHARED,
    after_answer,
    after_change,
    after_closing,
    after_hotel_reply,
    after_note,
    after_opening_by_hotel,
    after_system_message,
    share,
    with_answer_to_share,
)
from chalicelib.domain.ticket import Ticket
from chalicelib.domain.timing import (
    Times,
    answers_due,
    is_closing_due,
    is_reminder_due,
    is_warning_due,
    next_at,
)
from chalicelib.errors import TicketClosed
from tests.unit.tickets import ANNA, OPENED_AT, a_ticket

MILLISECOND = timedelta(milliseconds=1)
MINUTES, DAYS = timedelta(minutes=1), timedelta(days=1)
TIMES = Times(share_after=10 * MINUTES, remind_after=3 * DAYS, close_after=10 * DAYS, warn_before=7 * MINUTES)
NOW = OPENED_AT + timedelta(hours=1)
NINO = Agent(id="nino", name="Nino", expires_at=NOW)


def answer_at(at: datetime, message: int = 2) -> NotificationId:
    return Answered(at, a_ticket().number, message).id


def a_pending(**changes: Any) -> Ticket:
    facts = {"status": "pending", "waiting_since": None, "due_at": None, "pending_since": NOW}
    return a_ticket(**facts | changes)


def a_quiet(**changes: Any) -> Ticket:
    """A ticket with which nothing happens by itself."""
    return a_ticket(**{"status": "open", "waiting_since": None, "due_at": None} | changes)


def due(ticket: Ticket, now: datetime) -> set[str]:
    """What is to happen at this moment."""
    found = {
        "share": bool(answers_due(ticket, TIMES, now)),
        "warn": is_warning_due(ticket, TIMES, now),
        "remind": is_reminder_due(ticket, TIMES, now),
        "close": is_closing_due(ticket, TIMES, now),
    }
    return {what for what, is_due in found.items() if is_due}


def test_nothing_happens_with_a_ticket_that_waits_for_nobody():
    assert next_at(a_quiet(), TIMES) is None
    assert due(a_quiet(), NOW + 400 * DAYS) == set()


@pytest.mark.parametrize(
    ("ticket", "what", "at"),
    [
        (a_quiet(to_share=(answer_at(NOW),)), "share", NOW + 10 * MINUTES),
        (a_pending(), "remind", NOW + 3 * DAYS),
        (a_pending(was_reminded=True), "close", NOW + 10 * DAYS),
        (a_ticket(due_at=NOW), "warn", NOW - 7 * MINUTES),
        (a_ticket(due_at=NOW, warned_for=NOW - MILLISECOND), "warn", NOW - 7 * MINUTES),
    ],
)
def test_each_thing_happens_at_its_moment_and_not_a_millisecond_earlier(ticket, what, at):
    assert next_at(ticket, TIMES) == at
    assert due(ticket, at) == {what}
    assert due(ticket, at + 400 * DAYS) == {what}, "late is better than never"
    assert due(ticket, at - MILLISECOND) == set()


def test_a_team_is_warned_once_a_due_time():
    warned = a_ticket(due_at=NOW, warned_for=NOW)
    assert next_at(warned, TIMES) is None
    assert due(warned, NOW + DAYS) == set()
    later = replace(warned, due_at=NOW + MINUTES)
    assert due(later, NOW + DAYS) == {"warn"}


def test_what_waits_without_a_due_time_is_not_warned_of():
    assert next_at(a_ticket(due_at=None), TIMES) is None
    assert due(a_ticket(due_at=None), NOW + DAYS) == set()


def test_only_the_answers_whose_time_has_come_are_shared():
    first, second = answer_at(NOW, 2), answer_at(NOW + MINUTES, 3)
    ticket = a_quiet(to_share=(first, second))
    assert answers_due(ticket, TIMES, NOW + 10 * MINUTES) == (first,)
    assert answers_due(ticket, TIMES, NOW + 11 * MINUTES) == (first, second)
    assert next_at(ticket, TIMES) == NOW + 10 * MINUTES


moments = st.integers(0, 20 * 24 * 60).map(lambda minutes: OPENED_AT + minutes * MINUTES)
maybe = partial(st.one_of, st.none())
tickets = st.builds(
    lambda answered, **fields: a_ticket(
        to_share=tuple(answer_at(at, 2 + n) for n, at in enumerate(sorted(answered))), **fields
    ),
    st.lists(moments, max_size=3),
    pending_since=maybe(moments),
    was_reminded=st.booleans(),
    due_at=maybe(moments),
    warned_for=maybe(moments),
)


@given(tickets)
def test_the_next_time_is_the_first_moment_at_which_anything_is_due(ticket):
    at = next_at(ticket, TIMES)
    if at is None:
        assert due(ticket, OPENED_AT + 4000 * DAYS) == set()
    else:
        assert due(ticket, at)
        assert not due(ticket, at - MILLISECOND)


@given(tickets, moments, moments)
def test_what_is_due_stays_due_until_it_is_done(ticket, earlier, later):
    earlier, later = sorted((earlier, later))
    assert due(ticket, earlier) <= due(ticket, later)


def test_an_answer_is_for_those_who_take_part_first():
    told = with_answer_to_share(a_ticket(messages=2), NOW)
    assert (told.to_share, told.shared) == ((answer_at(NOW),), ())


@pytest.mark.parametrize("ticket", [a_ticket(importance="critical"), a_ticket(participants=())])
def test_a_critical_answer_and_one_to_the_hotel_as_such_is_the_whole_hotel_s_at_once(ticket):
    told = with_answer_to_share(replace(ticket, messages=2), NOW)
    assert (told.to_share, told.shared) == ((), (answer_at(NOW),))


def test_an_account_that_shares_nothing_gets_a_critical_answer_like_any_other():
    told = with_answer_to_share(a_ticket(messages=2, importance="critical"), NOW, shares=False)
    assert (told.to_share, told.shared) == ((answer_at(NOW),), ())


def test_what_support_wrote_to_the_hotel_as_such_is_shared_whatever_the_account_has_set():
    """It has nobody else who could get it."""
    told = with_answer_to_share(a_ticket(messages=1, participants=()), NOW, shares=False)
    assert (told.to_share, told.shared) == ((), (answer_at(NOW, 1),))


def test_an_answer_s_id_counts_the_message_that_it_is():
    answered = after_answer(a_ticket(messages=4), NINO, None, NOW)
    (id_,) = answered.to_share
    assert parse_id(id_) == Answered(NOW, answered.number, 5)


def test_sharing_moves_the_answers_whose_time_has_come_and_no_others():
    first, second, third = (answer_at(NOW, n) for n in (2, 3, 4))
    shared = share(a_quiet(to_share=(first, second), shared=(third,)), (first,))
    assert (shared.to_share, shared.shared) == ((second,), (third, first))


def test_where_an_account_shares_nothing_their_time_passes():
    first, second = answer_at(NOW, 2), answer_at(NOW, 3)
    passed = share(a_quiet(to_share=(first, second)), (first,), shares=False)
    assert (passed.to_share, passed.shared) == ((second,), ())


def test_sharing_changes_no_version_and_no_last_update():
    ticket = a_quiet(to_share=(answer_at(NOW),))
    shared = share(ticket, ticket.to_share)
    assert replace(shared, to_share=ticket.to_share, shared=()) == ticket


@pytest.mark.parametrize("importance", ["normal", "critical"])
def test_of_many_unopened_answers_the_latest_twenty_are_remembered(importance):
    ticket = a_ticket(importance=importance)
    for n in range(SHARED + 5):
        ticket = after_answer(ticket, NINO, None, NOW + n * MINUTES)
    ids = ticket.shared if importance == "critical" else ticket.to_share
    assert ids == tuple(answer_at(NOW + n * MINUTES, 2 + n) for n in range(5, SHARED + 5))
    moved = share(replace(ticket, to_share=ids, shared=ids[:3]), ids[3:])
    assert len(moved.shared) == SHARED


def test_opening_takes_away_what_was_opened_and_leaves_what_came_later():
    ids = tuple(answer_at(NOW, n) for n in (2, 3, 4, 5))
    ticket = a_quiet(messages=5, unopened=5, shared=ids[:2], to_share=ids[2:])
    opened = after_opening_by_hotel(ticket, 3)
    assert (opened.shared, opened.to_share, opened.unopened) == ((), ids[2:], 5)
    opened = after_opening_by_hotel(ticket, 2)
    assert (opened.shared, opened.to_share) == (ids[1:2], ids[2:])
    opened = after_opening_by_hotel(ticket, 5)
    assert (opened.shared, opened.to_share, opened.unopened) == ((), (), 0)


def test_opening_what_is_open_gives_the_very_same_ticket():
    ticket = a_quiet(messages=5, unopened=5, shared=(answer_at(NOW, 5),))
    assert after_opening_by_hotel(ticket, 4) == ticket
    assert after_opening_by_hotel(ticket, 5) != ticket


def test_a_reminder_is_news_like_an_answer_and_leaves_the_question_open():
    before = a_pending(messages=2, assignee="nino", assignee_name="Nino")
    now = NOW + 3 * DAYS
    after = after_system_message(before, now, closes=False, shares=True)
    assert (after.status, after.pending_since, after.was_reminded) == ("pending", NOW, True)
    assert (after.messages, after.unopened, after.version, after.updated_at) == (3, 3, before.version + 1, now)
    assert after.to_share == (answer_at(now, 3),)
    assert due(after, now) == set()
    assert due(after, NOW + 10 * DAYS) == {"share", "close"}


def test_a_closing_by_itself_is_news_like_an_answer_and_ends_the_question():
    before, now = a_pending(messages=3, was_reminded=True), NOW + 10 * DAYS
    after = after_system_message(before, now, closes=True, shares=True)
    assert (after.status, after.closed_at, after.pending_since, after.was_reminded) == ("closed", now, None, False)
    assert (after.messages, after.unopened, after.version, after.updated_at) == (4, 4, before.version + 1, now)
    assert after.to_share == (answer_at(now, 4),)
    assert due(after, now + 400 * DAYS) == {"share"}


def test_deskbell_s_own_words_take_no_ticket_and_answer_nothing():
    before = a_pending(waiting_since=OPENED_AT)
    after = after_system_message(before, NOW, closes=False, shares=True)
    assert (after.assignee, after.waiting_since) == (None, OPENED_AT)


@pytest.mark.parametrize("shares", [True, False])
def test_a_critical_ticket_s_reminder_is_shared_at_once_if_the_account_shares(shares):
    after = after_system_message(a_pending(importance="critical"), NOW, closes=False, shares=shares)
    assert (len(after.shared), len(after.to_share)) == (int(shares), int(not shares))


def test_a_new_question_begins_anew():
    asked_again = after_answer(a_pending(was_reminded=True), NINO, None, NOW + 5 * DAYS)
    assert (asked_again.status, asked_again.pending_since, asked_again.was_reminded) == (
        "pending",
        NOW + 5 * DAYS,
        False,
    )


@pytest.mark.parametrize("status", [None, "pending"])
def test_a_note_and_a_change_are_no_new_question(status):
    before, now = a_pending(was_reminded=True), NOW + 5 * DAYS
    for after in (after_note(before, status, now), after_change(before, now, status=status, importance="low")):
        assert (after.pending_since, after.was_reminded) == (NOW, True)


def test_a_hotel_s_reply_ends_what_was_to_happen_without_one():
    replied = after_hotel_reply(a_pending(was_reminded=True), ANNA, NOW + DAYS)
    assert (replied.pending_since, replied.was_reminded) == (None, False)
    assert due(replied, NOW + 400 * DAYS) == set()


Step = Callable[[Ticket, datetime], Ticket]


def reply(ticket: Ticket, now: datetime) -> Ticket:
    try:
        return after_hotel_reply(ticket, ANNA, now)
    except TicketClosed:
        return ticket


def close(ticket: Ticket, now: datetime) -> Ticket:
    return ticket if ticket.status == "closed" else after_closing(ticket, now)


def answer(ticket: Ticket, now: datetime, *, status: Any, shares: bool) -> Ticket:
    return after_answer(ticket, NINO, status, now, shares=shares)


def note(ticket: Ticket, now: datetime, *, status: Any) -> Ticket:
    return after_note(ticket, status, now)


def open_up_to(ticket: Ticket, now: datetime, *, up_to: int) -> Ticket:
    del now
    return after_opening_by_hotel(ticket, min(up_to, ticket.messages))


def let_time_do(ticket: Ticket, now: datetime, *, shares: bool) -> Ticket:
    """What is due is done, as the service does it."""
    if found := answers_due(ticket, TIMES, now):
        ticket = share(ticket, found, shares=shares)
    if is_closing_due(ticket, TIMES, now):
        return after_system_message(ticket, now, closes=True, shares=shares)
    if is_reminder_due(ticket, TIMES, now):
        return after_system_message(ticket, now, closes=False, shares=shares)
    return ticket


statuses = st.sampled_from([None, "open", "pending", "closed"])
steps: st.SearchStrategy[Step] = st.one_of(
    st.just(reply),
    st.just(close),
    st.builds(partial, st.just(answer), status=statuses, shares=st.booleans()),
    st.builds(partial, st.just(note), status=statuses),
    st.builds(
        partial, st.just(after_change), status=statuses, importance=st.sampled_from([None, "critical", "normal"])
    ),
    st.builds(partial, st.just(open_up_to), up_to=st.integers(1, 12)),
    st.builds(partial, st.just(let_time_do), shares=st.booleans()),
)
waits = st.sampled_from([MINUTES, 10 * MINUTES, DAYS, 3 * DAYS, 10 * DAYS])
walks = st.lists(st.tuples(steps, waits), max_size=15)
beginnings = st.sampled_from([a_ticket(), a_ticket(participants=(), importance="critical"), a_quiet(participants=())])


def walk(ticket: Ticket, way: list[tuple[Step, timedelta]]) -> Iterator[tuple[Step, Ticket, Ticket, datetime]]:
    """Each step of the way, the ticket before it and after it, and when it was taken."""
    now = OPENED_AT
    for step, wait in way:
        now += wait
        before, ticket = ticket, step(ticket, now)
        yield step, before, ticket, now


@given(beginnings, walks)
def test_since_when_a_question_waits_is_known_exactly_while_it_waits(ticket, way):
    """A question begins with the status, and anew with each answer of support that leaves the status so."""
    asked_at = None
    for step, before, after, now in walk(ticket, way):
        if after.status != "pending":
            asked_at = None
        elif before.status != "pending" or getattr(step, "func", step) is answer:
            asked_at = now
        assert after.pending_since == asked_at


@given(beginnings, walks)
def test_a_hotel_is_reminded_once_a_question_and_a_ticket_closes_only_after_that(ticket, way):
    reminders = 0
    for step, before, after, now in walk(ticket, way):
        is_by_itself = getattr(step, "func", step) is let_time_do
        if after.pending_since != before.pending_since:
            assert not is_by_itself or (before.was_reminded and before.pending_since is not None)
            reminders = 0
        if is_by_itself and after.messages > before.messages and after.status == "pending":
            reminders += 1
            assert before.pending_since is not None
            assert before.pending_since + TIMES.remind_after <= now
        if is_by_itself and after.status != before.status:
            assert (before.status, after.status) == ("pending", "closed")
            assert before.pending_since is not None
            assert before.pending_since + TIMES.close_after <= now
        assert reminders == after.was_reminded
        assert reminders <= 1


@dataclass
class Hotel:
    """The oracle of who gets what: each answer that nobody has opened, and whether it is everybody's."""

    shared: dict[int, bool] = field(default_factory=dict)

    def follow(self, step: Step, before: Ticket, after: Ticket, now: datetime) -> None:
        keywords: dict[str, Any] = getattr(step, "keywords", {})
        does = getattr(step, "func", step)
        shares = keywords.get("shares", True)
        if does is let_time_do:
            times = {count: parse_id(id_) for id_ in before.to_share for count in [_count(id_)]}
            for count, answered in times.items():
                if answered is not None and answered.at + TIMES.share_after <= now:
                    self.shared[count] = True
                    if not shares:
                        del self.shared[count]
        if does is open_up_to:
            up_to = min(keywords["up_to"], before.messages)
            self.shared = {count: is_shared for count, is_shared in self.shared.items() if count > up_to}
        if does is answer or (does is let_time_do and after.messages > before.messages):
            is_for_all = not before.participants or (shares and before.importance == "critical")
            self.shared[after.messages] = is_for_all


def _count(id_: str) -> int:
    answered = parse_id(id_)
    assert answered is not None
    return answered.message


@given(beginnings, walks)
def test_who_is_to_get_an_answer_follows_from_what_was_done_with_it(ticket, way):
    """An answer waits for its time, then is everybody's, until somebody has opened it."""
    hotel = Hotel()
    for step, before, after, now in walk(ticket, way):
        hotel.follow(step, before, after, now)
        assert {_count(id_) for id_ in after.shared} == {n for n, is_shared in hotel.shared.items() if is_shared}
        assert {_count(id_) for id_ in after.to_share} == {n for n, is_shared in hotel.shared.items() if not is_shared}
        assert list(after.to_share) == sorted(after.to_share), "the oldest first: its time comes first"


@given(beginnings, walks)
def test_what_has_come_is_done_at_once_and_not_twice(ticket, way):
    for _, _, after, now in walk(ticket, way):
        while "close" in due(after, now) or "remind" in due(after, now) or "share" in due(after, now):
            done = let_time_do(after, now, shares=True)
            assert done != after
            after = done  # noqa: PLW2901 - a reminder that is far too late is followed by the closing
        assert let_time_do(after, now, shares=True) == after
