"""The agents' lists through the app's edge: views, filters, order, pages, and how much there is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain, combinations, cycle, permutations, product
from random import Random
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from chalicelib.domain.people import Agent
from tests.contract.conftest import Api, Hotel
from tests.contract.test_history import DAY, NEVER, Query, change, forget, hotel_user, open_at, turned

NOON = datetime(2027, 5, 10, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
VIEWS = ("waiting", "pending", "closed", "all")


@pytest.fixture(autouse=True)
def _forgotten(hotel: Hotel) -> Iterator[None]:
    yield
    forget(hotel.account, f"{hotel.account}2")


def _pages(hotel: Hotel, limit: int = 100, token: str | None = None, /, **query: str) -> Iterator[list[Any]]:
    return turned(hotel.api, "/v1/agent/tickets", token or hotel.agent, limit, **query)


def _own(hotel: Hotel, limit: int = 100, token: str | None = None, /, **query: str) -> list[Any]:
    """This test's rows of a whole list, in its order: other tests' tickets stand in it too."""
    rows = [row for page in _pages(hotel, limit, token, **query) for row in page]
    numbers = [row["number"] for row in rows]
    assert len(numbers) == len(set(numbers))
    return [row for row in rows if row["account"].startswith(f"demo/{hotel.account}")]


def _numbers(hotel: Hotel, limit: int = 100, token: str | None = None, /, **query: str) -> list[str]:
    return [row["number"] for row in _own(hotel, limit, token, **query)]


def _wrong(hotel: Hotel, token: str | None = None, **query: str) -> set[str]:
    """The parameters that this query is refused for."""
    answer = hotel.api.call("GET", "/v1/agent/tickets", token=token or hotel.agent, query=dict(query))
    return set(answer.problem(400, "invalid_request")["fields"])


def _account(hotel: Hotel) -> str:
    return f"demo/{hotel.account}"


def _open(hotel: Hotel, moment: datetime = NOON, neighbour: str = "", **others: Any) -> str:
    """The number of a ticket of this moment, of this hotel or of a neighbour's."""
    return str(open_at(moment, hotel_user(f"{hotel.account}{neighbour}"), **others).number)


@dataclass(frozen=True)
class Case:
    """A ticket as the test made it."""

    number: str
    view: str
    team: str
    topic: str
    assignee: str | None
    languages: list[str]
    account: str
    date: str

    def fits(self, query: Query, me: str) -> bool:
        facts = {"team": self.team, "topic": self.topic, "account": self.account, "date": self.date}
        facts |= {"assignee": self.assignee or "none", "view": self.view}
        wanted = {name: me if value == "me" else value for name, value in query.items() if (name, value) != ALL}
        language = wanted.pop("language", None)
        return wanted.items() <= facts.items() and (language is None or language in self.languages)


ALL = ("view", "all")
TEAMS = {"bookings": "support", "billing": "billing", "services": "services"}


@dataclass(frozen=True)
class Desk:
    """Tickets of two hotels in every view, and the agents who work on them."""

    hotel: Hotel
    cases: list[Case]
    me: str
    giorgi: str
    giorgis_token: str


@pytest.fixture(scope="module")
def desk(api: Api, agent_bearer: str) -> Iterator[Desk]:
    """It is for looking at only, since the tests of this file share it."""
    account = f"hotel-{uuid4().hex[:12]}"
    anna, beka = (api.running.hotel_token(account, name) for name in ("anna", "beka"))
    hotel = Hotel(api, account, anna, beka, agent_bearer)
    giorgis_token, _ = (api.running.agent_token(name) for name in ("giorgi", "tamar"))
    assigned = hotel.open()["number"]
    me, giorgi = (change(hotel, assigned, assignee=name)["assignee"] for name in ("me", "giorgi"))
    hotel.api.post(f"/v1/tickets/{assigned}/close", anna, status=200)
    choose = Random(1).choice
    facts = list(product(VIEWS[:3], TEAMS, ("", "2"))) * 2
    cases = [_make_case(hotel, n, each, choose((None, me, giorgi)), choose) for n, each in enumerate(facts)]
    yield Desk(hotel, cases, me, giorgi, giorgis_token)
    forget(account, f"{account}2")


def _make_case(
    hotel: Hotel, n: int, facts: tuple[str, str, str], assignee: str | None, choose: Callable[[Any], Any]
) -> Case:
    view, topic, neighbour = facts
    languages, opened_as = choose((["ka"], ["en", "ka"], ["pl"], ["ka", "ru"])), choose(("reports", topic))
    moment = NOON + choose((0, 0, 1)) * DAY + n * MINUTE
    number = _open(hotel, moment, neighbour, topic=opened_as, languages=tuple(languages))
    wanted = {"topic": topic, "assignee": assignee, **({"status": view} if view != "waiting" else {})}
    change(hotel, number, **wanted)
    account, day = f"{_account(hotel)}{neighbour}", str(moment.date())
    return Case(number, view, TEAMS[topic], topic, assignee, languages, account, day)


def _filters(desk: Desk) -> dict[str, list[str]]:
    """The values that each filter is tried with, most of them with one that no ticket has."""
    account = _account(desk.hotel)
    return {
        "team": ["support", "billing", "services"],
        "topic": [*TEAMS, "reports"],
        "assignee": ["none", "me", desk.giorgi, "tamar"],
        "language": ["ka", "en", "pl", "ru", "uk"],
        "account": [account, f"{account}2", f"{account}3"],
        "date": ["2027-05-10", "2027-05-11", "2027-05-12"],
    }


def _held(desk: Desk, query: Query) -> list[str]:
    """Holds the list against what the test made, and gives its numbers."""
    expected = [case.number for case in desk.cases if case.fits(query, desk.me)]
    found = [number for number in _numbers(desk.hotel, **query) if number in {case.number for case in desk.cases}]
    assert sorted(found) == sorted(expected), query
    return found


def _in_view(desk: Desk, view: str, query: Query) -> Query:
    """The query in this view: with an account, where a list needs an account or a date."""
    needs_account = view in {"closed", "all"} and not {"account", "date"} & set(query)
    return {"view": view, **query, **({"account": _account(desk.hotel)} if needs_account else {})}


@pytest.mark.parametrize("view", VIEWS)
def test_a_filter_leaves_what_fits_it(desk: Desk, view: str) -> None:
    for name, values in _filters(desk).items():
        found = [_held(desk, _in_view(desk, view, {name: value})) for value in values]
        assert sum(map(bool, found)) >= 2, f"{name} leaves something"
    assert _held(desk, _in_view(desk, view, {}))


@pytest.mark.parametrize("view", VIEWS)
def test_filters_leave_what_fits_all_of_them(desk: Desk, view: str) -> None:
    filters = _filters(desk)
    turns = {name: cycle(values) for name, values in filters.items()}
    found = []
    for size in (2, 2, 3, 4, 6):
        for names in combinations(filters, size):
            found += _held(desk, _in_view(desk, view, {name: next(turns[name]) for name in names}))
    for case in desk.cases:
        query = {"team": case.team, "topic": case.topic, "assignee": case.assignee or "none", "account": case.account}
        query |= {"language": case.languages[-1], "date": case.date, "view": view}
        assert (case.number in _held(desk, query)) == (view in {case.view, "all"})
    assert found


def test_the_topic_and_the_team_are_those_of_now(hotel: Hotel) -> None:
    number = hotel.open(topic="bookings")["number"]
    change(hotel, number, topic="billing")
    (row,) = _own(hotel, topic="billing")
    assert (row["number"], row["topic"], row["team"]) == (number, "billing", "billing")
    assert "moved_to" not in row
    assert _numbers(hotel, team="billing") == [number]
    assert _numbers(hotel, topic="bookings") == _numbers(hotel, team="support") == []
    change(hotel, number, topic="bookings")
    assert _numbers(hotel, topic="bookings") == _numbers(hotel, team="support") == [number]


def test_me_is_who_asks(desk: Desk) -> None:
    made = {case.number for case in desk.cases}
    query = {"account": _account(desk.hotel), "view": "all"}
    for token, id_ in ((desk.hotel.agent, desk.me), (desk.giorgis_token, desk.giorgi)):
        found = _numbers(desk.hotel, 100, token, assignee="me", **query)
        assert found == _numbers(desk.hotel, assignee=id_, **query)
        assert made.intersection(found) == {
            case.number for case in desk.cases if case.assignee == id_ and case.account == query["account"]
        }
        assert made.intersection(found)


def test_an_agent_may_be_called_by_his_name(desk: Desk) -> None:
    for query in ({"view": "all", "account": _account(desk.hotel)}, {"view": "waiting"}):
        assert _numbers(desk.hotel, assignee="giorgi", **query) == _numbers(desk.hotel, assignee=desk.giorgi, **query)
        assert _numbers(desk.hotel, assignee="giorgi", **query)


def test_what_an_agent_has_left_behind_is_still_found(hotel: Hotel) -> None:
    hotel.api.running.agent_token("levan")
    number = hotel.open()["number"]
    levan = change(hotel, number, assignee="levan")["assignee"]
    assert _numbers(hotel, assignee=levan) == [number]
    deployment = hotel.api.running.stack.deployment
    pool = deployment.outputs()["AgentsPoolId"]
    deployment.client("cognito-idp").admin_disable_user(UserPoolId=pool, Username="levan")
    assert _numbers(hotel, assignee=levan) == [number]


@pytest.mark.parametrize("view", ["closed", "all"])
def test_what_has_no_bound_needs_an_account_or_a_date(hotel: Hotel, view: str) -> None:
    for query in ({}, {"team": "support"}, {"topic": "bookings"}, {"assignee": "me"}, {"language": "ka"}):
        assert _wrong(hotel, view=view, **query) == {"view"}
        for bound in ({"account": _account(hotel)}, {"date": "2027-05-10"}):
            assert _own(hotel, view=view, **query, **bound) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("view", view) for view in ("mine", "", "Waiting", "open")),
        *(("team", team) for team in ("sales", "", "Support", "null")),
        *(("topic", topic) for topic in ("weather", "", "null")),
        *(("assignee", assignee) for assignee in ("somebody", "", "x" * 129)),
        *(("account", account) for account in ("", "demo", "demo/", "/x", "DEMO/x", "x", f"demo/{'x' * 129}")),
        *(("language", language) for language in ("de", "", "KA", "ka,en")),
        *(("date", day) for day in ("2027-02-30", "2027-5-1", "1999-12-31", "3000-01-01", "", "x")),
        *(("limit", limit) for limit in ("0", "101", "x")),
        ("status", "open"),
    ],
)
def test_a_filter_that_means_nothing_is_refused_by_its_name(hotel: Hotel, name: str, value: str) -> None:
    assert _wrong(hotel, **{name: value}) == {name}
    right = {"view": "pending", "team": "support", "topic": "bookings", "language": "ka", "date": "2027-05-10"}
    right |= {"assignee": "me", "account": "demo/x"}
    hotel.api.get("/v1/agent/tickets", hotel.agent, limit="1", **({name: right[name]} if name in right else {}))


@pytest.mark.parametrize("name", ["language", "date"])
def test_a_filter_called_null_is_not_the_missing_one(hotel: Hotel, name: str) -> None:
    assert _wrong(hotel, **{name: "null"}) == {name}


def test_what_waits_stands_in_the_order_in_which_answers_are_due(hotel: Hotel) -> None:
    importances = ("low", "critical", "normal", "high", "critical", "low")
    minutes = (0, 50, 20, 10, 0, 0)
    tickets = [
        open_at(NOON + n * MINUTE, hotel_user(hotel.account), topic=topic, importance=importance, languages=("en",))
        for n, importance, topic in zip(minutes, importances, ("bookings", "billing") * 3, strict=True)
    ]
    expected = [ticket.number for ticket in sorted(tickets, key=lambda each: (each.due_at, each.number))]
    assert _numbers(hotel) == expected
    rows = _own(hotel)
    assert [row["due_at"] for row in rows] == sorted(row["due_at"] for row in rows)
    change(hotel, expected[-1], importance="critical")
    assert _numbers(hotel)[-1] != expected[-1]
    assert sorted(_numbers(hotel)) == sorted(expected)


def test_tickets_of_the_same_moment_stand_by_their_numbers(hotel: Hotel) -> None:
    moment = NOON - 7 * DAY
    numbers = sorted(_open(hotel, moment, topic=topic, languages=("en",)) for topic in ("bookings", "billing") * 3)
    for limit in (1, 4, 100):
        assert _numbers(hotel, limit, account=_account(hotel)) == numbers
        assert _numbers(hotel, limit, account=_account(hotel), view="all") == numbers[::-1]
        assert _numbers(hotel, limit, date=str(moment.date()), view="all") == numbers[::-1]


def test_what_is_pending_stands_in_the_order_of_its_last_update(hotel: Hotel) -> None:
    numbers = [hotel.open(topic=topic)["number"] for topic in ("bookings", "billing", "services")]
    for n in (1, 0, 2):
        hotel.answer(numbers[n], status="pending")
    assert _numbers(hotel, view="pending") == [numbers[1], numbers[0], numbers[2]]
    hotel.answer(numbers[1])
    assert _numbers(hotel, view="pending") == [numbers[0], numbers[2], numbers[1]]
    assert all(row["due_at"] is None for row in _own(hotel, view="pending"))
    change(hotel, numbers[0], assignee=None)
    assert _numbers(hotel, view="pending")[0] == numbers[0], "the hotel sees nothing of it"


@pytest.mark.parametrize("view", ["closed", "all"])
def test_the_newest_opened_stands_first_whenever_it_was_closed(hotel: Hotel, view: str) -> None:
    numbers = [_open(hotel, NOON + n * MINUTE, neighbour) for n, neighbour in enumerate(("", "2", "", "2", ""))]
    for n in (2, 0, 4, 1, 3):
        change(hotel, numbers[n], status="closed")
    assert _numbers(hotel, view=view, date=str(NOON.date())) == numbers[::-1]
    assert _numbers(hotel, view=view, account=_account(hotel)) == numbers[::-2]


@pytest.mark.parametrize("limit", [1, 2])
def test_pages_of_every_view_are_complete_and_without_repeats(desk: Desk, limit: int) -> None:
    hotel, account = desk.hotel, _account(desk.hotel)
    lists: list[Query] = [{"view": view, "account": account} for view in VIEWS]
    lists += [{"view": view, "date": "2027-05-11"} for view in ("closed", "all")]
    lists += [{"view": view, "team": "services"} for view in ("waiting", "pending")]
    lists += [{"view": view, "account": account, "language": "ka", "team": "support"} for view in VIEWS]
    for query in lists:
        whole = _own(hotel, **query)
        assert whole, query
        assert _own(hotel, limit, **query) == whole, query


@pytest.mark.parametrize("limit", [1, 2])
def test_what_is_opened_and_answered_between_two_pages_hides_and_repeats_nothing(hotel: Hotel, limit: int) -> None:
    numbers = [_open(hotel, NOON + n * MINUTE, topic="services") for n in range(6)]
    pages = _pages(hotel, limit, view="waiting", team="services", account=_account(hotel))
    seen = [row["number"] for row in next(pages)]
    hotel.answer(seen[-1])
    hotel.answer(numbers[4])
    hotel.reply(numbers[5])
    added = [_open(hotel, NOON + n * MINUTE, topic="services") for n in (-1, 9)]
    seen += [row["number"] for page in pages for row in page]
    assert seen == [*numbers[:4], numbers[5], added[1]]
    stayed = [number for number in [*numbers[:4], numbers[5]] if number != numbers[limit - 1]]
    assert _numbers(hotel, team="services") == [added[0], *stayed, added[1]]


def test_a_cursor_belongs_to_its_filters(hotel: Hotel) -> None:
    for n in range(3):
        _open(hotel, NOON + n * MINUTE, languages=("ka",))
    account = {"account": _account(hotel)}
    alone = (
        {"team": "support"},
        {"topic": "bookings"},
        {"assignee": "none"},
        {"language": "ka"},
        {"date": "2027-05-10"},
    )
    queries: list[Query] = [{}, *alone, account, {"view": "all", **account}, {"view": "all", **alone[-1]}]
    queries += [{**account, **each} for each in alone] + [{"view": "all", **account, **each} for each in alone]
    cursors = []
    for query in queries:
        cursor = hotel.api.get("/v1/agent/tickets", hotel.agent, limit="1", **query)["next_cursor"]
        cursors.append((query, cursor))
        assert hotel.api.get("/v1/agent/tickets", hotel.agent, limit="2", cursor=cursor, **query)["items"]
    for (query, cursor), (other, _) in permutations(cursors, 2):
        assert _wrong(hotel, cursor=cursor, **other) == {"cursor"}, (query, other)


def test_a_cursor_of_mine_is_no_cursor_of_anothers(desk: Desk) -> None:
    hotel, query = desk.hotel, {"account": _account(desk.hotel), "view": "all"}
    page = hotel.api.get("/v1/agent/tickets", hotel.agent, limit="1", assignee="me", **query)
    cursor = page["next_cursor"]
    assert _wrong(hotel, desk.giorgis_token, cursor=cursor, assignee="me", **query) == {"cursor"}
    rest = _numbers(hotel, assignee="me", **query)[1:]
    for token, name in ((hotel.agent, "me"), (hotel.agent, desk.me), (desk.giorgis_token, desk.me)):
        page = hotel.api.get("/v1/agent/tickets", token, limit="100", cursor=cursor, assignee=name, **query)
        assert [row["number"] for row in page["items"]] == rest


def _agent(zone: str) -> Agent:
    return Agent(id="tamar", name="Tamar", expires_at=NEVER, groups=("agents",), zone=zone)


def _listed(agent: Agent, cursor: str | None = None, limit: int = 100, **filters: Any) -> Any:
    from chalicelib.services.queue import QueueFilters, list_tickets

    return list_tickets(agent, QueueFilters(**filters), cursor, limit)


@pytest.mark.parametrize("zone", ["Asia/Tbilisi", "Europe/Warsaw", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2027, 10, 31), date(2027, 5, 20)])
def test_an_agents_day_is_a_day_of_his_zone(hotel: Hotel, zone: str, day: date) -> None:
    midnights = [datetime(each.year, each.month, each.day, tzinfo=ZoneInfo(zone)) for each in (day, day + DAY)]
    first, end = (midnight.astimezone(UTC) for midnight in midnights)
    millisecond = timedelta(milliseconds=1)
    before, *inside, after = [
        _open(hotel, moment, neighbour)
        for moment, neighbour in zip(
            (first - millisecond, first, first + timedelta(hours=12), end - millisecond, end),
            cycle(("", "2")),
            strict=False,
        )
    ]
    agent, account = _agent(zone), _account(hotel)
    for each, expected in ((day - DAY, [before]), (day, inside[::-1]), (day + DAY, [after])):
        for limit in (1, 2, 100):
            found, cursor, turned = list[str](), None, set[str]()
            while cursor not in turned:
                turned |= {cursor} if cursor else set()
                page = _listed(agent, cursor, limit, view="all", date=each)
                found += [row.number for row in page.rows if row.account.startswith(account)]
                cursor = page.next_cursor
                if cursor is None:
                    break
            assert found == expected, (each, limit)
        for view in ("all", "waiting"):
            own = [row.number for row in _listed(agent, view=view, date=each, account=account).rows]
            assert sorted(own) == sorted(set(expected) & set(_numbers(hotel, view="all", account=account)))


def test_a_days_cursor_belongs_to_the_day_of_its_zone(hotel: Hotel) -> None:
    from chalicelib.errors import InvalidRequest

    for n in range(2):
        _open(hotel, NOON + n * MINUTE)
    for query in ({"account": _account(hotel)}, {"account": _account(hotel), "date": NOON.date()}):
        cursor = _listed(_agent("Asia/Tbilisi"), limit=1, view="all", **query).next_cursor
        assert cursor
        assert len(_listed(_agent("Asia/Tbilisi"), cursor, view="all", **query).rows) == 1
        if "date" in query:
            with pytest.raises(InvalidRequest) as refused:
                _listed(_agent("Europe/Warsaw"), cursor, view="all", **query)
            assert set(refused.value.details["fields"]) == {"cursor"}
        assert len(_listed(_agent("Europe/Warsaw"), view="all", **query).rows) == 2


def test_an_accounts_list_is_that_accounts_alone(hotel: Hotel) -> None:
    own, neighbours = _open(hotel), _open(hotel, neighbour="2")
    account = _account(hotel)
    assert _numbers(hotel, view="all", account=account) == [own]
    assert _numbers(hotel, view="all", account=f"{account}2") == [neighbours]
    odd = (f"{account}@anna", f"{account}#{own}", f"{account}#new", account[:-1], f"{account}%23new")
    for unknown in (*odd, f"demo/{hotel.account.upper()}", f"demo/{hotel.account}/", f"other/{hotel.account}"):
        for view in VIEWS:
            page = hotel.api.get("/v1/agent/tickets", hotel.agent, limit="100", view=view, account=unknown)
            assert page == {"items": [], "next_cursor": None}, unknown


def _looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the service looks at from now on, five rows a call."""
    from chalicelib.services import queue

    looked_at: list[str] = []
    fits = queue._fits

    def look(row: Any, *others: Any) -> bool:
        looked_at.append(row.number)
        return fits(row, *others)

    monkeypatch.setattr(queue, "LOOKED_AT", 5)
    monkeypatch.setattr(queue, "_fits", look)
    return looked_at


def test_a_call_looks_at_so_many_rows_and_goes_on_by_its_cursor(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    hotel, account = desk.hotel, _account(desk.hotel)
    queries: list[Query] = [{"view": "all", "account": account, "language": "pl"}]
    queries += [{"view": "closed", "account": account, "date": "2027-05-10", "assignee": "me"}]
    queries += [{"view": "all", "date": "2027-05-10", "account": account, "team": "services"}]
    queries += [{"view": "all", "date": "2027-05-11", "language": "ru"}, {"view": "waiting", "team": "services"}]
    queries += [{"view": "waiting", "language": "pl", "team": "support"}, {"view": "pending", "topic": "billing"}]
    whole = [_numbers(hotel, **query) for query in queries]
    assert all(whole)
    looked_at = _looked_at(monkeypatch)
    for query, expected in zip(queries, whole, strict=True):
        for limit in (1, 2, 100):
            found: list[str] = []
            for page in _pages(hotel, limit, **query):
                assert len(looked_at) <= 5
                looked_at.clear()
                found += [row["number"] for row in page if row["account"].startswith(account)]
            assert found == expected, (query, limit)


def test_a_page_with_nothing_in_it_may_have_a_next_one(hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = _open(hotel, languages=("pl",))
    for n in range(12):
        _open(hotel, NOON + (n + 1) * MINUTE)
    _looked_at(monkeypatch)
    for bound in ({"account": _account(hotel)}, {"account": _account(hotel), "date": "2027-05-10"}):
        pages = list(_pages(hotel, view="all", language="pl", **bound))
        assert [[row["number"] for row in page] for page in pages] == [[], [], [wanted]]


ROW = {
    *("number", "topic", "subject", "status", "importance", "opened_by", "created_at", "updated_at", "unread"),
    *("account", "account_name", "requester", "assignee", "assignee_name", "team", "languages", "due_at", "version"),
}


def test_a_row_holds_what_the_contract_lists_and_nothing_of_what_was_written(hotel: Hotel) -> None:
    number = hotel.open(text="საიდუმლო-1", context={"page": "საიდუმლო-2"})["number"]
    hotel.reply(number, "საიდუმლო-3", hotel.beka)
    hotel.answer(number, "საიდუმლო-4", note=True)
    lists = [_own(hotel), _own(hotel, view="all", account=_account(hotel))]
    hotel.answer(number, "საიდუმლო-5")
    lists.append(_own(hotel, view="pending"))
    change(hotel, number, status="closed")
    lists.append(_own(hotel, view="closed", account=_account(hotel)))
    for (row,) in lists:
        assert set(row) == ROW
        assert row["requester"] == {"id": "anna", "name": "ანა"}
        assert (row["number"], row["subject"], row["opened_by"]) == (number, "ორმაგი ჯავშანი", "ანა")
    assert "საიდუმლო" not in str(lists)


Counts = dict[str, dict[str, int]]


def _counts(hotel: Hotel) -> Counts:
    body = hotel.api.get("/v1/agent/queue", hotel.agent)
    teams = {each.pop("team"): each for each in body.pop("teams")}
    assert body == {name: sum(each[name] for each in teams.values()) for name in ("waiting", "late", "pending")}
    return teams


def _since(hotel: Hotel, before: Counts) -> Counts:
    """What has become more or less since, team by team."""
    changes = {
        team: {name: count - before[team][name] for name, count in counts.items() if count != before[team][name]}
        for team, counts in _counts(hotel).items()
    }
    return {team: counts for team, counts in changes.items() if counts}


def test_the_counts_move_with_the_tickets(hotel: Hotel) -> None:
    before = _counts(hotel)
    assert list(before) == ["support", "billing", "services"]
    number, other = (hotel.open(topic=topic)["number"] for topic in ("bookings", "billing"))
    assert _since(hotel, before) == {"support": {"waiting": 1}, "billing": {"waiting": 1}}
    hotel.answer(number)
    assert _since(hotel, before) == {"support": {"pending": 1}, "billing": {"waiting": 1}}
    hotel.reply(number)
    assert _since(hotel, before) == {"support": {"waiting": 1}, "billing": {"waiting": 1}}
    change(hotel, number, topic="services")
    assert _since(hotel, before) == {"services": {"waiting": 1}, "billing": {"waiting": 1}}
    change(hotel, number, status="pending")
    assert _since(hotel, before) == {"services": {"pending": 1}, "billing": {"waiting": 1}}
    hotel.api.post(f"/v1/tickets/{number}/close", hotel.anna, status=200)
    assert _since(hotel, before) == {"billing": {"waiting": 1}}
    hotel.answer(other, status="closed")
    assert _since(hotel, before) == {}
    hotel.reply(other)
    assert _since(hotel, before) == {"billing": {"waiting": 1}}


def test_what_waits_too_long_is_late_until_it_is_answered(hotel: Hotel) -> None:
    before = _counts(hotel)
    number = _open(hotel, datetime.now(UTC) - 30 * DAY)
    assert _since(hotel, before) == {"support": {"waiting": 1, "late": 1}}
    assert _numbers(hotel, view="waiting") == [number]
    hotel.answer(number)
    assert _since(hotel, before) == {"support": {"pending": 1}}


def test_a_ticket_is_late_right_after_its_due_time(hotel: Hotel) -> None:
    from chalicelib.services.queue import count_queue

    ticket = open_at(NOON + timedelta(milliseconds=371), hotel_user(hotel.account), topic="services")
    late = [
        {each.team: each.late for each in count_queue(ticket.due_at + timedelta(milliseconds=n))}["services"]
        for n in (0, 1)
    ]
    assert late[1] == late[0] + 1


def test_the_lists_hold_as_many_as_the_counts_say(desk: Desk) -> None:
    counts = _counts(desk.hotel)
    for team, view in ((team, view) for team in counts for view in ("waiting", "pending")):
        rows = list(chain.from_iterable(_pages(desk.hotel, view=view, team=team)))
        assert len(rows) == counts[team][view]
        if view == "waiting":
            now = datetime.now(UTC).isoformat()
            assert len([row for row in rows if row["due_at"] < now]) == counts[team]["late"]


@pytest.mark.parametrize("view", ["waiting", "pending"])
def test_no_figure_is_counted_further_than_it_has_to(hotel: Hotel, monkeypatch: pytest.MonkeyPatch, view: str) -> None:
    from chalicelib.services import queue

    for number in [_open(hotel, topic="services") for _ in range(4)]:
        change(hotel, number, status={"waiting": "open", "pending": "pending"}[view])
    assert _counts(hotel)["services"][view] >= 4
    monkeypatch.setattr(queue, "COUNTED_UP_TO", 3)
    assert _counts(hotel)["services"][view] == 3
