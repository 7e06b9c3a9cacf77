"""Whatever breaks between the functions and AWS, what was put off comes back exactly once, and is seen on every page.

Each fault meets one reminder on its way: put off, scheduled, due, come back, pushed. What came back is counted in the
table's stream, change by change, and held against a journal of what was put off and what was taken back.
"""

import contextlib
import json
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import RLock, Thread
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from infra import build
from infra.deploy import Deployment
from local.client import Client
from tests.conftest import Running, free_port, new_stack, wait_until
from tests.e2e.test_sweep import TICK
from tests.faults import CANCELLED, FAULTS, BehindSockets, Journal, Microburst, Rule

REQUEST = {"topic": "bookings", "subject": "ორმაგი ჯავშანი", "text": "ნომერი 204", "importance": "normal"}
LONG_AGO = "2026-01-01T00:00:00.000Z"
TRIES = 8
AT_ONCE = 4
"""Each call that runs beside another one needs a function of its own, which takes the machine a second to start."""
UNTIL_GIVEN_UP = 3
"""How often the same call has to fail before the function gives up: all its attempts."""
AGAIN_AFTER_SECONDS = 8
"""After so long a queue gives a message again that was not done with: sooner than it should, so some come twice."""
WITHIN = 100
"""Seconds: with each message that has to come again a minute may pass, until the next sweep at the latest."""


@dataclass(frozen=True)
class Page:
    """An open page: what its socket was told."""

    socket: ClientConnection
    frames: list[dict[str, Any]] = field(default_factory=list)

    def listen(self) -> None:
        """Takes frames until the socket is closed."""
        with contextlib.suppress(ConnectionClosed):
            for frame in self.socket:
                self.frames.append(json.loads(frame))

    def last(self, id_: str) -> str | None:
        """The newest frame about this notification: to be seen, or no more."""
        of_it = [each["event"] for each in list(self.frames) if id_ in {each.get("id"), _id_in(each)}]
        return of_it[-1] if of_it else None


def _id_in(frame: dict[str, Any]) -> str | None:
    id_: str | None = frame.get("notification", {}).get("id")
    return id_


@dataclass
class World:
    """A stack behind the proxy, whose queues are impatient."""

    running: Running
    microburst: Microburst
    outputs: dict[str, str]
    lock: RLock = field(default_factory=RLock)
    seen_at: float = 0
    states: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def aws(self, service: str) -> Any:
        with self.lock:
            return self.running.stack.deployment.client(service)

    def function(self, logical_id: str) -> str:
        found = self.aws("cloudformation").describe_stack_resource(
            StackName=self.running.stack.deployment.stack_name, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def sweep(self) -> None:
        """Lets the sweep run until it is done: what fails, the next one makes up for."""
        tick = self.function("Tick")

        def is_done() -> bool:
            done = self.aws("lambda").invoke(FunctionName=tick, Payload=json.dumps(TICK).encode())
            done["Payload"].read()
            return "FunctionError" not in done

        wait_until(is_done, within=WITHIN)

    def item(self, key: dict[str, Any]) -> dict[str, str]:
        found = self.aws("dynamodb").get_item(
            TableName=self.outputs["NotificationsTableName"], Key=key, ConsistentRead=True
        )
        return {name: str(next(iter(value.values()))) for name, value in found["Item"].items()}

    def _look(self) -> None:
        """Looks at everything, at most once a second for all who wait."""
        if time.monotonic() - self.seen_at < 1:
            return
        group = f"{self.running.stack.deployment.stack_name}-timers"
        pages = self.aws("scheduler").get_paginator("list_schedules").paginate(GroupName=group)
        self.names = {each["Name"] for page in pages for each in page["Schedules"]}
        table = self.outputs["NotificationsTableName"]
        pages = self.aws("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        items = (item for page in pages for item in page["Items"])
        self.states = {f"{item['pk']['S']} {item['sk']['S']}": item["state"]["S"] for item in items}
        self.seen_at = time.monotonic()

    def is_scheduled(self, name: str) -> bool:
        with self.lock:
            self._look()
            return name in self.names

    def state(self, place: str) -> str | None:
        with self.lock:
            self._look()
            return self.states.get(place)

    def came_back(self) -> Counter[str]:
        """How often each notification went from put off to active, by the stream of their table."""
        streams = self.aws("dynamodbstreams")
        (stream,) = streams.list_streams(TableName=self.outputs["NotificationsTableName"])["Streams"]
        found: Counter[str] = Counter()
        for shard in streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]:
            iterator = streams.get_shard_iterator(
                StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while iterator:
                page = streams.get_records(ShardIterator=iterator, Limit=1000)
                found.update(filter(None, map(_came_back, page["Records"])))
                iterator = page.get("NextShardIterator") if page["Records"] else None
        return found


def _came_back(record: Any) -> str | None:
    images = record["dynamodb"]
    states = [images.get(name, {}).get("state", {}).get("S") for name in ("OldImage", "NewImage")]
    return f"{images['Keys']['pk']['S']} {images['Keys']['sk']['S']}" if states == ["snoozed", "active"] else None


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("stack behind timers' faults")
    microburst, plain = Microburst(free_port()), new_stack(folder / "state")
    stack = BehindSockets(plain.port, plain.site_port, plain.demo_port, plain.state_dir, microburst.url)
    with microburst.running(plain.gateway_url, folder / "microburst.log"), stack.running(lambda _: None) as up:
        # With its first request for a service the proxy reads that service's model, for longer than a function waits.
        through = Deployment(build.LOCAL, up.facts["region"], endpoint=microburst.url, say=lambda _: None)
        through.client("dynamodb").list_tables()
        through.client("sqs").list_queues()
        through.client("scheduler").list_schedule_groups()
        through.close()
        outputs = stack.deployment.outputs()
        for queue in ("TimersQueueUrl", "PushesQueueUrl"):
            stack.deployment.client("sqs").set_queue_attributes(
                QueueUrl=outputs[queue], Attributes={"VisibilityTimeout": str(AGAIN_AFTER_SECONDS)}
            )
        running = Running(stack, up.facts)
        yield World(running, microburst, outputs)
        for client in running.clients:
            client.close()


@dataclass(frozen=True)
class Reminder:
    """A notification of Anna's that is put off."""

    desk: "Desk"
    number: str
    id: str

    @property
    def key(self) -> dict[str, Any]:
        at, number, message = self.id.split("-")
        moment = datetime.fromtimestamp(int(at) / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        sort_key = f"answer#{moment}#{number}#{int(message):06d}"
        return {"pk": {"S": f"demo/{self.desk.account}@anna"}, "sk": {"S": sort_key}}

    @property
    def place(self) -> str:
        return f"{self.key['pk']['S']} {self.key['sk']['S']}"

    @property
    def item(self) -> dict[str, str]:
        return self.desk.world.item(self.key)

    def become_due(self) -> dict[str, str]:
        """Moves its time into the past, as if it had gone by, and tells nobody; gives what it was before."""
        self.be_told("notification.removed")
        item = self.item
        data = json.dumps({**json.loads(item["data"]), "snoozed_until": LONG_AGO})
        self.desk.world.aws("dynamodb").update_item(
            TableName=self.desk.world.outputs["NotificationsTableName"],
            Key=self.key,
            UpdateExpression="SET #data = :data, timer_at = :at",
            ConditionExpression="revision = :revision",
            ExpressionAttributeNames={"#data": "data"},
            ExpressionAttributeValues={
                ":data": {"S": data},
                ":at": {"S": LONG_AGO},
                ":revision": {"N": item["revision"]},
            },
        )
        return item

    def trigger(self, name: str, *, times: int = 2) -> None:
        """Delivers its trigger, as a schedule does."""
        place = {"pk": self.key["pk"]["S"], "sk": self.key["sk"]["S"]}
        body = json.dumps({"type": "fire", "timer": {"table": "notifications", **place, "name": name}})
        for _ in range(times):
            self.desk.world.aws("sqs").send_message(
                QueueUrl=self.desk.world.outputs["TimersQueueUrl"], MessageBody=body
            )

    def come_back(self, *, made_late: bool = False) -> None:
        """It is due, and its trigger comes twice; then everything of it is waited for.

        A schedule `made_late`, by a request that was given up long before, may come to stand once it was taken back.
        Nothing takes it away then: it is triggered, and changes nothing.
        """
        name = self.become_due()["timer_name"]
        self.trigger(name)
        self.be_back(name, made_late=made_late)

    def be_back(self, name: str, *, made_late: bool = False) -> None:
        wait_until(lambda: self.desk.world.state(self.place) == "active", within=WITHIN)
        self.be_told("notification")
        if made_late:
            self.trigger(name)
        else:
            wait_until(lambda: not self.desk.world.is_scheduled(name), within=WITHIN)

    def be_told(self, event: str) -> None:
        """Waits until this is the newest that each page was told of it."""
        wait_until(lambda: {page.last(self.id) for page in self.desk.pages} == {event}, within=WITHIN)

    def be_scheduled(self) -> None:
        name = self.item["timer_name"]
        wait_until(lambda: self.desk.world.is_scheduled(name), within=WITHIN)


@dataclass
class Desk:
    """A hotel with two open pages of Anna's, and what was done there."""

    world: World
    account: str = field(default_factory=lambda: f"hotel-{uuid.uuid4().hex[:12]}")
    journal: Journal = field(default_factory=Journal)
    pages: list[Page] = field(default_factory=list)
    fired: list[Any] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    sockets: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def __post_init__(self) -> None:
        running = self.world.running
        self.agent: Client = running.client(running.agent_token(f"agent-{self.account}"))
        self.hotel: Client = running.client(running.hotel_token(self.account))
        for _ in range(2):
            url = self.hotel.post("/v1/connections")["url"]
            direct = url.replace(self.world.microburst.url.partition("//")[2], self._gateway, 1)
            origin = {"Origin": running.facts["site_url"]}
            page = Page(
                self.sockets.enter_context(connect(direct, additional_headers=origin, proxy=None, ping_interval=None))
            )
            Thread(target=page.listen, daemon=True).start()
            self.pages.append(page)

    @property
    def _gateway(self) -> str:
        return self.world.running.facts["gateway_url"].partition("//")[2]

    def close(self) -> None:
        self.sockets.close()

    def answered(self) -> Reminder:
        number = self.hotel.post("/v1/tickets", REQUEST)["number"]
        self.agent.post(f"/v1/agent/tickets/{number}/messages", {"text": "გასაგებია."})
        items = self.hotel.get("/v1/notifications")["items"]
        return Reminder(self, number, next(each["id"] for each in items if each["ticket"] == number))

    def snoozed(self) -> Reminder:
        reminder = self.answered()
        self.snooze(reminder)
        reminder.be_scheduled()
        return reminder

    def snooze(self, reminder: Reminder) -> None:
        until = (datetime.now(UTC) + timedelta(days=10)).isoformat()
        self.do(reminder, "POST", f"/v1/notifications/{reminder.id}/snooze", {"until": until})
        self.journal.told[reminder.place] = "ok"

    def delete(self, reminder: Reminder) -> None:
        self.do(reminder, "DELETE", f"/v1/notifications/{reminder.id}")
        self.journal.told[reminder.place] = "failed"

    def read(self, reminder: Reminder) -> None:
        self.do(reminder, "POST", f"/v1/tickets/{reminder.number}/read", {"up_to": "m2"})
        self.journal.told[reminder.place] = "failed"

    def do(self, reminder: Reminder, method: str, path: str, body: Any = None) -> None:
        """Repeats the call until it is done, as a page does."""
        for _ in range(TRIES):
            answer = self.hotel.call(method, path, json=body)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                assert answer.is_success, f"{reminder.place}: {answer.text}"
                return
        raise AssertionError(f"{reminder.place}: given up")

    def problems(self) -> list[str]:
        """Where the stream contradicts the journal: what was lost, came twice, or came although taken back."""
        found = {place: n for place, n in self.world.came_back().items() if f"/{self.account}@" in place}
        return self.journal.differences(found)


Case = Callable[[Desk, Rule], None]
"""Takes a reminder its whole way, with the rule in force where the fault belongs."""


def _with(desk: Desk, reminder: Reminder, rule: Rule, do: Callable[[], object]) -> None:
    """Does it while the rule holds, for this reminder's requests alone where the request tells whose it is."""
    where = rule.pop("about", reminder.number)
    only = {"body": f"contains(to_string(@), '{where}')"} if where else {}
    with desk.world.microburst.faults({**rule, **only}, spent_within=WITHIN) as fired:
        do()
    desk.fired += fired


def _while_it_is_scheduled(desk: Desk, rule: Rule) -> None:
    reminder = desk.answered()

    def schedule() -> None:
        desk.snooze(reminder)
        reminder.be_scheduled()

    _with(desk, reminder, rule, schedule)
    reminder.come_back(made_late="latency" in rule)


def _while_it_comes_back(desk: Desk, rule: Rule) -> None:
    reminder = desk.snoozed()
    _with(desk, reminder, rule, reminder.come_back)


def _while_it_is_swept(desk: Desk, rule: Rule) -> None:
    reminder = desk.snoozed()

    def sweep() -> None:
        name = reminder.become_due()["timer_name"]
        desk.world.sweep()
        reminder.be_back(name)

    _with(desk, reminder, rule, sweep)


def _while_the_user_puts_it_off(desk: Desk, rule: Rule) -> None:
    reminder = desk.answered()
    _with(desk, reminder, rule, lambda: desk.snooze(reminder))
    reminder.come_back()


def _while_the_user_takes_it_back(desk: Desk, rule: Rule, *, take_back: Callable[[Desk, Reminder], None]) -> None:
    reminder = desk.snoozed()
    name = reminder.item["timer_name"]
    _with(desk, reminder, rule, lambda: take_back(desk, reminder))
    reminder.trigger(name)
    wait_until(lambda: not desk.world.is_scheduled(name), within=WITHIN)
    if reminder.item["state"] not in {"deleted", "read"}:
        desk.wrong.append(f"{reminder.item}")


def _while_the_user_deletes_it(desk: Desk, rule: Rule) -> None:
    _while_the_user_takes_it_back(desk, rule, take_back=Desk.delete)


def _while_the_user_reads_it(desk: Desk, rule: Rule) -> None:
    _while_the_user_takes_it_back(desk, rule, take_back=Desk.read)


def _dynamodb(operation: str, **others: str) -> Rule:
    return {"service": "dynamodb", "operation": operation, **others}


CREATE: Rule = {"service": "scheduler", "operation": "CreateSchedule"}
REMOVE: Rule = {"service": "scheduler", "operation": "DeleteSchedule", "about": ""}
SEND: Rule = {"service": "sqs", "operation": "SendMessageBatch"}
FRAME: Rule = {"service": "apigatewaymanagementapi"}
WAYS: dict[str, tuple[Case, Rule]] = {
    "a schedule is made": (_while_it_is_scheduled, CREATE),
    "a schedule is taken back": (_while_it_comes_back, REMOVE),
    "the stream's function tells of the timer": (_while_it_is_scheduled, SEND),
    "the sweep looks": (_while_it_is_swept, _dynamodb("Query", about="by_timer")),
    "the sweep tells": (_while_it_is_swept, SEND),
    "the timer is read": (_while_it_comes_back, _dynamodb("GetItem")),
    "it comes back": (_while_it_comes_back, _dynamodb("TransactWriteItems")),
    "its text is read for the pages": (_while_it_comes_back, _dynamodb("BatchGetItem")),
    "the pages are told": (_while_it_comes_back, FRAME),
    "the user puts it off": (_while_the_user_puts_it_off, _dynamodb("TransactWriteItems")),
    "the user deletes it": (_while_the_user_deletes_it, _dynamodb("TransactWriteItems")),
    "the user reads it": (_while_the_user_reads_it, _dynamodb("TransactWriteItems")),
}


KINDS = {kind: fault for kind, fault in FAULTS.items() if kind != "throttled by the account"}
"""Without what is the same to the functions as another one."""


def _planned(rule: Rule) -> Iterator[Rule]:
    """Every fault of this operation until the function gives up; late only once, since it takes its time."""
    kinds = KINDS | (CANCELLED if rule.get("operation") == "TransactWriteItems" else {})
    if rule["service"] == FRAME["service"]:
        kinds.pop("reply lost")  # the answer to a frame is empty: nothing of it is lost. A late one is not heard either
    for kind, fault in kinds.items():
        yield {**rule, **fault, "times": 1 if kind == "late" else UNTIL_GIVEN_UP}
    if "reply lost" in kinds:
        yield {**rule, **kinds["reply lost"], "times": 1}


PLANNED = sum(rule["times"] for _, where in WAYS.values() for rule in _planned(where))


def test_at_least_two_hundred_faults_are_planned() -> None:
    assert PLANNED >= 200


@pytest.fixture(scope="module")
def desks(world: World) -> Iterator[dict[str, Desk]]:
    """A desk for each way, after each of its faults; side by side, since most of the time is waiting."""
    _warm(world)
    made = {way: Desk(world) for way in WAYS}
    cases = [(made[way], do, rule) for way, (do, where) in WAYS.items() for rule in _planned(where)]
    random.Random(5).shuffle(cases)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(_try, *case) for case in cases]:
            done.result()
    wait_until(world.microburst.is_quiet)
    yield made
    for desk in made.values():
        desk.close()


def _warm(world: World) -> None:
    """Every function has run once: what is late by itself is no fault of the plan's."""
    desk = Desk(world)
    desk.snoozed().come_back()
    world.sweep()
    desk.close()


def _try(desk: Desk, do: Case, rule: Rule) -> None:
    try:
        do(desk, rule)
    except AssertionError as error:
        desk.wrong.append(f"{rule}: {error!r}")


@pytest.mark.parametrize("way", WAYS)
def test_whatever_fails_each_reminder_comes_back_once_and_every_page_is_told(desks: dict[str, Desk], way: str) -> None:
    desk = desks[way]
    assert desk.wrong == []
    assert desk.problems() == []
    assert len(desk.fired) == sum(rule["times"] for rule in _planned(WAYS[way][1]))


def test_a_reminder_that_is_lost_and_one_that_comes_twice_are_found(world: World) -> None:
    """The control: one has lost its timer, so nothing finds it; the other is put back by hand, and comes again."""
    desk = Desk(world)
    lost, twice = desk.snoozed(), desk.snoozed()
    before = twice.become_due()
    lost_before = lost.become_due()
    world.aws("dynamodb").update_item(
        TableName=world.outputs["NotificationsTableName"],
        Key=lost.key,
        UpdateExpression="REMOVE timer, timer_at, timer_name",
    )
    lost.trigger(lost_before["timer_name"])
    twice.trigger(before["timer_name"])
    twice.be_back(before["timer_name"])
    assert desk.problems() == [f"{lost.place}: told ok, there 0 times"]
    raw = {name: {"N" if name in {"revision", "expires_at"} else "S": value} for name, value in before.items()}
    world.aws("dynamodb").put_item(TableName=world.outputs["NotificationsTableName"], Item=raw)
    twice.become_due()
    twice.trigger(before["timer_name"])
    twice.be_back(before["timer_name"])
    desk.close()
    assert sorted(desk.problems()) == sorted(
        [f"{lost.place}: told ok, there 0 times", f"{twice.place}: told ok, there 2 times"]
    )
