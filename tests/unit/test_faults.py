"""Controls of what the faults' tests look with: it finds what was lost, doubled or damaged."""

from typing import Any

import pytest

from tests.faults import Journal, Kept


def test_what_was_lost_or_doubled_is_found() -> None:
    """A control of the journal alone."""
    journal = Journal({"a": "ok", "b": "failed", "c": "unknown", "d": "unknown"})
    assert journal.differences({"b": 1, "c": 1, "d": 2, "e": 1}) == [
        "a: told ok, there 0 times",
        "b: told failed, there 1 times",
        "d: told unknown, there 2 times",
        "e: there, and nobody did it",
    ]


@pytest.mark.parametrize("missing", ["thread#000002", "note#000001#000001", "row#1", "ticket", "upload#1", "number"])
def test_a_ticket_that_lost_a_part_of_itself_is_found(missing: str) -> None:
    """A control of what the tables are looked through for: a whole ticket, then the same with one item gone."""
    shown = {"status": "new", "subject": "", "topic_now": "", "updated_at": "", "unopened": 0, "number": "1"}
    entry = {"text": "", "author": {"kind": "requester"}}
    items: list[tuple[str, str, str | None, Any]] = [
        ("number#1", "ticket", None, None),
        ("hotel#1", "ticket", None, {**shown, "messages": 2, "notes": 1, "closed_at": None}),
        ("hotel", "row#1", None, shown),
        ("hotel#1", "thread#000001", None, entry),
        ("hotel#1", "thread#000002", None, {**entry, "attachment": {"key": "k"}}),
        ("hotel#1", "note#000001#000001", None, entry),
        ("hotel@anna", "upload#1", "claimed", {"key": "k", "name": "a.png"}),
    ]
    whole, damaged = Kept(), Kept()
    for item in items:
        whole.add(*item)
        name = "number" if item[0] == "number#1" else item[1]
        if name != missing:
            damaged.add(*item)
    assert whole.contradictions() == []
    assert damaged.contradictions() != []


def test_an_answer_is_read_once_its_mark_says_so():
    """A control of the marks: the same ticket, opened by its hotel, with the mark of who takes part set and not set."""
    head = {"unopened": 0, "closed_at": None}
    answer = {"text": "x", "author": {"kind": "agent"}}
    for is_unread, times in ((True, 0), (False, 1)):
        kept = Kept()
        kept.add("hotel#1", "ticket", None, head)
        kept.add("hotel#1", "thread#000002", None, answer)
        kept.add("hotel@anna", "answer#at#1#000002", None, {"answered": {"number": "1"}, "is_unread": is_unread})
        assert kept.done()["read 1"] == times
