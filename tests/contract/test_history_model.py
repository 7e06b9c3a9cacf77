"""The hotel's history against a model of it: a plain list, looked through from end to end."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, cycle, product
from threading import Event
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.people import Agent, HotelUser
from chalicelib.domain.ticket import AgentStatus
from tests.contract.conftest import Api
from tests.contract.test_history import NEVER, NOON, call_of, forget, hotel_user, open_at

ZONES = ("Asia/Tbilisi", "Europe/Kyiv", "Europe/Warsaw", "Pacific/Kiritimati", "Pacific/Pago_Pago")
TOPICS = ("bookings", "rates", "billing")
AGENT_STATUSES: tuple[AgentStatus, ...] = ("open", "pending", "closed")
STATUSES = ("new", *AGENT_STATUSES)
IMPORTANCES = ("critical", "low")
NINO = Agent(id="nino", name="Nino", expires_at=NEVER)
ABSENT = date(2026, 7, 7)
MILLISECOND = timedelta(milliseconds=1)
REOPENS_WITHIN = timedelta(days=14)


@dataclass
class Kept:
    """A ticket as the model knows it."""

    number: str
    opened_by: str
    opened_at: datetime
    topic: str
    importance: str
    updated_at: datetime
    moved_to: str
    status: str = "new"
    closed_at: datetime | None = None
    messages: int = 1
    version: int = 1
    taking_part: set[str] = field(default_factory=set)
    answers: list[tuple[int, frozenset[str]]] = field(default_factory=list)
    read: dict[str, int] = field(default_factory=dict)

    def is_unread(self, user: str) -> bool:
        """Whether an answer was opened by nobody, or came to this user as one who takes part and not by him."""
        by_anybody, by_him = max(self.read.values(), default=0), self.read.get(user, 0)
        return any(n > by_anybody or (user in asked and n > by_him) for n, asked in self.answers)

    def day(self, zone: str) -> date:
        return self.opened_at.astimezone(ZoneInfo(zone)).date()

    def row(self) -> tuple[object, ...]:
        moved_to = self.moved_to if self.moved_to != self.topic else None
        return self.number, self.topic, moved_to, self.status, self.importance, self.opened_by, self.updated_at

    def move(self, status: str, now: datetime) -> None:
        self.closed_at = (self.closed_at or now) if status == "closed" else None
        self.status = status


@dataclass
class Both:
    """A hotel in the service, and the model of it: what is done is done to both."""

    account: str
    users: list[HotelUser]
    kept: list[Kept] = field(default_factory=list)
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def open(self, moment: datetime, user: HotelUser, topic: str, importance: str = "low") -> Kept:
        self.now = max(self.now, moment)
        ticket = open_at(moment, user, topic=topic, importance=importance)
        kept = Kept(ticket.number, user.name, moment, topic, importance, moment, topic, taking_part={user.id})
        self.kept.append(kept)
        return kept

    def reply(self, kept: Kept, user: HotelUser) -> None:
        from chalicelib.errors import TicketClosed
        from chalicelib.services.tickets import Reply, reply

        if kept.closed_at and self.now > kept.closed_at + REOPENS_WITHIN:
            with pytest.raises(TicketClosed):
                reply(call_of(user, self.now), user, kept.number, Reply("?"))
            return
        message = reply(call_of(user, self.now), user, kept.number, Reply("?"))
        self._count_message(kept, message.id)
        kept.move("new" if kept.status == "new" else "open", self.now)
        kept.taking_part.add(user.id)

    def answer(self, kept: Kept, status: AgentStatus | None = None) -> None:
        from chalicelib.services.agent_tickets import AgentReply, reply

        message = reply(call_of(NINO, self.now), NINO, kept.number, AgentReply("!", status=status), kept.version)
        self._count_message(kept, message.id)
        kept.answers.append((kept.messages, frozenset(kept.taking_part)))
        kept.move(status or ("open" if kept.status == "new" else kept.status), self.now)

    def _count_message(self, kept: Kept, id_: str) -> None:
        kept.messages += 1
        kept.version += 1
        kept.updated_at = self.now
        assert id_ == f"m{kept.messages}"

    def change(self, kept: Kept, **fields: Any) -> None:
        from chalicelib.services.agent_tickets import ChangeTicket, change_ticket

        change_ticket(NINO, kept.number, ChangeTicket(**fields), kept.version, self.now)
        before = kept.row()
        kept.moved_to = fields.get("topic", kept.moved_to)
        kept.importance = fields.get("importance", kept.importance)
        kept.move(fields.get("status", kept.status), self.now)
        if kept.row() != before:
            kept.version += 1
            kept.updated_at = self.now

    def close(self, kept: Kept, user: HotelUser) -> None:
        from chalicelib.services.tickets import close_ticket

        close_ticket(user, kept.number, self.now)
        if kept.status != "closed":
            kept.move("closed", self.now)
            kept.version += 1
            kept.updated_at = self.now

    def read(self, kept: Kept, user: HotelUser, up_to: int) -> None:
        from chalicelib.errors import NotFound
        from chalicelib.services.tickets import mark_read

        if up_to > kept.messages:
            with pytest.raises(NotFound):
                mark_read(user, kept.number, f"m{up_to}")
            return
        mark_read(user, kept.number, f"m{up_to}")
        kept.read[user.id] = max(up_to, kept.read.get(user.id, 0))

    def matching(self, user: HotelUser, filters: Any) -> list[Kept]:
        """What the model shows of the list that these filters mean to this user."""
        return sorted(
            (
                kept
                for kept in self.kept
                if filters.date in {None, kept.day(user.zone)}
                and filters.topic in {None, kept.topic}
                and filters.status in {None, kept.status}
                and (kept.is_unread(user.id) or not filters.unread)
            ),
            key=lambda kept: (kept.opened_at, kept.number),
            reverse=True,
        )


def _filters(**given: Any) -> Any:
    from chalicelib.services.history import Filters

    return Filters(**given)


def _pages(user: HotelUser, filters: Any, limit: int) -> Iterator[Any]:
    from chalicelib.services.history import list_history

    cursor = None
    while True:
        page = list_history(user, filters, cursor, limit)
        yield page
        assert page.next_cursor is None or page.next_cursor != cursor
        cursor = page.next_cursor
        if cursor is None:
            return


def _shown(row: Any) -> tuple[object, ...]:
    moved_to = row.topic_now if row.topic_now != row.topic else None
    return row.number, row.topic, moved_to, row.status, row.importance, row.opened_by.name, row.updated_at


def _hold(both: Both, user: HotelUser, filters: Any, limits: Iterable[int] = (1, 2, 3, 4)) -> None:
    """Holds every page of a list, at each of these sizes, against the model."""
    expected = both.matching(user, filters)
    rows = [kept.row() for kept in expected]
    unread = {kept.number for kept in expected if kept.is_unread(user.id)}
    for limit in limits if rows else (1,):
        pages = list(_pages(user, filters, limit))
        in_pages = [rows[n : n + limit] for n in range(0, len(rows), limit)] or [[]]
        assert [[_shown(row) for row in page.rows] for page in pages] == in_pages, (user.zone, filters, limit)
        assert {number for page in pages for number in page.unread} == unread, (user.id, filters, limit)


def _hold_all(both: Both) -> None:
    """Every combination of filters; users (and so zones) and sizes take turns where it is more than a day."""
    days = [None, ABSENT, *sorted({kept.day(zone) for kept in both.kept for zone in ZONES})]
    for user in both.users:
        for filters in (_filters(unread=True), *(_filters(date=day) for day in days)):
            _hold(both, user, filters)
    turns = zip(cycle(both.users), cycle((1, 2, 3, 4)), strict=False)
    for day, topic, status in product(days, (None, *TOPICS), (None, *STATUSES)):
        if topic or status:
            user, limit = next(turns)
            _hold(both, user, _filters(date=day, topic=topic, status=status), (limit,))


SPRING, AUTUMN = datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)
"""When the clocks of Europe change."""
days = st.sampled_from(
    [date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 25), date(2026, 10, 26), date(2026, 6, 15)]
)
near = st.sampled_from([-MILLISECOND, timedelta(), MILLISECOND])
around_midnight = st.builds(
    lambda zone, day, off: datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) + off,
    st.sampled_from(ZONES),
    days,
    near,
)
around_change = st.builds(
    lambda change, hours, off: change + timedelta(hours=hours) + off,
    st.sampled_from([SPRING, AUTUMN]),
    st.integers(-2, 2),
    near,
)
on_a_day = st.builds(
    lambda day, milliseconds: datetime.combine(day, time(), UTC) + milliseconds * MILLISECOND,
    days,
    st.integers(0, 86_399_999),
)
moments = st.lists(around_midnight | around_change | on_a_day, min_size=1, max_size=6).map(sorted)


def _new_hotel(*zones: str) -> Both:
    account = f"hotel-{uuid4().hex[:12]}"
    names = ("anna", "beka", "dato")
    return Both(account, [hotel_user(account, name, zone) for name, zone in zip(names, zones, strict=True)])


def _do_something(both: Both, draw: Callable[[Any], Any]) -> None:
    both.now += MILLISECOND * draw(st.integers(0, 2))
    kept = draw(st.sampled_from(both.kept))
    anna, beka, _ = both.users
    user = draw(st.sampled_from([anna, beka]))
    agent_status = st.sampled_from(AGENT_STATUSES)
    steps: dict[str, Callable[[], None]] = {
        "reply": lambda: both.reply(kept, user),
        "answer": lambda: both.answer(kept),
        "answer with status": lambda: both.answer(kept, draw(agent_status)),
        "read": lambda: both.read(kept, draw(st.sampled_from(both.users)), draw(st.integers(1, kept.messages + 1))),
        "topic": lambda: both.change(kept, topic=draw(st.sampled_from(TOPICS))),
        "status": lambda: both.change(kept, status=draw(agent_status)),
        "importance": lambda: both.change(kept, importance=draw(st.sampled_from(IMPORTANCES))),
        "close": lambda: both.close(kept, user),
    }
    steps[draw(st.sampled_from(list(steps)))]()


FEW = settings(
    max_examples=25,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(
    zones=st.permutations(ZONES).map(lambda zones: zones[:3]),
    opened=moments,
    steps=st.lists(st.integers(0, 3), min_size=6, max_size=6),
    data=st.data(),
)
@FEW
def test_every_list_is_what_the_model_shows(
    api: Api,  # noqa: ARG001 - its environment comes first
    zones: list[str],
    opened: list[datetime],
    steps: list[int],
    data: st.DataObject,
) -> None:
    both = _new_hotel(*zones)
    for moment, many in zip(opened, steps, strict=False):
        user = data.draw(st.sampled_from(both.users[:2]))
        both.open(moment, user, data.draw(st.sampled_from(TOPICS)), data.draw(st.sampled_from(IMPORTANCES)))
        for _ in range(many):
            _do_something(both, data.draw)
    _hold_all(both)
    forget(both.account)


often_reads = st.tuples(
    st.sampled_from([0, 0, 0, 1]),
    st.sampled_from(["reply", "answer", "answer", "read", "read", "read"]),
    st.integers(0, 2),
    st.integers(0, 1),
)
"""On which ticket, what is done, by whom, and how many messages before the newest one he has read up to."""


@given(steps=st.lists(often_reads, min_size=8, max_size=14))
@FEW
def test_what_is_unread_is_what_the_model_shows(
    api: Api,  # noqa: ARG001 - its environment comes first
    steps: list[tuple[int, str, int, int]],
) -> None:
    both = _new_hotel(*[ZONES[0]] * 3)
    for n in range(2):
        both.open(NOON + n * MILLISECOND, both.users[n], "bookings")
    for which, step, who, ago in steps:
        both.now += MILLISECOND
        kept, user = both.kept[which], both.users[who]
        if step == "reply":
            both.reply(kept, user)
        elif step == "answer":
            both.answer(kept)
        else:
            both.read(kept, user, max(1, kept.messages - ago))
        for each in both.users:
            _hold(both, each, _filters(unread=True), (2,))
    for user, unread in product(both.users, (True, False)):
        _hold(both, user, _filters(unread=unread), (1,))
    forget(both.account)


WANTED: tuple[dict[str, Any], ...] = (
    {},
    {"topic": "bookings"},
    {"date": NOON.date()},
    {"status": "new"},
    {"topic": "bookings", "date": NOON.date(), "status": "new"},
    {"unread": True},
    {"topic": "bookings", "date": NOON.date()},
)


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("wanted", WANTED, ids=lambda wanted: " and ".join(wanted) or "everything")
def test_what_is_opened_and_answered_between_two_pages_hides_and_repeats_nothing(wanted: dict[str, Any]) -> None:
    both = _new_hotel(*[ZONES[0]] * 3)
    anna, beka, _ = both.users
    for n in range(16):
        both.open(NOON + timedelta(minutes=n), (anna, beka)[n % 2], TOPICS[n // 2 % 2])
    for kept in both.kept[::3]:
        both.answer(kept)
    filters, old, seen = _filters(**wanted), dict(enumerate(both.kept)), list[str]()
    before = both.matching(anna, filters)
    ever = {kept.number for kept in before}
    for n, page in enumerate(_pages(anna, filters, 2)):
        seen += [row.number for row in page.rows]
        both.now += timedelta(seconds=1)
        both.answer(both.open(both.now, beka, "bookings"))
        both.open(both.now, anna, "bookings")
        last_seen = next(kept for kept in both.kept if kept.number == seen[-1])
        both.answer(last_seen)
        both.answer(old[n])
        both.change(old[n], topic="billing")
        ever |= {kept.number for kept in both.matching(anna, filters)}
        both.read(last_seen, anna, last_seen.messages)
    after = both.matching(anna, filters)
    stayed = [kept.number for kept in before if kept in after]
    assert [number for number in seen if number in stayed] == stayed
    assert len(seen) == len(set(seen))
    assert set(seen) <= ever
    assert stayed
    assert [kept.number for kept in after] != [kept.number for kept in before], "something happened meanwhile"
    forget(both.account)


@pytest.mark.usefixtures("api")
def test_what_others_write_while_one_turns_pages_hides_and_repeats_nothing() -> None:
    from chalicelib.services.agent_tickets import AgentReply, reply

    both = _new_hotel(*[ZONES[0]] * 3)
    anna, beka, _ = both.users
    for n in range(12):
        both.open(NOON + timedelta(minutes=n), anna, TOPICS[n % 2])
    old, done, opened = both.kept, Event(), list[str]()

    def open_more() -> None:
        while not done.is_set() and len(opened) < 40:
            moment = NOON + timedelta(hours=1, seconds=len(opened))
            opened.append(open_at(moment, beka, topic=TOPICS[len(opened) % 2]).number)

    def answer_more() -> int:
        for n in count():
            call = call_of(NINO, NOON + timedelta(hours=1, seconds=n))
            reply(call, NINO, old[n % len(old)].number, AgentReply("!", status=AGENT_STATUSES[n % 3]), None)
            if done.is_set():
                break
        return n

    with ThreadPoolExecutor(2) as pool:
        opening, answering = pool.submit(open_more), pool.submit(answer_more)
        try:
            for wanted in 2 * (WANTED[:3] + WANTED[-1:]):
                filters = _filters(**wanted)
                seen = [row.number for page in _pages(anna, filters, 3) for row in page.rows]
                expected = [kept.number for kept in both.matching(anna, filters)]
                assert [number for number in seen if number in expected] == expected
                assert len(seen) == len(set(seen))
        finally:
            done.set()
        opening.result()
        assert answering.result() > len(old), "each was answered meanwhile"
    assert len(opened) > len(old), "and others were opened"
    forget(both.account)
