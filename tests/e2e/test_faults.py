"""What was answered stays true whatever breaks between the functions and AWS: nothing acknowledged is lost or doubled.

Each thing that a client does carries an id of its own and goes into a journal as `ok`, `failed` or `unknown`; then the
tables are read and held against the journal.
"""

import base64
import hashlib
import json
import random
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from infra import build
from infra.deploy import Deployment
from local.client import Client
from tests.conftest import Running, free_port, new_stack, wait_until
from tests.contract.test_files import PNG
from tests.faults import (
    CANCELLED,
    FAULTS,
    LATE_MS,
    S3_FAULTS,
    Behind,
    Journal,
    Kept,
    Microburst,
    Outcome,
    Rule,
)

TRANSACT, GET = ("dynamodb", "TransactWriteItems"), ("dynamodb", "GetItem")
QUERY, GET_FILE = ("dynamodb", "Query"), ("s3", "GetObject")
Operation = tuple[str, str]
REQUEST = {"topic": "bookings", "subject": "ორმაგი ჯავშანი", "importance": "normal"}
TRIES = 8
AT_ONCE = 4
"""Each call that runs beside another one needs a function of its own, which takes the machine a second to start."""
UNTIL_GIVEN_UP = 3
"""How often the same call has to fail before the function gives up: all its attempts."""


@dataclass(frozen=True)
class World:
    running: Running
    microburst: Microburst


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("stack behind faults")
    microburst, plain = Microburst(free_port()), new_stack(folder / "state")
    stack = Behind(plain.port, plain.site_port, plain.demo_port, plain.state_dir, microburst.url)
    with stack.running(lambda _: None) as up, microburst.running(plain.gateway_url, folder / "microburst.log"):
        running = Running(stack, up.facts)
        # With its first request for a service the proxy reads that service's model, for longer than a function waits.
        through = Deployment(build.LOCAL, up.facts["region"], endpoint=microburst.url, say=lambda _: None)
        through.client("dynamodb").list_tables()
        through.client("s3").list_buckets()
        through.close()
        yield World(running, microburst)
        for client in running.clients:
            client.close()


@dataclass
class Desk:
    """One hotel and one agent of its own, who repeat what was not answered and write down what they were told."""

    world: World
    account: str = field(default_factory=lambda: f"hotel-{uuid.uuid4().hex[:12]}")
    journal: Journal = field(default_factory=Journal)
    numbers: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    tries: int = TRIES

    def __post_init__(self) -> None:
        running = self.world.running
        token = running.agent_token(f"agent-{self.account}")
        payload = token.split(".")[1]
        self.agent_id = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"]
        self.agent = running.client(token)
        self.hotel = running.client(running.hotel_token(self.account))
        self.hotel.get("/v1/catalog")
        self.agent.get("/v1/agent/catalog")

    def done(self, id_: str, call: Callable[[], httpx.Response]) -> httpx.Response:
        """Repeats the call while nobody knows whether it was done, and writes down how it ended."""
        outcome: Outcome = "failed"
        for _ in range(self.tries):
            answer = call()
            if answer.is_success:
                self.journal.told[id_] = "ok"
                return answer
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                self.refusals.append(f"{id_}: {answer.text}")
                break
            assert answer.json()["code"] == "try_again"
            assert int(answer.headers["Retry-After"]) > 0
            outcome = "unknown"
        self.journal.told[id_] = outcome
        return answer

    def post(self, client: Client, id_: str, path: str, body: Any, *, key: bool = True) -> httpx.Response:
        headers = {"Idempotency-Key": id_} if key else {}
        return self.done(id_, lambda: client.call("POST", path, json=body, headers=headers))

    def open(self, upload_id: str | None = None) -> str | None:
        id_ = uuid.uuid4().hex
        body = {**REQUEST, "text": id_} | ({"upload_id": upload_id} if upload_id else {})
        answer = self.post(self.hotel, id_, "/v1/tickets", body)
        if answer.is_success:
            self.numbers.append(str(answer.json()["number"]))
        return self.numbers[-1] if answer.is_success else None

    def open_for_hotel(self) -> None:
        id_ = uuid.uuid4().hex
        body = {**REQUEST, "text": id_, "account": f"demo/{self.account}", "requester": "anna"}
        self.post(self.agent, id_, "/v1/agent/tickets", body)

    def reply(self, number: str, upload_id: str | None = None, *, key: bool = True) -> None:
        id_ = uuid.uuid4().hex
        self.post(self.hotel, id_, f"/v1/tickets/{number}/messages", {"text": id_, "upload_id": upload_id}, key=key)

    def answer(self, number: str, **others: Any) -> None:
        id_ = uuid.uuid4().hex
        self.post(self.agent, id_, f"/v1/agent/tickets/{number}/messages", {"text": id_, **others})

    def version(self, number: str) -> int | None:
        seen = self.agent.call("GET", f"/v1/agent/tickets/{number}")
        assert seen.is_success or seen.json()["code"] == "try_again"
        return int(seen.json()["version"]) if seen.is_success else None

    def change(self, number: str, version: int | None) -> None:
        id_, path = uuid.uuid4().hex, f"/v1/agent/tickets/{number}"
        body, headers = {"subject": id_, "topic": "channels"}, {"If-Match": str(version)}
        self.done(id_, lambda: self.agent.call("PATCH", path, json=body, headers=headers))

    def read(self, number: str, up_to: str) -> None:
        path = f"/v1/tickets/{number}/read"
        self.done(f"read {number}", lambda: self.hotel.call("POST", path, json={"up_to": up_to}))

    def close(self, number: str) -> None:
        self.done(f"closed {number}", lambda: self.hotel.call("POST", f"/v1/tickets/{number}/close"))

    def declare(self) -> Any:
        id_ = uuid.uuid4().hex
        sha256 = hashlib.sha256(PNG).hexdigest()
        body = {"name": f"{id_}.png", "type": "image/png", "size": len(PNG), "sha256": sha256}
        answer = self.done(
            f"{id_}.png", lambda: self.hotel.call("POST", "/v1/uploads", json=body, headers={"Idempotency-Key": id_})
        )
        return answer.json() if answer.is_success else None

    def put(self, ready: Any) -> None:
        """Puts the bytes and, as if it had heard nothing, once more; past the proxy, which changes what is signed."""
        through, direct = self.world.microburst.url, self.world.running.facts["gateway_url"]
        assert ready["url"].startswith(through)
        headers = {**ready["headers"], "Host": through.removeprefix("http://")}
        url = ready["url"].replace(through, direct, 1)
        answers = [httpx.put(url, content=PNG, headers=headers, trust_env=False).status_code for _ in range(2)]
        assert answers == [httpx.codes.OK, httpx.codes.PRECONDITION_FAILED]

    def upload(self) -> str:
        ready = self.declare()
        self.put(ready)
        return str(ready["upload_id"])

    def only_its_own(self, operation: Operation) -> Rule:
        """What a rule needs so that it meets this desk's requests alone."""
        ids = (self.account, self.agent_id, *self.numbers[-1:])
        return {} if operation == GET_FILE else {"body": " || ".join(f"contains(to_string(@), '{id_}')" for id_ in ids)}

    def problems(self) -> list[str]:
        """Where the tables contradict the journal, or themselves."""
        kept = Kept.read(self.world.running.stack.deployment, (self.account, self.agent_id))
        return self.journal.differences(kept.done()) + kept.contradictions()


Prepared = Callable[[], object]


def _ticket(desk: Desk) -> str:
    number = desk.open()
    assert number
    return number


def _reading(desk: Desk) -> Prepared:
    number = _ticket(desk)
    desk.answer(number)
    return lambda: desk.read(number, "m2")


def _replying(desk: Desk, upload_id: str | None = None) -> Prepared:
    number = _ticket(desk)
    return lambda: desk.reply(number, upload_id)


def _answering(desk: Desk, **others: Any) -> Prepared:
    number = _ticket(desk)
    return lambda: desk.answer(number, **others)


def _changing(desk: Desk) -> Prepared:
    number = _ticket(desk)
    version = desk.version(number)
    return lambda: desk.change(number, version)


def _closing(desk: Desk) -> Prepared:
    number = _ticket(desk)
    return lambda: desk.close(number)


def _opening_with_file(desk: Desk) -> Prepared:
    upload_id = desk.upload()
    return lambda: desk.open(upload_id)


DOINGS: dict[str, tuple[Callable[[Desk], Prepared], tuple[Operation, ...]]] = {
    "open": (lambda desk: desk.open, (TRANSACT,)),
    "open with a file": (_opening_with_file, (GET, GET_FILE, TRANSACT)),
    "open for a hotel": (lambda desk: desk.open_for_hotel, (TRANSACT,)),
    "declare a file": (lambda desk: desk.declare, (TRANSACT,)),
    "reply": (_replying, (GET, TRANSACT)),
    "reply with a file": (lambda desk: _replying(desk, desk.upload()), (GET, GET_FILE, TRANSACT)),
    "answer": (lambda desk: _answering(desk, status="pending"), (GET, TRANSACT)),
    "note": (lambda desk: _answering(desk, note=True), (GET, TRANSACT)),
    "change": (_changing, (GET, QUERY, TRANSACT)),
    "read": (_reading, (GET, QUERY, TRANSACT)),
    "close": (_closing, (GET, QUERY, TRANSACT)),
}
LANES = (
    ("open with a file", "reply with a file"),  # one after the other: a file's request does not tell whose it is
    *((doing,) for doing in DOINGS if not doing.endswith("with a file")),
)


def _planned(operation: Operation) -> Iterator[tuple[str, Rule]]:
    """Every fault of this operation: once, and until the function gives up; late only once, since it takes its time."""
    kinds = S3_FAULTS if operation == GET_FILE else FAULTS | (CANCELLED if operation == TRANSACT else {})
    where = {"service": operation[0], "operation": operation[1]}
    for kind, fault in kinds.items():
        for times in (1,) if kind == "late" else (1, UNTIL_GIVEN_UP):
            yield f"{kind}, {times}", {**where, **fault, "times": times}


PLANNED = sum(rule["times"] for _, operations in DOINGS.values() for each in operations for _, rule in _planned(each))


def test_at_least_three_hundred_faults_are_planned() -> None:
    assert PLANNED >= 300


@pytest.fixture(scope="module")
def problems(world: World) -> dict[str, list[str]]:
    """What went wrong with each doing; side by side, since most of the time is waiting between attempts."""

    desks = {doing: Desk(world) for doing in DOINGS}

    def lane(doings: tuple[str, ...]) -> dict[str, list[str]]:
        return {doing: _try_each_fault(desks[doing], doing) for doing in doings}

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {doing: wrong for each in pool.map(lane, LANES) for doing, wrong in each.items()}


def _try_each_fault(desk: Desk, doing: str) -> list[str]:
    microburst, (prepare, operations) = desk.world.microburst, DOINGS[doing]
    wrong = []
    for operation in operations:
        for name, rule in _planned(operation):
            do = prepare(desk)
            with microburst.faults({**rule, **desk.only_its_own(operation)}) as fired:
                do()
            if len(fired) != rule["times"]:
                wrong.append(f"{operation}, {name}: fired {fired}")
            wrong += [f"{operation}, {name}: {refusal}" for refusal in desk.refusals]
            desk.refusals.clear()
    wait_until(microburst.is_quiet)
    return wrong + desk.problems()


@pytest.mark.parametrize("doing", DOINGS)
def test_each_fault_of_each_operation_leaves_what_was_answered_true(problems: dict[str, list[str]], doing: str) -> None:
    assert problems[doing] == []


def _storm(desk: Desk, seed: int, numbers: list[str]) -> None:
    """What a busy hotel and its agent do, on tickets that others write at the same moment."""
    chance = random.Random(seed)
    for _ in range(25):
        number = chance.choice(numbers)
        doing = chance.choice(["open", "reply", "reply with a file", "answer", "note", "change", "declare", "list"])
        if doing == "open":
            desk.open()
        if doing == "reply":
            desk.reply(number)
        if doing == "reply with a file" and (ready := desk.declare()):
            desk.put(ready)
            desk.reply(number, ready["upload_id"])
        if doing in {"answer", "note"}:
            desk.answer(number, note=doing == "note")
        if doing == "change" and (version := desk.version(number)):
            desk.change(number, version)
        if doing == "declare":
            desk.declare()
        if doing == "list":
            listed = desk.hotel.call("GET", "/v1/tickets")
            assert listed.is_success or listed.json()["code"] == "try_again"


def test_in_a_storm_of_faults_what_was_answered_stays_true(world: World) -> None:
    """Several clients at once on the same tickets, some of which give up early: their calls stay unknown."""
    desk = Desk(world)
    numbers = [_ticket(desk) for _ in range(3)]
    desk.tries = 1
    chances = {"late": 0.02, "reset": 0.1, "reply lost": 0.2}
    rules = [{"service": "dynamodb", **fault, "probability": chances.get(kind, 0.05)} for kind, fault in FAULTS.items()]
    with world.microburst.faults(*rules) as fired, ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda seed: _storm(desk, seed, numbers), range(AT_ONCE)))
    wait_until(world.microburst.is_quiet)
    assert len(fired) >= 100
    assert desk.problems() == []
    assert {"ok", "unknown"} <= set(desk.journal.told.values())
    assert all('"code":"ticket_changed"' in refusal for refusal in desk.refusals), desk.refusals


def test_a_client_without_keys_is_doubled_and_that_is_found(world: World) -> None:
    """The control: what a key prevents does happen without one, and the journal tells."""
    desk = Desk(world)
    number = _ticket(desk)
    lost = {"service": "dynamodb", "operation": "TransactWriteItems", **FAULTS["reply lost"], "times": UNTIL_GIVEN_UP}
    with world.microburst.faults(lost):
        desk.reply(number, key=False)
    (problem,) = desk.problems()
    assert problem.endswith("told ok, there 2 times")


assert LATE_MS > 1000, "later than a function waits"
