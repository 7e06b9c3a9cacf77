"""A ticket, its messages, and where they stand."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.people import Agent
from chalicelib.domain.ticket import (
    FIRST,
    AgentRow,
    Author,
    Message,
    Row,
    Ticket,
    agent_author,
    message_count,
    message_id,
    place_of,
    requester,
)
from tests.unit.tickets import ANNA, OPENED_AT, a_ticket

NINO = Agent(id="nino", name="Nino", expires_at=OPENED_AT)


def an_answered(**changes: Any) -> Ticket:
    return a_ticket(**{"status": "open", "waiting_since": None, "due_at": None} | changes)


def a_closed(**changes: Any) -> Ticket:
    return an_answered(**{"status": "closed", "closed_at": OPENED_AT} | changes)


def a_message(count: int) -> Message:
    return Message(message_id(count), requester(ANNA), "text", OPENED_AT)


def a_note(count: int, after: int) -> Message:
    return Message(
        message_id(count, is_note=True), agent_author(NINO), "text", OPENED_AT, None, is_note=True, after=after
    )


@pytest.mark.parametrize(
    ("ticket", "view"),
    [
        (a_ticket(), "waiting"),
        (a_ticket(status="open"), "waiting"),
        (a_ticket(status="pending"), "pending"),
        (an_answered(), "pending"),
        (an_answered(status="pending"), "pending"),
        (a_closed(), None),
        (a_closed(waiting_since=OPENED_AT), None),
    ],
)
def test_agents_find_a_ticket_where_its_next_step_is(ticket, view):
    assert ticket.view == view


def test_a_new_ticket_is_nobody_s_and_at_its_first_version():
    ticket = a_ticket()
    assert (ticket.status, ticket.assignee, ticket.assignee_name) == ("new", None, None)
    assert (ticket.version, ticket.revision, ticket.notes, ticket.unopened) == (1, 1, 0, 0)


def test_the_hotel_s_list_shows_nothing_that_only_agents_may_see():
    assert set(Row.__struct_fields__).isdisjoint({"assignee", "assignee_name", "team", "due_at", "version", "notes"})
    assert set(AgentRow.__struct_fields__) > set(Row.__struct_fields__) | {"assignee", "assignee_name", "team"}
    assert set(AgentRow.__struct_fields__) < set(Ticket.__struct_fields__)


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


def test_a_thread_begins_with_its_first_message():
    assert place_of(a_message(1)) == FIRST
    assert place_of(a_message(2)) > FIRST
    assert place_of(a_note(1, after=1)) > FIRST


def test_a_message_stands_at_its_count_and_a_note_behind_the_message_it_follows():
    assert place_of(a_message(12)) == (12, 0)
    assert place_of(a_note(7, after=3)) == (3, 7)


def test_places_sort_like_the_thread():
    thread = [a_message(1), a_note(1, after=1), a_note(2, after=1), a_message(2), a_message(3), a_note(10, after=3)]
    jumbled = [thread[n] for n in (3, 5, 0, 4, 2, 1)]
    assert sorted(jumbled, key=place_of) == thread


@given(st.lists(st.booleans(), max_size=200))
def test_a_thread_as_it_was_written_is_in_order_and_no_two_share_a_place(are_notes):
    places, messages, notes = [FIRST], 1, 0
    for is_note in are_notes:
        if is_note:
            notes += 1
            places.append(place_of(a_note(notes, after=messages)))
        else:
            messages += 1
            places.append(place_of(a_message(messages)))
    assert places == sorted(set(places))


def test_an_author_is_known_by_kind_id_and_name():
    assert requester(ANNA) == Author("requester", "anna", "Anna")
    assert agent_author(NINO) == Author("agent", "nino", "Nino")
