"""What a page and a change cost while a hotel and the service grow.

Calls, rows looked at, bytes answered and units; no times, since MiniStack slows down with a partition and DynamoDB
does not. `measure_all` starts this module as a process of its own for each size, in the engine's environment.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import chain
from typing import Any

from bench import engine
from bench.calls import ACCOUNT, agent, asked, hotel_user
from bench.engine import TABLES, wait_longer
from bench.load import load, number
from bench.tickets import HOTEL, sample, samples, users
from bench.units import Call, Meter
from infra import build

SIZES = (100, 1_000, 10_000, 100_000)
PAGE = 25
UNREAD = 30
"""How many answers nobody has opened; as many at every size, since a hotel reads what it is sent."""
_DAY, _TOPIC, _STATUS = "2025-01-01", "reports", "closed"
_THREAD = 60
"""How many messages the long ticket has, which is shown beside a short one."""
SHARED_TICKETS = 100
"""Among how many tickets notifications look for answers that the whole hotel gets."""
_LOOKED_FOR = ("agents: waiting, one topic",)
"""What is looked for among the tickets that are not closed, at most 1,000 rows a call (docs/decisions/0014)."""


@dataclass(frozen=True)
class Cost:
    """What one request cost: calls of AWS, the most rows that one of them looked at, bytes, units; and rows shown."""

    what: str
    calls: int
    rows: int
    size: int
    reads: float
    writes: int
    shown: int


def _cost(what: str, calls: list[Call], answer: Any) -> Cost:
    shown = len((answer or {}).get("items", (answer or {}).get("messages", ())))
    size, reads, writes = (sum(getattr(call, name) for call in calls) for name in ("size", "reads", "writes"))
    return Cost(what, len(calls), max(call.scanned for call in calls), size, reads, writes, shown)


def _pages(long: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What is read: the hotel's history by each combination of filters, the agents' lists, a ticket's page."""
    filters = {"day": {"date": _DAY}, "topic": {"topic": _TOPIC}, "status": {"status": _STATUS}}
    for chosen in range(2 ** len(filters)):
        names = [name for bit, name in enumerate(filters) if chosen >> bit & 1]
        query = {key: value for name in names for key, value in filters[name].items()}
        yield f"history: {', '.join(names) or 'all'}", partial(_list, "/v1/tickets", hotel_user(), query)
    yield "history: unread", partial(_list, "/v1/tickets", hotel_user(), {"unread": "true"})
    yield "notifications: to be seen", partial(_list, "/v1/notifications", hotel_user(), {})
    yield "notifications: all", partial(_list, "/v1/notifications", hotel_user(), {"state": "all"})
    yield "summary", partial(asked, "GET", "/v1/summary", hotel_user())
    lists: dict[str, dict[str, str]] = {
        "waiting": {},
        "waiting, one team": {"team": "support"},
        "pending": {"view": "pending"},
        "a hotel's, all": {"view": "all", "account": ACCOUNT},
        "a day's": {"view": "all", "date": _DAY},
        "waiting, one topic": {"topic": _TOPIC},
    }
    for words, query in lists.items():
        yield f"agents: {words}", partial(_list, "/v1/agent/tickets", agent(), query)
    for words, place in (("a short ticket", number(0)), (f"a ticket of {_THREAD} messages", long)):
        path = {"number": place}
        yield f"hotel: {words}", partial(asked, "GET", "/v1/tickets/{number}", hotel_user(), path=path)
        yield f"agents: {words}", partial(asked, "GET", "/v1/agent/tickets/{number}", agent(), path=path)


def _list(resource: str, who: dict[str, Any], query: dict[str, str]) -> Any:
    return asked("GET", resource, who, query={"limit": str(PAGE), **query})


def changes() -> Iterator[tuple[str, Callable[[], Any]]]:
    """What is written, in the order of a ticket's life: each step is the next one's beginning."""
    place: dict[str, str] = {}

    def open_ticket() -> None:
        place["number"] = _open()

    def post(who: dict[str, Any], resource: str, **body: Any) -> Any:
        return asked("POST", resource, who, path=place, body=body or None)

    def change(**body: Any) -> Callable[[], Any]:
        ticket = "/v1/agent/tickets/{number}"
        version = asked("GET", ticket, agent(), path=place)["version"]
        return partial(asked, "PATCH", ticket, agent(), path=place, body=body, version=version)

    messages, answers = "/v1/tickets/{number}/messages", "/v1/agent/tickets/{number}/messages"
    yield "open", open_ticket
    yield "reply while it waits", lambda: post(hotel_user(), messages, text="მადლობა.")
    yield "move to another team's topic", change(topic="billing")
    yield "change the importance", change(importance="critical")
    yield "answer, first", lambda: post(agent(), answers, text="გასაგებია.")
    yield "read", lambda: post(hotel_user(), "/v1/tickets/{number}/read", up_to="m3")
    yield "reply after an answer", lambda: post(hotel_user(), messages, text="მადლობა.")
    yield "answer and wait", lambda: post(agent(), answers, text="გასაგებია.", status="pending")
    yield "answer again", lambda: post(agent(), answers, text="გასაგებია.")
    yield "leave a note", lambda: post(agent(), answers, text="შიდა.", note=True)
    yield "change the status", change(status="open")
    yield "close", lambda: post(hotel_user(), "/v1/tickets/{number}/close")
    post(hotel_user(), "/v1/tickets/{number}/read", up_to="m6")  # as many notifications stay as there were


def putting_off() -> Iterator[tuple[str, Callable[[], Any]]]:
    """What a user does with a notification; it is as it was in the end."""
    newest = _list("/v1/notifications", hotel_user(), {})["items"][0]["id"]
    place, one = {"id": newest}, "/v1/notifications/{id}"
    yield "put off", partial(asked, "POST", f"{one}/snooze", hotel_user(), path=place, body={"minutes": 60})
    yield "put off again", partial(asked, "POST", f"{one}/snooze", hotel_user(), path=place, body={"minutes": 90})
    yield "delete", partial(asked, "DELETE", one, hotel_user(), path=place)
    yield "restore", partial(asked, "POST", f"{one}/restore", hotel_user(), path=place)


def prepare() -> str:
    """Answers that nobody has opened, a page of them one user's, and one long ticket, whose number it gives."""
    for index in range(UNREAD + UNREAD // 5):
        if sample(index).account == HOTEL:
            path = {"number": number(index)}
            asked("POST", "/v1/agent/tickets/{number}/messages", agent(), path=path, body={"text": "გასაგებია."})
    text, old = {"text": sample(0).text}, {"number": number(_old_one())}
    for _ in range(UNREAD):
        asked("POST", "/v1/agent/tickets/{number}/messages", agent(), path=old, body=text)
    long = _open()
    for _ in range(_THREAD - 1):
        asked("POST", "/v1/tickets/{number}/messages", hotel_user(), path={"number": long}, body=text)
    return long


def _old_one() -> int:
    """A ticket of this user's that stands on nobody's newest page."""
    user = users(HOTEL)[0]
    return next(each.index for each in samples(range(1, SIZES[0])) if (each.account, each.user) == (HOTEL, user))


def _open() -> str:
    given = sample(0)
    body = {"topic": given.topic, "importance": given.importance, "subject": given.subject, "text": given.text}
    return str(asked("POST", "/v1/tickets", hotel_user(), body=body)["number"])


def meter() -> Meter:
    """A meter for the tables of this environment."""
    import boto3

    _, template = build.ensure_package(build.LOCAL)
    resources = json.loads(template.read_text())["Resources"]
    return Meter({name: resources[name]["Properties"] for name in TABLES.values()}, boto3.client("dynamodb"))


def measure(long: str) -> list[Cost]:
    """What each page and each change costs with what the tables hold now."""
    wait_longer()
    counting, costs = meter(), []
    for what, do in chain(_pages(long), changes(), putting_off()):
        with counting.running() as calls:
            answer = do()
        costs.append(_cost(what, calls, answer))
    return costs


def measure_all(say: Callable[[str], None]) -> dict[int, list[Cost]]:
    """The costs at each size, the same hotel grown from one to the next."""
    found, loaded, long = {}, 0, ""
    with engine.running() as environment:
        for size in SIZES:
            say(f"loading {size:,} tickets")
            load(environment, range(loaded, size))
            long, loaded = long or _run(environment, "prepare"), size
            say(f"counting with {size:,} tickets")
            found[size] = [Cost(**cost) for cost in json.loads(_run(environment, long))]
    return found


def _run(environment: dict[str, str], argument: str) -> str:
    command = [sys.executable, "-m", "bench.growth", argument]
    done = subprocess.run(command, cwd=build.ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()[-1]


_MOST = {"notifications": SHARED_TICKETS, "summary": 600}
"""How many rows one of these looks at, where that is more than its page."""


def broken_promises(costs: dict[int, list[Cost]]) -> list[str]:
    """Where a full page makes more calls in a larger hotel, or one of them looks at more than two rows beside its 25.

    What a call looks at bounds its units. An agent's list asks each team, so a small queue may cost less than a full
    one. Notifications look at the newest 100 tickets that nobody has opened, a summary at the newest 300 of the hotel's
    and of the user's.
    """
    wrong = []
    by_what: dict[str, list[tuple[int, Cost]]] = {}
    for size, found in costs.items():
        for cost in found:
            by_what.setdefault(cost.what, []).append((size, cost))
    for what, sized in by_what.items():
        is_list = what.startswith(("history", "notifications", "agents", "summary")) and "ticket" not in what
        most = _MOST.get(what.partition(":")[0], PAGE + 2)
        full = [(size, cost) for size, cost in sized if cost.shown == PAGE or not is_list or what == "summary"]
        if what in _LOOKED_FOR:
            continue
        if len({(cost.calls, 0 if is_list else cost.rows, cost.writes) for _, cost in full}) > 1:
            wrong.append(f"{what}: {[(size, cost.calls, cost.rows, cost.writes) for size, cost in full]}")
        wrong += [f"{what}: {cost.rows} rows" for _, cost in full if is_list and cost.rows > most]
    return wrong


if __name__ == "__main__":
    wait_longer()
    if sys.argv[1] == "prepare":
        print(prepare())
    else:
        print(json.dumps([asdict(cost) for cost in measure(sys.argv[1])]))
