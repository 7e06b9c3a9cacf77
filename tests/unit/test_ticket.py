"""The rules by which a ticket moves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from chalicelib.domain.number import number_of
from chalicelib.domain.people import AccountId, Agent, HotelUser
from chalicelib.domain.ticket import (
    Author,
    Row,
    Ticket,
    after_answer,
    after_closing,
    after_hotel_reply,
    after_note,
    after_opening_by_hotel,
    agent_author,
    message_count,
    message_id,
    requester,
    take_part,
)
from chalicelib.errors import TicketClosed

OPENED_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
CLOSED_AT = datetime(2026, 11, 5, 12, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 6, 10, 15, tzinfo=UTC)
FOURTEEN_DAYS = timedelta(days=14)
MILLISECOND = timedelta(milliseconds=1)
ACCOUNT = AccountId("pms/1")
ANNA = HotelUser(account=ACCOUNT, id="anna", name="Anna", expires_at=NOW)
NINO = Agent(id="nino", name="Nino", expires_at=NOW)


def a_ticket(**changes: Any) -> Ticket:
    """A ticket that Anna opened and nobody answered."""
    facts: dict[str, Any] = {
        "number": number_of(572_000_001),
        "account": ACCOUNT,
        "account_name": "Hotel",
        "opened_by": requester(ANNA),
        "requester": requester(ANNA),
        "subject": "Cannot check in",
        "topic": "guests",
        "topic_now": "guests",
        "team": "support",
        "importance": "high",
        "languages": ("ka", "ru"),
        "context": {},
        "follow_up_of": None,
        "created_at": OPENED_AT,
        "updated_at": OPENED_AT,
        "waiting_since": OPENED_AT,
        "due_at": OPENED_AT + timedelta(hours=2),
        "participants": ("anna",),
        "messages": 1,
    }
    return Ticket(**facts | changes)


def an_answered(**changes: Any) -> Ticket:
    facts = {"status": "open", "waiting_since": None, "due_at": None, "assignee": "nino", "messages": 2, "unopened": 2}
    return a_ticket(**facts | changes)


def a_closed(**changes: Any) -> Ticket:
    return an_answered(**{"status": "closed", "closed_at": CLOSED_AT, "updated_at": CLOSED_AT} | changes)


def changed(before: Ticket, after: Ticket) -> set[str]:
    """The names of the fields in which the two differ."""
    old, new = asdict(before), asdict(after)
    return {name for name in old if old[name] != new[name]}


def test_a_hotel_reply_to_a_pending_ticket_opens_it():
    assert after_hotel_reply(an_answered(status="pending"), ANNA, NOW).status == "open"


def test_a_hotel_reply_to_a_new_ticket_leaves_it_new():
    assert after_hotel_reply(a_ticket(), ANNA, NOW).status == "new"


def test_a_hotel_reply_to_an_open_ticket_leaves_it_open():
    assert after_hotel_reply(an_answered(), ANNA, NOW).status == "open"


@pytest.mark.parametrize("passed", [timedelta(0), MILLISECOND, timedelta(days=13), FOURTEEN_DAYS])
def test_a_closed_ticket_reopens_within_14_days(passed):
    reopened = after_hotel_reply(a_closed(), ANNA, CLOSED_AT + passed)
    assert reopened.status == "open"
    assert reopened.closed_at is None
    assert reopened.waiting_since == CLOSED_AT + passed


@pytest.mark.parametrize("late", [MILLISECOND, timedelta(days=1), timedelta(days=4000)])
def test_a_ticket_closed_more_than_14_days_ago_is_refused_and_named(late):
    ticket = a_closed()
    assert after_hotel_reply(ticket, ANNA, CLOSED_AT + FOURTEEN_DAYS).status == "open"
    with pytest.raises(TicketClosed) as refused:
        after_hotel_reply(ticket, ANNA, CLOSED_AT + FOURTEEN_DAYS + late)
    assert refused.value.details == {"follow_up_of": ticket.number}
    assert (refused.value.status, refused.value.code) == (409, "ticket_closed")


def test_the_14_days_count_from_the_closing_and_not_from_the_last_change():
    ticket = a_closed(updated_at=CLOSED_AT + timedelta(days=10))
    assert after_hotel_reply(ticket, ANNA, CLOSED_AT + FOURTEEN_DAYS).status == "open"
    with pytest.raises(TicketClosed):
        after_hotel_reply(ticket, ANNA, CLOSED_AT + FOURTEEN_DAYS + MILLISECOND)


def test_the_14_days_begin_anew_with_each_closing():
    reopened = after_hotel_reply(a_closed(), ANNA, CLOSED_AT + FOURTEEN_DAYS)
    closed_again = after_closing(reopened, CLOSED_AT + timedelta(days=15))
    assert after_hotel_reply(closed_again, ANNA, CLOSED_AT + timedelta(days=29)).status == "open"


def test_an_old_ticket_that_was_never_closed_takes_a_reply():
    assert after_hotel_reply(an_answered(), ANNA, OPENED_AT + timedelta(days=4000)).status == "open"


def test_the_oldest_hotel_message_without_an_answer_is_what_is_waited_on():
    once = after_hotel_reply(an_answered(), ANNA, NOW)
    assert once.waiting_since == NOW
    assert after_hotel_reply(once, ANNA, NOW + timedelta(hours=1)).waiting_since == NOW
    assert after_hotel_reply(a_ticket(), ANNA, NOW).waiting_since == OPENED_AT


def test_a_hotel_reply_counts_and_shows():
    before = an_answered(messages=4, version=3)
    after = after_hotel_reply(before, ANNA, NOW)
    assert (after.messages, after.version, after.updated_at) == (5, 4, NOW)
    assert after.unopened == before.unopened
    assert after.assignee == "nino"


def test_a_hotel_reply_makes_its_writer_take_part():
    colleague = replace(ANNA, id="beka", name="Beka")
    assert after_hotel_reply(an_answered(), colleague, NOW).participants == ("anna", "beka")


def test_an_answer_to_a_new_ticket_opens_it():
    assert after_answer(a_ticket(), NINO, None, NOW).status == "open"


@pytest.mark.parametrize("status", ["open", "pending"])
def test_an_answer_without_a_status_leaves_it(status):
    assert after_answer(an_answered(status=status), NINO, None, NOW).status == status


def test_an_answer_without_a_status_leaves_a_closed_ticket_closed():
    after = after_answer(a_closed(), NINO, None, NOW)
    assert (after.status, after.closed_at) == ("closed", CLOSED_AT)


@pytest.mark.parametrize("before", [a_ticket(), an_answered(), an_answered(status="pending"), a_closed()])
@pytest.mark.parametrize("status", ["open", "pending", "closed"])
def test_the_status_given_with_an_answer_wins(before, status):
    after = after_answer(before, NINO, status, NOW)
    assert after.status == status
    assert (after.closed_at is not None) == (status == "closed")


def test_an_answer_takes_a_ticket_that_nobody_has():
    assert after_answer(a_ticket(), NINO, None, NOW).assignee == "nino"


def test_an_answer_leaves_the_ticket_to_who_has_it():
    assert after_answer(a_ticket(assignee="giorgi"), NINO, None, NOW).assignee == "giorgi"


def test_after_an_answer_nothing_is_due():
    before = a_ticket()
    assert before.waiting_since
    assert before.due_at
    after = after_answer(before, NINO, None, NOW)
    assert after.waiting_since is None
    assert after.due_at is None


def test_an_answer_is_unopened_under_its_own_count():
    after = after_answer(a_ticket(messages=3), NINO, None, NOW)
    assert after.messages == after.unopened == 4
    assert after_answer(after, NINO, None, NOW).unopened == 5


def test_an_answer_counts_and_shows_and_makes_no_agent_take_part():
    after = after_answer(a_ticket(version=3), NINO, None, NOW)
    assert (after.version, after.updated_at, after.participants) == (4, NOW, ("anna",))


@pytest.mark.parametrize("before", [a_ticket(), an_answered(), an_answered(status="pending"), a_closed()])
def test_a_note_changes_nothing_that_the_hotel_sees(before):
    after = after_note(before, None, NOW)
    assert changed(before, after) == {"notes", "version"}
    assert (after.notes, after.version) == (before.notes + 1, before.version + 1)
    assert [getattr(after, name) for name in Row.__struct_fields__] == [
        getattr(before, name) for name in Row.__struct_fields__
    ]


@pytest.mark.parametrize("before", [an_answered(), an_answered(status="pending"), a_closed()])
def test_a_note_with_the_status_that_is_shows_nothing_either(before):
    assert changed(before, after_note(before, before.status, NOW)) == {"notes", "version"}


@pytest.mark.parametrize("status", ["open", "pending", "closed"])
def test_a_note_that_moves_the_status_shows(status):
    after = after_note(a_ticket(), status, NOW)
    assert (after.status, after.updated_at, after.notes, after.messages) == (status, NOW, 1, 1)


def test_a_note_does_not_answer():
    after = after_note(a_ticket(), "pending", NOW)
    assert (after.waiting_since, after.due_at) == (OPENED_AT, OPENED_AT + timedelta(hours=2))
    assert (after.assignee, after.unopened) == (None, 0)


def test_a_note_that_reopens_clears_the_closing():
    assert after_note(a_closed(), "open", NOW).closed_at is None


@pytest.mark.parametrize("before", [a_ticket(), an_answered(), an_answered(status="pending")])
def test_closing_sets_its_time_and_ends_what_is_due(before):
    after = after_closing(before, NOW)
    assert (after.status, after.closed_at, after.updated_at) == ("closed", NOW, NOW)
    assert (after.waiting_since, after.due_at) == (None, None)
    assert after.version == before.version + 1


def test_closing_a_closed_ticket_does_not_move_the_time_it_was_closed():
    assert after_closing(a_closed(), NOW).closed_at == CLOSED_AT
    assert after_answer(a_closed(), NINO, "closed", NOW).closed_at == CLOSED_AT


def test_an_answer_that_closes_is_still_unopened():
    after = after_answer(a_ticket(), NINO, "closed", NOW)
    assert (after.status, after.closed_at, after.unopened) == ("closed", NOW, 2)


@pytest.mark.parametrize(
    ("ticket", "view"),
    [
        (a_ticket(), "waiting"),
        (a_ticket(status="open"), "waiting"),
        (a_ticket(status="pending"), "waiting"),
        (an_answered(), "pending"),
        (an_answered(status="pending"), "pending"),
        (a_closed(), None),
        (a_closed(waiting_since=OPENED_AT), None),
    ],
)
def test_agents_find_a_ticket_where_its_next_step_is(ticket, view):
    assert ticket.view == view


def test_a_ticket_moves_between_the_views_as_it_is_answered_replied_and_closed():
    answered = after_answer(a_ticket(), NINO, "pending", NOW)
    replied = after_hotel_reply(answered, ANNA, NOW)
    closed = after_closing(replied, NOW)
    reopened = after_hotel_reply(closed, ANNA, NOW)
    assert [each.view for each in (answered, replied, closed, reopened)] == ["pending", "waiting", None, "waiting"]


def test_who_writes_again_becomes_the_latest_participant():
    assert take_part(a_ticket(participants=("anna", "beka", "dato")), "anna") == ("beka", "dato", "anna")


def test_at_most_fifty_participants_are_remembered_the_latest():
    full = a_ticket(participants=tuple(f"u{n}" for n in range(50)))
    assert take_part(full, "anna") == (*(f"u{n}" for n in range(1, 50)), "anna")
    assert take_part(full, "u0") == (*(f"u{n}" for n in range(1, 50)), "u0")


@given(st.lists(st.integers(0, 70), max_size=200))
def test_participants_are_never_doubled_and_end_with_who_wrote_last(writers):
    ticket = a_ticket()
    for writer in writers:
        ticket = replace(ticket, participants=take_part(ticket, str(writer)))
        assert ticket.participants[-1] == str(writer)
        assert len(ticket.participants) == len(set(ticket.participants)) <= 50


@given(st.integers(1, 999_999))
def test_a_message_s_id_names_its_count(count):
    assert message_count(message_id(count)) == count


def test_notes_and_messages_have_ids_of_their_own():
    assert message_id(7) == "m7"
    assert message_id(7, is_note=True) == "n7"
    assert message_count("m7") == 7
    assert message_count("n7") is None


@pytest.mark.parametrize(
    "id_", ["", "m", "m0", "m07", "m-1", "m1 ", "m1\n", "M1", "1", "m1000000", "m\u0661", "xm1", "m1.0"]
)
def test_what_is_no_message_s_id_names_none(id_):
    assert message_count("m1") == 1
    assert message_count(id_) is None


def test_opening_marks_answers_only_up_to_that_message():
    ticket = an_answered(messages=5, unopened=4)
    assert after_opening_by_hotel(ticket, 3).unopened == 4
    assert after_opening_by_hotel(ticket, 4).unopened == 0
    assert after_opening_by_hotel(ticket, 5).unopened == 0


def test_opening_changes_nothing_else():
    ticket = an_answered()
    assert changed(ticket, after_opening_by_hotel(ticket, 2)) == {"unopened"}
    assert after_opening_by_hotel(ticket, 1) == ticket


def test_an_answer_after_the_opening_is_unopened_again():
    opened = after_opening_by_hotel(an_answered(), 2)
    assert after_answer(opened, NINO, None, NOW).unopened == 3


def test_an_author_is_known_by_kind_id_and_name():
    assert requester(ANNA) == Author("requester", "anna", "Anna")
    assert agent_author(NINO) == Author("agent", "nino", "Nino")
