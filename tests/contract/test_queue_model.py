"""The agents' lists against a model of them: a plain list, looked through from end to end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import catalog
from chalicelib.domain.people import Agent, HotelUser
from chalicelib.domain.ticket import AgentStatus
from tests.contract.conftest import Api
from tests.contract.test_history import NEVER, call_of, forget, hotel_user, open_at
from tests.contract.test_history_model import AGENT_STATUSES, MILLISECOND, ZONES, near

VIEWS = ("waiting", "pending", "closed", "all")
TEAMS = {"bookings": "support", "rates": "support", "billing": "billing", "services": "services"}
IMPORTANCES = ("critical", "high", "low")
LANGUAGES = (("en",), ("ka",), ("ka", "en"), ("pl",))
ABSENT = date(2028, 7, 7)
Filters = dict[str, Any]


@dataclass
class Kept:
    """A ticket as the model knows it; `asked_at` is the oldest question of the hotel's that has no answer."""

    number: str
    hotel: HotelUser
    opened_at: datetime
    topic: str
    importance: str
    languages: tuple[str, ...]
    updated_at: datetime
    asked_at: datetime | None
    status: str = "new"
    assignee: str | None = None
    version: int = 1

    @property
    def team(self) -> str:
        return TEAMS[self.topic]

    @property
    def view(self) -> str:
        if self.status == "closed":
            return "closed"
        return "waiting" if self.asked_at and self.status != "pending" else "pending"

    @property
    def due_at(self) -> datetime | None:
        if self.view != "waiting" or self.asked_at is None:
            return None
        return catalog.due_at(self.asked_at, self.importance, self.team, self.languages)

    def row(self) -> tuple[object, ...]:
        ticket = (self.number, self.hotel.account, self.status, self.importance, self.version, self.updated_at)
        return *ticket, self.topic, self.team, self.assignee, self.languages, self.due_at

    def fits(self, filters: Filters, agent: Agent) -> bool:
        facts = {"team": self.team, "topic": self.topic, "account": self.hotel.account, "view": self.view}
        facts["date"] = str(self.opened_at.astimezone(ZoneInfo(agent.zone)).date())
        facts["assignee"] = {None: "none", agent.id: "me"}.get(self.assignee, self.assignee or "")
        wanted = {name: str(value) for name, value in filters.items() if (name, value) != ("view", "all")}
        language = wanted.pop("language", None)
        return wanted.items() <= facts.items() and (language is None or language in self.languages)


@dataclass
class Both:
    """Two hotels in the service, and the model of them: what is done is done to both."""

    hotels: list[HotelUser]
    kept: list[Kept] = field(default_factory=list)
    now: datetime = datetime(2028, 1, 1, tzinfo=UTC)

    def open(self, moment: datetime, hotel: HotelUser, topic: str, importance: str, languages: tuple[str, ...]) -> None:
        self.now = max(self.now, moment)
        ticket = open_at(moment, hotel, topic=topic, importance=importance, languages=languages)
        self.kept.append(Kept(ticket.number, hotel, moment, topic, importance, languages, moment, moment))

    def reply(self, kept: Kept) -> None:
        from chalicelib.services.tickets import Reply, reply

        reply(call_of(kept.hotel, self.now), kept.hotel, kept.number, Reply("?"))
        kept.asked_at = kept.asked_at if kept.view == "waiting" else self.now
        kept.status = "new" if kept.status == "new" else "open"
        self._moved(kept)

    def answer(self, kept: Kept, agent: Agent, status: AgentStatus | None = None) -> None:
        from chalicelib.services.agent_tickets import AgentReply, reply

        reply(call_of(agent, self.now), agent, kept.number, AgentReply("!", status=status), kept.version)
        kept.asked_at = None
        kept.assignee = kept.assignee or agent.id
        kept.status = status or ("open" if kept.status == "new" else kept.status)
        self._moved(kept)

    def note(self, kept: Kept, agent: Agent, status: AgentStatus) -> None:
        from chalicelib.services.agent_tickets import AgentReply, reply

        request = AgentReply("...", note=True, status=status)
        reply(call_of(agent, self.now), agent, kept.number, request, kept.version)
        updated_at = kept.updated_at if kept.status == status else self.now
        kept.status = status
        self._moved(kept)
        kept.updated_at = updated_at

    def change(self, kept: Kept, agent: Agent, **fields: Any) -> None:
        from chalicelib.services.agent_tickets import ChangeTicket, change_ticket

        change_ticket(agent, kept.number, ChangeTicket(**fields), kept.version, self.now)
        before = (kept.status, kept.topic, kept.importance)
        assignee = kept.assignee
        for name, value in fields.items():
            setattr(kept, name, agent.id if value == "me" else value)
        if kept.status == "new" and fields.get("assignee"):
            kept.status = "open"
        if (kept.status, kept.topic, kept.importance) != before:
            self._moved(kept)
        elif kept.assignee != assignee:
            kept.version += 1

    def close(self, kept: Kept) -> None:
        from chalicelib.services.tickets import close_ticket

        close_ticket(kept.hotel, kept.number, self.now)
        if kept.status != "closed":
            kept.status, kept.asked_at = "closed", None
            self._moved(kept)

    def _moved(self, kept: Kept) -> None:
        kept.version += 1
        kept.updated_at = self.now

    def matching(self, agent: Agent, filters: Filters) -> list[Kept]:
        """What the model shows of the list that these filters mean to this agent, in its order."""
        found = [kept for kept in self.kept if kept.fits(filters, agent)]
        if filters["view"] == "waiting":
            return sorted(found, key=lambda kept: (kept.due_at or NEVER, kept.number))
        if filters["view"] == "pending":
            return sorted(found, key=lambda kept: (kept.updated_at, kept.number))
        return sorted(found, key=lambda kept: (kept.opened_at, kept.number), reverse=True)


def _rows(agent: Agent, filters: Filters, limit: int) -> Iterator[Any]:
    from chalicelib.services.queue import QueueFilters, list_tickets

    cursor = None
    while True:
        page = list_tickets(agent, QueueFilters(**filters), cursor, limit)
        assert len(page.rows) <= limit
        yield from page.rows
        assert page.next_cursor is None or page.next_cursor != cursor
        cursor = page.next_cursor
        if cursor is None:
            return


def _shown(row: Any) -> tuple[object, ...]:
    ticket = (row.number, row.account, row.status, row.importance, row.version, row.updated_at)
    return *ticket, row.topic_now, row.team, row.assignee, row.languages, row.due_at


def _hold(both: Both, agent: Agent, filters: Filters, limit: int) -> None:
    """Holds the rows of both hotels in a whole list against the model: other tests' tickets stand in it too."""
    rows = list(_rows(agent, filters, limit))
    assert len({row.number for row in rows}) == len(rows), (filters, limit)
    accounts = {hotel.account for hotel in both.hotels}
    found = [_shown(row) for row in rows if row.account in accounts]
    assert found == [kept.row() for kept in both.matching(agent, filters)], (agent.zone, filters, limit)


def _hold_all(both: Both, agent: Agent, more: list[Filters], limit: int) -> None:
    """Every view with nothing else, with one more filter, and with the filters that were drawn."""
    account = both.hotels[0].account
    for view in VIEWS:
        bound: Filters = {} if view in {"waiting", "pending"} else {"account": account}
        one = [{name: value} for each in more for name, value in each.items()]
        unique = {str(each): each for each in ({}, {"account": account}, *one, *more)}
        for filters in unique.values():
            is_bound = bool({"account", "date"} & set(filters))
            wanted = {"view": view, **filters, **({} if is_bound else bound)}
            # Other tests' tickets would be many pages.
            _hold(both, agent, wanted, limit if "account" in wanted else 100)


days = st.sampled_from([date(2028, 3, 25), date(2028, 3, 26), date(2028, 3, 27)])
"""The clocks of Europe change on the second one."""
moments = st.builds(
    lambda zone, day, off, hours: datetime.combine(day, time(hours), ZoneInfo(zone)).astimezone(UTC) + off,
    st.sampled_from(ZONES),
    days,
    near,
    st.sampled_from([0, 0, 3, 12]),
)
tickets = st.lists(
    st.tuples(
        moments,
        st.integers(0, 1),
        st.sampled_from(list(TEAMS)),
        st.sampled_from(IMPORTANCES),
        st.sampled_from(LANGUAGES),
    ),
    min_size=2,
    max_size=7,
).map(sorted)


def _do_something(both: Both, agents: list[Agent], draw: Callable[[Any], Any]) -> None:
    both.now += MILLISECOND * draw(st.integers(0, 1))
    kept, agent = draw(st.sampled_from(both.kept)), draw(st.sampled_from(agents))
    status = st.sampled_from(AGENT_STATUSES)
    steps: dict[str, Callable[[], None]] = {
        "reply": lambda: both.reply(kept),
        "answer": lambda: both.answer(kept, agent),
        "answer with status": lambda: both.answer(kept, agent, draw(status)),
        "note with status": lambda: both.note(kept, agent, draw(status)),
        "topic": lambda: both.change(kept, agent, topic=draw(st.sampled_from(list(TEAMS)))),
        "importance": lambda: both.change(kept, agent, importance=draw(st.sampled_from(IMPORTANCES))),
        "assignee": lambda: both.change(kept, agent, assignee=draw(st.sampled_from(["me", None]))),
        "status": lambda: both.change(kept, agent, status=draw(status)),
        "close": lambda: both.close(kept),
    }
    steps[draw(st.sampled_from(list(steps)))]()


def _filters(accounts: list[str], dates: list[date]) -> st.SearchStrategy[Filters]:
    """Two filters or more at once."""
    each: dict[str, st.SearchStrategy[Any]] = {
        "team": st.sampled_from(["support", "billing", "services"]),
        "topic": st.sampled_from(list(TEAMS)),
        "assignee": st.sampled_from(["me", "none"]),
        "language": st.sampled_from(["ka", "en", "ru"]),
        "account": st.sampled_from(accounts),
        "date": st.sampled_from(dates),
    }
    names = st.lists(st.sampled_from(list(each)), min_size=2, max_size=4, unique=True)
    return names.flatmap(lambda names: st.fixed_dictionaries({name: each[name] for name in names}))


@given(opened=tickets, zones=st.permutations(ZONES), limit=st.integers(1, 3), data=st.data())
@settings(
    max_examples=15,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_list_is_what_the_model_shows(
    api: Api,  # noqa: ARG001 - its environment comes first
    opened: list[tuple[datetime, int, str, str, tuple[str, ...]]],
    zones: list[str],
    limit: int,
    data: st.DataObject,
) -> None:
    from chalicelib.services import queue

    hotel = f"hotel-{uuid4().hex[:12]}"
    both = Both([hotel_user(hotel), hotel_user(f"{hotel}2")])
    agents = [
        Agent(id=f"{name}-{hotel}", name=name, expires_at=NEVER, zone=zone)
        for name, zone in zip(("nino", "giorgi"), zones, strict=False)
    ]
    for moment, which, topic, importance, languages in opened:
        both.open(moment, both.hotels[which], topic, importance, languages)
        for _ in range(data.draw(st.integers(0, 1))):
            _do_something(both, agents, data.draw)
    for _ in range(data.draw(st.integers(4, 12))):
        _do_something(both, agents, data.draw)
    accounts = [*(each.account for each in both.hotels), f"demo/{hotel}3"]
    for agent in agents:
        dates = [ABSENT, *{kept.opened_at.astimezone(ZoneInfo(agent.zone)).date() for kept in both.kept}]
        more = data.draw(st.lists(_filters(accounts, sorted(dates)), min_size=4, max_size=4))
        _hold_all(both, agent, more, limit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queue, "LOOKED_AT", 2)
        for account, view in ((account, view) for account in accounts for view in ("closed", "all")):
            for filters in ({}, {"language": "ka"}, {"team": "support", "assignee": "none"}):
                _hold(both, agents[0], {"view": view, "account": account, **filters}, limit)
    forget(hotel, f"{hotel}2")
