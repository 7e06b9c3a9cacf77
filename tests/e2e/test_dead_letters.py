"""What lands in the dead-letter queues, how it is looked at, and how it is sent back: `make replay-dlq`."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from infra import build
from infra.dead_letters import QUEUES, DeadLetters
from tests.conftest import Running, wait_until
from tests.pages import Page

REQUEST = {"topic": "other", "subject": "ა", "text": "ბ", "importance": "low"}
LONG_AGO = "2026-01-01T00:00:00.000Z"
VISIBILITY = "VisibilityTimeout"
Name = Literal["pushes", "timers"]


@dataclass(frozen=True)
class Told:
    """An answer's notification: whose, and where it stands."""

    running: Running
    token: str
    key: dict[str, Any]

    def state(self) -> str:
        (found,) = self.running.client(self.token).get("/v1/notifications", state="all")["items"]
        return str(found["state"])

    def snooze(self) -> str:
        """Puts it off for weeks; gives the name of its timer, once it has its schedule.

        Before that a message is under way which would fire a timer whose time has come meanwhile.
        """
        client = self.running.client(self.token)
        (found,) = client.get("/v1/notifications")["items"]
        client.post(f"/v1/notifications/{found['id']}/snooze", {"minutes": 30 * 24 * 60})
        name = str(self.item()["timer_name"]["S"])
        wait_until(lambda: self._has_schedule(name))
        return name

    def _has_schedule(self, name: str) -> bool:
        scheduler = self.running.stack.deployment.client("scheduler")
        try:
            scheduler.get_schedule(Name=name, GroupName=f"{self.running.facts['stack_name']}-timers")
        except scheduler.exceptions.ResourceNotFoundException:
            return False
        return True

    def item(self) -> dict[str, Any]:
        deployment = self.running.stack.deployment
        found = deployment.client("dynamodb").get_item(
            TableName=deployment.outputs()["NotificationsTableName"], Key=self.key, ConsistentRead=True
        )
        return dict(found["Item"])

    def let_its_time_come(self) -> None:
        """Moves its reminder into the past, and out of the index in which the sweep would find it."""
        data = {**json.loads(self.item()["data"]["S"]), "snoozed_until": LONG_AGO}
        deployment = self.running.stack.deployment
        deployment.client("dynamodb").update_item(
            TableName=deployment.outputs()["NotificationsTableName"],
            Key=self.key,
            UpdateExpression="SET timer_at = :at, #data = :data REMOVE timer",
            ExpressionAttributeNames={"#data": "data"},
            ExpressionAttributeValues={":at": {"S": LONG_AGO}, ":data": {"S": json.dumps(data)}},
        )


@pytest.fixture
def page(running: Running, account: str) -> Iterator[Page]:
    """The user's page, open from before the answer."""
    page = Page(running.client(running.hotel_token(account)), running.facts["site_url"])
    yield page
    page.close()


@pytest.fixture
def told(running: Running, account: str) -> Told:
    token = running.hotel_token(account)
    number = running.client(token).post("/v1/tickets", REQUEST)["number"]
    running.client(running.agent_token()).post(f"/v1/agent/tickets/{number}/messages", {"text": "გასაგებია."})
    deployment = running.stack.deployment
    owner = {"S": f"demo/{account}@anna"}
    (item,) = deployment.client("dynamodb").query(
        TableName=deployment.outputs()["NotificationsTableName"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": owner},
    )["Items"]
    return Told(running, token, {"pk": owner, "sk": item["sk"]})


class Queue:
    """One of the stack's queues, and its dead letters."""

    def __init__(self, running: Running, name: Name) -> None:
        self._running = running
        self.name = name
        self.sqs = running.stack.deployment.client("sqs")
        outputs = running.stack.deployment.outputs()
        self.url, self.dead_url = (outputs[output] for output in QUEUES[name])
        self.letters = DeadLetters(self.sqs, self.url, self.dead_url)

    def put(self, body: Any, *, dead: bool = True) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.sqs.send_message(QueueUrl=self.dead_url if dead else self.url, MessageBody=text)

    def shown(self) -> str:
        return self._call("--show")

    def replay(self) -> str:
        return self._call()

    def _call(self, *flags: str) -> str:
        command = [sys.executable, "-m", "infra.dead_letters", *flags, self.name]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment = {**inherited, "STATE_DIR": str(self._running.stack.state_dir)}
        done = subprocess.run(command, cwd=build.ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def empty(self) -> None:
        self.sqs.purge_queue(QueueUrl=self.dead_url)


@pytest.fixture
def pushes(running: Running) -> Iterator[Queue]:
    queue = Queue(running, "pushes")
    queue.empty()
    yield queue
    queue.empty()


@pytest.fixture
def timers(running: Running) -> Iterator[Queue]:
    queue = Queue(running, "timers")
    queue.empty()
    yield queue
    queue.empty()


def test_a_reminder_among_the_dead_letters_is_shown_and_takes_effect_once_it_is_sent_back(
    timers: Queue, told: Told
) -> None:
    name = told.snooze()
    told.let_its_time_come()
    fire = {
        "type": "fire",
        "timer": {"table": "notifications", **{key: each["S"] for key, each in told.key.items()}, "name": name},
    }
    timers.put(fire)
    for _ in range(2):
        assert json.dumps(fire) in timers.shown(), "looking takes nothing away"
    assert (timers.letters.count(), told.state()) == (1, "snoozed")
    assert timers.replay() == "1 sent back to timers of deskbell-local, 0 wait in its dead letters\n"
    wait_until(lambda: told.state() == "active")
    assert timers.shown() == "0 wait in the dead letters of timers of deskbell-local\n"


def test_a_push_among_the_dead_letters_reaches_the_page_once_it_is_sent_back(
    pushes: Queue, page: Page, told: Told
) -> None:
    page.wait_for("notification")
    body = {"type": "notification", **{key: each["S"] for key, each in told.key.items()}}
    pushes.put(body)
    assert json.dumps(body) in pushes.shown()
    assert page.answers_a_ping()
    assert len(page.found("notification")) == 1, "what is shown is not sent"
    assert pushes.replay().startswith("1 sent back to pushes")
    wait_until(lambda: len(page.found("notification")) == 2)
    assert pushes.letters.count() == 0


def test_more_than_one_call_takes_are_shown_and_sent_back_all(timers: Queue) -> None:
    fire = {"type": "fire", "timer": {"table": "notifications", "pk": "demo/none@nobody", "sk": "answer#", "name": ""}}
    for n in range(23):
        timers.put({**fire, "timer": {**fire["timer"], "name": f"none-{n}"}})  # type: ignore[dict-item]  # it is one
    lines = timers.shown().splitlines()
    assert len({line for line in lines if '"none-' in line}) == 23
    assert lines[-1].startswith("23 wait")
    assert timers.replay().startswith("23 sent back to timers")
    assert timers.letters.count() == 0


@pytest.mark.parametrize("name", ["pushes", "timers"])
def test_what_fails_five_times_lands_among_the_dead_letters_and_what_came_with_it_does_not(
    request: pytest.FixtureRequest, name: Name
) -> None:
    queue: Queue = request.getfixturevalue(name)
    bad = f"neither JSON nor ours: {uuid.uuid4().hex}"
    good = {
        "pushes": {"type": "notification", "pk": "demo/none@nobody", "sk": "answer#"},
        "timers": {"type": "fire", "timer": {"table": "notifications", "pk": "p", "sk": "answer#", "name": "n"}},
    }[name]
    before = queue.sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=[VISIBILITY])["Attributes"]
    queue.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={VISIBILITY: "1"})
    try:
        for body in (bad, json.dumps(good)):
            queue.put(body, dead=False)
        wait_until(lambda: queue.letters.count() == 1)
    finally:
        queue.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes=before)
    (found,) = queue.sqs.receive_message(
        QueueUrl=queue.dead_url, AttributeNames=["ApproximateReceiveCount"], VisibilityTimeout=0
    )["Messages"]
    assert found["Body"] == bad
    assert found["Attributes"]["ApproximateReceiveCount"] == "6", "five times by the function, and this look"
