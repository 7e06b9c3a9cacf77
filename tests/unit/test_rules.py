"""The rules by which a ticket moves."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from chalicelib.domain.people import Agent, HotelUser
from chalicelib.domain.rules import (
    after_answer,
    after_change,
    after_closing,
    after_hotel_reply,
    after_note,
    after_opening_by_hotel,
    changes_between,
    take_part,
)
from chalicelib.domain.ticket import Assignee, Author, Row, Ticket, agent_author, requester
from chalicelib.errors import TicketClosed
from tests.unit.tickets import ANNA, OPENED_AT, a_ticket

CLOSED_AT = datetime(2026, 11, 5, 12, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 6, 10, 15, tzinfo=UTC)
FOURTEEN_DAYS = timedelta(days=14)
MILLISECOND = timedelta(milliseconds=1)
NINO = Agent(id="nino", name="Nino", expires_at=NOW)
BEKA = replace(ANNA, id="beka", name="Beka")
GIORGI = replace(NINO, id="giorgi", name="Giorgi")
NOBODY = Assignee()
TO_NINO = Assignee("nino", "Nino")
TO_GIORGI = Assignee("giorgi", "Giorgi")


def an_answered(**changes: Any) -> Ticket:
    facts = {
        "status": "open",
        "waiting_since": None,
        "due_at": None,
        "assignee": "nino",
        "assignee_name": "Nino",
        "messages": 2,
        "unopened": 2,
    }
    return a_ticket(**facts | changes)


def a_closed(**changes: Any) -> Ticket:
    return an_answered(**{"status": "closed", "closed_at": CLOSED_AT, "updated_at": CLOSED_AT} | changes)


def a_written_first(**changes: Any) -> Ticket:
    """A ticket that Nino opened for Anna, of whom only the id is known."""
    facts = {
        "status": "pending",
        "account_name": "",
        "opened_by": agent_author(NINO),
        "requester": Author("requester", "anna", "anna"),
        "languages": (),
        "messages": 1,
        "unopened": 1,
    }
    return an_answered(**facts | changes)


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


def test_the_first_reply_tells_what_support_did_not_know():
    before = a_written_first()
    after = after_hotel_reply(before, replace(ANNA, account_name="Hotel", locale="ka"), NOW)
    assert (after.requester, after.account_name, after.languages) == (requester(ANNA), "Hotel", ("ka",))
    assert (after.status, after.waiting_since) == ("open", NOW)
    assert after.opened_by == before.opened_by


def test_a_colleague_s_reply_tells_the_hotel_s_name_but_not_the_requester_s():
    before = a_written_first()
    after = after_hotel_reply(before, replace(BEKA, account_name="Hotel", locale="pl"), NOW)
    assert (after.requester, after.account_name, after.languages) == (before.requester, "Hotel", ("pl",))
    assert after.participants == ("anna", "beka")


def test_a_reply_to_what_support_wrote_to_the_hotel_as_such_makes_nobody_the_requester():
    after = after_hotel_reply(a_written_first(requester=None, participants=()), ANNA, NOW)
    assert after.requester is None
    assert after.participants == ("anna",)


def test_the_languages_that_are_known_stay():
    assert after_hotel_reply(a_ticket(languages=("ka", "ru")), replace(ANNA, locale="en"), NOW).languages == (
        "ka",
        "ru",
    )
    assert after_hotel_reply(a_ticket(languages=()), replace(ANNA, locale="en"), NOW).languages == ("en",)


def test_a_hotel_s_name_is_the_latest_that_a_token_told():
    before = a_ticket(account_name="Old")
    assert after_hotel_reply(before, replace(ANNA, account_name="New"), NOW).account_name == "New"
    assert after_hotel_reply(before, replace(ANNA, account_name=""), NOW).account_name == "Old"


def test_a_requester_s_name_is_the_latest_and_who_opened_the_ticket_stays():
    before = a_ticket()
    after = after_hotel_reply(before, replace(ANNA, name="Anna B."), NOW)
    assert after.requester == Author("requester", "anna", "Anna B.")
    assert after.opened_by == before.opened_by == Author("requester", "anna", "Anna")


def test_a_hotel_reply_changes_no_more_than_it_says():
    before = an_answered(status="pending")
    assert changed(before, after_hotel_reply(before, ANNA, NOW)) == {
        "status",
        "waiting_since",
        "messages",
        "updated_at",
        "version",
    }


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


@pytest.mark.parametrize("before", [a_ticket(), an_answered(), an_answered(status="pending")])
def test_a_note_does_not_answer(before):
    after = after_note(before, "open", NOW)
    assert after.status == "open"
    assert (after.waiting_since, after.due_at) == (before.waiting_since, before.due_at)
    assert (after.assignee, after.unopened, after.messages) == (before.assignee, before.unopened, before.messages)


@pytest.mark.parametrize("status", ["pending", "closed"])
def test_a_note_that_moves_the_status_away_from_support_ends_what_is_due(status):
    after = after_note(a_ticket(), status, NOW)
    assert (after.due_at, after.view == "waiting") == (None, False)
    assert (after.assignee, after.unopened) == (None, 0)
    kept = after_note(a_ticket(), "open", NOW)
    assert (kept.due_at, kept.view) == (a_ticket().due_at, "waiting")


def test_a_note_that_closes_sets_the_time_and_a_note_on_a_closed_ticket_leaves_it():
    assert after_note(an_answered(), "closed", NOW).closed_at == NOW
    assert after_note(a_closed(), "closed", NOW).closed_at == CLOSED_AT
    assert after_note(a_closed(), None, NOW).closed_at == CLOSED_AT


@pytest.mark.parametrize("status", ["open", "pending", "closed"])
def test_a_note_with_a_status_is_one_change_and_one_note(status):
    after = after_note(a_ticket(version=3, notes=4), status, NOW)
    assert (after.version, after.notes) == (4, 5)


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


def test_an_answer_gives_the_ticket_to_its_writer_by_name():
    after = after_answer(a_ticket(), NINO, None, NOW)
    assert (after.assignee, after.assignee_name) == ("nino", "Nino")


@pytest.mark.parametrize("name", ["Giorgi", None])
def test_another_agent_s_answer_leaves_the_assignee_and_the_name(name):
    after = after_answer(a_ticket(assignee="giorgi", assignee_name=name), NINO, None, NOW)
    assert (after.assignee, after.assignee_name) == ("giorgi", name)


def test_an_own_answer_leaves_the_name_as_it_was_when_the_ticket_was_given():
    after = after_answer(an_answered(), replace(NINO, name="Nino K."), None, NOW)
    assert (after.assignee, after.assignee_name) == ("nino", "Nino")


@pytest.mark.parametrize(
    ("fields", "differing"),
    [
        ({"status": "pending"}, {"status", "pending_since"}),
        ({"status": "closed"}, {"status", "closed_at"}),
        ({"topic": ("rates", "support")}, {"topic_now"}),
        ({"topic": ("billing", "billing")}, {"topic_now", "team"}),
        ({"importance": "low"}, {"importance"}),
        ({"subject": "Cannot check out"}, {"subject"}),
    ],
    ids=str,
)
def test_a_change_that_the_hotel_sees_changes_no_more_than_its_field_and_when(fields, differing):
    before = an_answered()
    after = after_change(before, NOW, **fields)
    assert changed(before, after) == differing | {"version", "updated_at"}
    assert (after.version, after.updated_at) == (before.version + 1, NOW)
    assert all(getattr(after, name) == value for name, value in fields.items() if name != "topic")


@pytest.mark.parametrize(
    ("fields", "differing"),
    [
        ({"assignee": TO_GIORGI}, {"assignee", "assignee_name"}),
        ({"assignee": NOBODY}, {"assignee", "assignee_name"}),
        ({"topic": ("guests", "billing")}, {"team"}),
    ],
    ids=str,
)
@pytest.mark.parametrize("before", [an_answered(), an_answered(status="pending"), a_closed()])
def test_a_change_that_the_hotel_does_not_see_does_not_move_the_last_update(before, fields, differing):
    after = after_change(before, NOW, **fields)
    assert changed(before, after) == differing | {"version"}
    assert (after.version, after.updated_at) == (before.version + 1, before.updated_at)


def test_a_topic_brings_its_team_and_leaves_the_one_that_was_chosen():
    after = after_change(a_ticket(), NOW, topic=("billing", "billing"))
    assert (after.topic, after.topic_now, after.team) == ("guests", "billing", "billing")


def test_several_fields_are_one_change():
    before = a_ticket(version=7)
    after = after_change(
        before, NOW, status="closed", topic=("billing", "billing"), importance="low", subject="x", assignee=TO_GIORGI
    )
    assert (after.status, after.topic_now, after.team) == ("closed", "billing", "billing")
    assert (after.importance, after.subject, after.assignee) == ("low", "x", "giorgi")
    assert (after.version, after.updated_at) == (8, NOW)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"status": "open"},
        {"topic": ("guests", "support")},
        {"importance": "high"},
        {"subject": "Cannot check in"},
        {"assignee": TO_NINO},
        {"assignee": Assignee("nino", "Nino K.")},
        {
            "status": "open",
            "topic": ("guests", "support"),
            "importance": "high",
            "subject": "Cannot check in",
            "assignee": TO_NINO,
        },
    ],
    ids=str,
)
def test_a_change_to_what_it_is_gives_the_very_same_ticket(fields):
    before = an_answered()
    assert after_change(before, NOW, **fields) is before
    assert after_change(before, NOW, **fields | {"importance": "low"}).version == before.version + 1


def test_giving_a_new_ticket_to_nobody_gives_the_very_same_ticket():
    before = a_ticket()
    assert after_change(before, NOW, assignee=NOBODY) is before
    assert after_change(before, NOW, assignee=TO_NINO) is not before


def test_closing_a_closed_ticket_gives_the_very_same_ticket():
    before = a_closed()
    assert after_change(before, NOW, status="closed") is before
    assert after_change(before, NOW, status="open") is not before


def test_a_new_ticket_that_somebody_is_given_is_in_progress():
    after = after_change(a_ticket(), NOW, assignee=TO_NINO)
    assert (after.status, after.assignee, after.assignee_name) == ("open", "nino", "Nino")
    assert (after.updated_at, after.version) == (NOW, 2)
    assert after.waiting_since == OPENED_AT


@pytest.mark.parametrize("status", ["open", "pending", "closed"])
def test_a_new_ticket_that_somebody_is_given_with_a_status_gets_that_one(status):
    after = after_change(a_ticket(), NOW, assignee=TO_NINO, status=status)
    assert (after.status, after.assignee) == (status, "nino")


@pytest.mark.parametrize("status", ["pending", "closed"])
def test_giving_a_ticket_that_is_not_new_to_somebody_leaves_its_status(status):
    before = an_answered(status=status, closed_at=CLOSED_AT if status == "closed" else None)
    assert after_change(before, NOW, assignee=TO_GIORGI).status == status
    assert after_change(a_ticket(), NOW, assignee=TO_GIORGI).status == "open"


@pytest.mark.parametrize("fields", [{"topic": ("rates", "support")}, {"importance": "low"}, {"subject": "x"}], ids=str)
def test_another_change_leaves_a_new_ticket_new(fields):
    assert after_change(a_ticket(), NOW, **fields).status == "new"
    assert after_change(a_ticket(), NOW, **fields, assignee=TO_NINO).status == "open"


@pytest.mark.parametrize("before", [an_answered(), a_ticket(assignee="nino", assignee_name="Nino")])
def test_a_ticket_that_is_taken_away_is_nobody_s(before):
    after = after_change(before, NOW, assignee=NOBODY)
    assert (after.assignee, after.assignee_name) == (None, None)
    assert (after.status, after.updated_at) == (before.status, before.updated_at)


def test_who_is_not_named_keeps_the_ticket():
    after = after_change(an_answered(), NOW, importance="low")
    assert (after.assignee, after.assignee_name) == ("nino", "Nino")


@pytest.mark.parametrize("status", ["pending", "closed"])
def test_a_change_of_status_away_from_support_ends_what_is_due(status):
    after = after_change(a_ticket(), NOW, status=status)
    assert (after.due_at, after.view == "waiting") == (None, False)
    kept = after_change(a_ticket(), NOW, status="open")
    assert (kept.waiting_since, kept.due_at) == (OPENED_AT, OPENED_AT + timedelta(hours=2))


@pytest.mark.parametrize("status", ["pending", "closed"])
def test_a_question_without_an_answer_waits_again_when_its_status_is_taken_back(status):
    away = after_change(a_ticket(), NOW, status=status)
    back = after_change(away, NOW + MILLISECOND, status="open")
    assert (back.waiting_since, back.view) == (OPENED_AT, "waiting")
    answered = after_answer(away, NINO, None, NOW)
    assert after_change(answered, NOW + MILLISECOND, status="open").view == "pending"


@pytest.mark.parametrize("status", ["pending", "closed"])
def test_a_reply_to_what_was_put_away_without_an_answer_is_due_from_then_on(status):
    away = after_change(a_ticket(), NOW, status=status)
    assert after_hotel_reply(away, ANNA, NOW + MILLISECOND).waiting_since == NOW + MILLISECOND


def test_a_change_to_closed_sets_its_time_and_one_away_from_it_clears_it():
    closed = after_change(an_answered(), NOW, status="closed")
    assert closed.closed_at == NOW
    for status in ("open", "pending"):
        reopened = after_change(closed, NOW + MILLISECOND, status=status)
        assert (reopened.status, reopened.closed_at, reopened.waiting_since) == (status, None, None)


def test_a_change_to_a_closed_ticket_leaves_the_time_it_was_closed():
    assert after_change(a_closed(), NOW, importance="low").closed_at == CLOSED_AT


def test_what_an_agent_changed_is_told_field_by_field():
    before = a_ticket()
    after = after_change(before, NOW, topic=("billing", "billing"), subject="x", importance="low", assignee=TO_NINO)
    assert changes_between(before, after) == {
        "status": ("new", "open"),
        "assignee": (None, "nino"),
        "assignee_name": (None, "Nino"),
        "topic_now": ("guests", "billing"),
        "team": ("support", "billing"),
        "importance": ("high", "low"),
        "subject": ("Cannot check in", "x"),
    }


def test_taking_a_ticket_away_is_told_too():
    before = an_answered()
    assert changes_between(before, after_change(before, NOW, assignee=NOBODY)) == {
        "assignee": ("nino", None),
        "assignee_name": ("Nino", None),
    }


def test_a_ticket_that_support_opens_comes_from_nothing():
    assert changes_between(None, a_written_first()) == {
        "status": (None, "pending"),
        "assignee": (None, "nino"),
        "assignee_name": (None, "Nino"),
        "topic_now": (None, "guests"),
        "team": (None, "support"),
        "importance": (None, "high"),
        "subject": (None, "Cannot check in"),
    }


def test_what_is_nobody_s_from_the_start_is_no_change():
    assert {"assignee", "assignee_name"}.isdisjoint(changes_between(None, a_ticket()))
    assert changes_between(None, a_ticket())["status"] == (None, "new")


def test_what_an_agent_cannot_change_is_not_told():
    before = an_answered()
    assert changes_between(before, before) == {}
    assert changes_between(before, after_note(before, None, NOW)) == {}
    assert changes_between(before, after_answer(before, NINO, None, NOW)) == {}
    assert changes_between(before, after_answer(before, NINO, "pending", NOW)) == {"status": ("open", "pending")}


Step = Callable[[Ticket, datetime], Ticket]
HOTEL_SEES = (*(set(Row.__struct_fields__) - {"updated_at", "unopened", "shared"}), "messages")


def opening_by_hotel(ticket: Ticket, _now: datetime, *, up_to: int) -> Ticket:
    return after_opening_by_hotel(ticket, min(up_to, ticket.messages))


def closing_by_hotel(ticket: Ticket, now: datetime) -> Ticket:
    """A closed ticket is not closed again, as its service has it."""
    return ticket if ticket.status == "closed" else after_closing(ticket, now)


def reply_if_taken(ticket: Ticket, now: datetime, *, user: HotelUser) -> Ticket:
    try:
        return after_hotel_reply(ticket, user, now)
    except TicketClosed:
        return ticket


def answer(ticket: Ticket, now: datetime, *, agent: Agent, status: Any) -> Ticket:
    return after_answer(ticket, agent, status, now)


def note(ticket: Ticket, now: datetime, *, status: Any) -> Ticket:
    return after_note(ticket, status, now)


statuses = st.sampled_from([None, "open", "pending", "closed"])
changes: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["open", "pending", "closed"]),
        "topic": st.sampled_from([("guests", "support"), ("billing", "billing"), ("guests", "billing")]),
        "importance": st.sampled_from(["critical", "high"]),
        "subject": st.sampled_from(["Cannot check in", "x"]),
        "assignee": st.sampled_from([NOBODY, TO_NINO, TO_GIORGI]),
    },
)
steps = st.one_of(
    st.builds(partial, st.just(reply_if_taken), user=st.sampled_from([ANNA, BEKA])),
    st.builds(partial, st.just(answer), agent=st.sampled_from([NINO, GIORGI]), status=statuses),
    st.builds(partial, st.just(note), status=statuses),
    changes.map(lambda fields: partial(after_change, **fields)),
    st.builds(partial, st.just(opening_by_hotel), up_to=st.integers(1, 30)),
    st.just(closing_by_hotel),
)
walks = st.lists(st.tuples(steps, st.timedeltas(timedelta(0), timedelta(days=20))), max_size=30)
beginnings = st.sampled_from([a_ticket(), a_written_first()])


def walk(ticket: Ticket, way: list[tuple[Step, timedelta]]) -> Iterator[tuple[Ticket, Ticket, datetime]]:
    """Each step of the way: the ticket before it and after it, and when it was taken."""
    now = OPENED_AT
    for step, wait in way:
        now += wait
        before, ticket = ticket, step(ticket, now)
        yield before, ticket, now


@given(beginnings, walks)
def test_a_ticket_has_a_time_of_closing_exactly_while_it_is_closed(ticket, way):
    for before, after, now in walk(ticket, way):
        assert (after.status == "closed") == (after.closed_at is not None)
        if after.closed_at != before.closed_at:
            assert after.closed_at in {None, now}


@given(beginnings, walks)
def test_nothing_waits_in_a_ticket_that_is_closed_or_waits_for_the_hotel(ticket, way):
    for before, after, now in walk(ticket, way):
        is_away = after.status in {"closed", "pending"}
        if is_away:
            assert after.due_at is None
        assert after.waiting_since in {None, before.waiting_since, now}
        assert after.due_at in {None, before.due_at}
        is_waiting = bool(after.waiting_since) and not is_away
        assert after.view == (None if after.status == "closed" else "waiting" if is_waiting else "pending")


@given(beginnings, walks)
def test_the_version_moves_by_one_with_everything_but_an_opening(ticket, way):
    for before, after, _ in walk(ticket, way):
        is_changed = bool(changed(before, after) - {"unopened", "to_share", "shared"})
        assert after.version == before.version + is_changed
        assert after.revision == before.revision


@given(beginnings, walks)
def test_the_last_update_moves_with_what_the_hotel_sees_and_with_nothing_else(ticket, way):
    for before, after, now in walk(ticket, way):
        is_seen = any(getattr(after, name) != getattr(before, name) for name in HOTEL_SEES)
        assert after.updated_at == (now if is_seen else before.updated_at)
        assert after.updated_at >= before.updated_at


@given(beginnings, walks)
def test_messages_and_notes_are_counted_one_by_one(ticket, way):
    for (step, _), (before, after, _) in zip(way, walk(ticket, way), strict=True):
        does = getattr(step, "func", step)
        is_written = does is answer or (does is reply_if_taken and after is not before)
        assert after.messages == before.messages + is_written
        assert after.notes == before.notes + (does is note)
        assert 0 <= after.unopened <= after.messages


@given(beginnings, walks)
def test_what_a_ticket_was_opened_with_stays(ticket, way):
    for _, after, _ in walk(ticket, way):
        for name in ("number", "account", "opened_by", "topic", "context", "follow_up_of", "created_at"):
            assert getattr(after, name) == getattr(ticket, name)


@given(beginnings, walks)
def test_a_ticket_is_never_new_again_and_a_name_stands_beside_every_assignee(ticket, way):
    for before, after, _ in walk(ticket, way):
        assert after.status != "new" or before.status == "new"
        assert (after.assignee, after.assignee_name) in {(None, None), ("nino", "Nino"), ("giorgi", "Giorgi")}
