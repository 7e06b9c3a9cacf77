"""What was put off comes back by itself, once: by its schedule, by the sweep alone, and after a standstill.

Everything begins at the same moment, so that all waiting is done together.
"""

import contextlib
import json
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.client import Client
from local.stack import Stack
from tests.conftest import Running, free_port, wait_until

REQUEST = {"topic": "bookings", "subject": "ორმაგი ჯავშანი", "text": "ნომერი 204", "importance": "normal"}
AFTER_START = 90
"""Within how many seconds of its start a service brings what was due while it was down."""


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Desk:
    """A hotel and its agent on a running stack, and what AWS keeps of it."""

    running: Running
    account: str = field(default_factory=lambda: f"hotel-{uuid.uuid4().hex[:12]}")

    def hotel(self, user: str = "anna") -> Client:
        return self.running.client(self.running.hotel_token(self.account, user))

    def agent(self) -> Client:
        return self.running.client(self.running.agent_token(f"agent-{self.account}"))

    def aws(self, service: str) -> Any:
        return self.running.stack.deployment.client(service)

    def answered(self, **others: Any) -> str:
        """A ticket of Anna's with an answer; gives the id of its notification."""
        number = self.hotel().post("/v1/tickets", REQUEST)["number"]
        self.agent().post(f"/v1/agent/tickets/{number}/messages", {"text": "გასაგებია.", **others})
        found = self.hotel().get("/v1/notifications")["items"]
        return next(str(each["id"]) for each in found if each["ticket"] == number)

    def snooze(self, id_: str, **until: Any) -> None:
        self.hotel().post(f"/v1/notifications/{id_}/snooze", until)

    def items(self, output: str = "NotificationsTableName", **parts: str) -> list[dict[str, str]]:
        """What a table keeps of this hotel, or of what a key names."""
        table = self.running.stack.deployment.outputs()[output]
        pages = self.aws("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        plain = [
            {name: str(next(iter(value.values()))) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        ]
        wanted = parts or {"pk": self.account}
        return [item for item in plain if all(part in item[name] for name, part in wanted.items())]

    def item(self, id_: str) -> dict[str, str]:
        """Anna's notification as its table keeps it."""
        _, number, _ = id_.split("-")
        (found,) = self.items(pk=f"{self.account}@anna", sk=f"#{number}#")
        return found

    def state(self, id_: str) -> tuple[str, int]:
        """In which state it is, and how often it was written: answered, put off, come back."""
        item = self.item(id_)
        return item["state"], int(item["revision"])

    def is_scheduled(self, name: str) -> bool:
        group = f"{self.running.stack.deployment.stack_name}-timers"
        pages = self.aws("scheduler").get_paginator("list_schedules").paginate(GroupName=group)
        return name in {each["Name"] for page in pages for each in page["Schedules"]}

    def scheduled(self, id_: str) -> str:
        """The name of its reminder, once that has its schedule."""
        name = self.item(id_)["timer_name"]
        wait_until(lambda: self.is_scheduled(name), within=50)
        return name

    def function(self, logical_id: str) -> str:
        found = self.aws("cloudformation").describe_stack_resource(
            StackName=self.running.stack.deployment.stack_name, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def rule_of_the_sweep(self) -> str:
        """The rule that runs it every minute."""
        events, tick = self.aws("events"), self.function("Tick")
        (rule,) = (
            rule
            for rule in events.list_rules()["Rules"]
            for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
            if target["Arn"].endswith(f":{tick}")
        )
        assert rule["ScheduleExpression"] == "rate(1 minute)"
        return str(rule["Name"])

    def repeat_what_came(self, *timers: dict[str, str]) -> None:
        """Delivers these triggers once more, and waits until they, and all else in the queue, are done with."""
        url, sqs = self.running.stack.deployment.outputs()["TimersQueueUrl"], self.aws("sqs")
        for timer in timers:
            body = json.dumps({"type": "fire", "timer": {"table": "notifications", **timer}})
            sqs.send_message(QueueUrl=url, MessageBody=body)
        waiting = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")

        def is_empty() -> bool:
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(waiting))["Attributes"]
            return all(found[name] == "0" for name in waiting)

        wait_until(is_empty)


@contextlib.contextmanager
def _without_sweep(desk: Desk) -> Iterator[None]:
    events, rule = desk.aws("events"), desk.rule_of_the_sweep()
    events.disable_rule(Name=rule)
    try:
        yield
    finally:
        events.enable_rule(Name=rule)


@dataclass(frozen=True)
class HastyStack(Stack):
    """A stack on which an answer is the whole hotel's after a minute."""

    def parameters(self) -> dict[str, str]:
        return {**super().parameters(), "ShareAfterMinutes": "1"}


@dataclass(frozen=True)
class Standstill:
    """What was put off before a service stood still, and how it was found after its new start."""

    before: list[tuple[str, int]]
    after: list[tuple[str, int]]
    much_later: list[tuple[str, int]]
    reminders: list[str]
    colleagues: list[str]
    ids: list[str]


def _stand_still(folder: Path) -> Standstill:
    stack = HastyStack(free_port(), free_port(), free_port(), folder)
    with stack.running(lambda _: None) as up:
        desk = Desk(Running(stack, up.facts))
        ids = [desk.answered() for _ in range(3)]
        shared = desk.answered()
        number = shared.split("-")[1]
        for id_ in ids:
            desk.snooze(id_, minutes=1)
        due_at = now() + timedelta(minutes=1)
        at = {"at": due_at.isoformat()}
        desk.agent().post(f"/v1/agent/tickets/{number}/reminders", at)
        for id_ in ids:
            desk.scheduled(id_)
        timers = [{name: desk.item(id_)[name] for name in ("pk", "sk")} for id_ in ids]
        names = [desk.item(id_)["timer_name"] for id_ in ids]
        before = [desk.state(id_) for id_ in ids]
        _close(desk)
    assert now() < due_at, "it stood still before anything was due"
    wait_until(lambda: now() > due_at + timedelta(seconds=5), within=90)
    with stack.running(lambda _: None) as up:
        desk = Desk(Running(stack, up.facts), desk.account)
        wait_until(lambda: all(desk.state(id_)[0] == "active" for id_ in ids), within=AFTER_START)
        after = [desk.state(id_) for id_ in ids]
        wait_until(lambda: _reminder_states(desk) == ["done"], within=AFTER_START)
        wait_until(lambda: desk.hotel("beka").get("/v1/notifications")["items"], within=AFTER_START)
        colleagues = [str(each["id"]) for each in desk.hotel("beka").get("/v1/notifications")["items"]]
        desk.repeat_what_came(*({**timer, "name": name} for timer, name in zip(timers, names, strict=True)))
        much_later = [desk.state(id_) for id_ in ids]
        reminders = _reminder_states(desk)
        _close(desk)
    return Standstill(before, after, much_later, reminders, colleagues, [*ids, shared])


def _reminder_states(desk: Desk) -> list[str]:
    return [str(each["state"]) for each in desk.agent().get("/v1/agent/reminders")["items"]]


def _close(desk: Desk) -> None:
    for client in desk.running.clients:
        client.close()


@dataclass(frozen=True)
class Story:
    """What was put off at the beginning, under which names, and what becomes of it on the stack that stands still."""

    desk: Desk
    by_schedule: str
    by_sweep: str
    replaced: str
    deleted: str
    pending: str
    names: dict[str, list[str]]
    standstill: "Future[Standstill]" = field(default_factory=Future)


@pytest.fixture(scope="module")
def story(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder, desk = tmp_path_factory.mktemp("stack that stands still") / "state", Desk(running)
    with ThreadPoolExecutor(1) as pool, _without_sweep(desk):
        begun = _begin(desk)
        standstill = pool.submit(_stand_still, folder)
        yield replace(begun, standstill=standstill)


def _begin(desk: Desk) -> Story:
    by_schedule, by_sweep, replaced, deleted = (desk.answered() for _ in range(4))
    pending = desk.answered(status="pending")
    for id_ in (by_schedule, by_sweep, replaced, deleted):
        desk.snooze(id_, minutes=1)
    names = {id_: [desk.scheduled(id_)] for id_ in (by_schedule, by_sweep, replaced, deleted)}
    desk.aws("scheduler").delete_schedule(
        Name=names[by_sweep][0], GroupName=f"{desk.running.stack.deployment.stack_name}-timers"
    )
    desk.snooze(replaced, until=(now() + timedelta(days=30)).isoformat())
    names[replaced].append(desk.scheduled(replaced))
    desk.hotel().call("DELETE", f"/v1/notifications/{deleted}").raise_for_status()
    _let_three_days_pass(desk, pending)
    return Story(desk, by_schedule, by_sweep, replaced, deleted, pending, names)


def _let_three_days_pass(desk: Desk, id_: str) -> None:
    """Moves the time since when a ticket waits for the hotel into the past, and its timer with it."""
    (item,) = desk.items("TicketsTableName", pk=f"{desk.account}#{id_.split('-')[1]}", sk="ticket", data="{")
    head, past = json.loads(item["data"]), (now() - timedelta(days=4)).isoformat()
    moved = json.dumps({**head, "pending_since": past, "timer_at": past})
    desk.aws("dynamodb").update_item(
        TableName=desk.running.stack.deployment.outputs()["TicketsTableName"],
        Key={"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}},
        UpdateExpression="SET #data = :data, timer_at = :at",
        ExpressionAttributeNames={"#data": "data"},
        ExpressionAttributeValues={":data": {"S": moved}, ":at": {"S": "2026-01-01T00:00:00.000Z"}},
    )


def test_a_reminder_has_its_schedule_and_comes_back_by_it_alone_and_once(story: Story) -> None:
    """The sweep rests, which a reminder shows that has lost its schedule: it is due as well, and stays away."""
    desk, id_ = story.desk, story.by_schedule
    (name,) = story.names[id_]
    assert desk.item(id_).get("timer_name") in {name, None}
    wait_until(lambda: desk.state(id_)[0] == "active", within=120)
    assert desk.state(id_) == ("active", 3)
    assert desk.state(story.by_sweep) == ("snoozed", 2)
    wait_until(lambda: not desk.is_scheduled(name))
    item = desk.item(id_)
    desk.repeat_what_came(*[{"pk": item["pk"], "sk": item["sk"], "name": name}] * 3)
    assert desk.state(id_) == ("active", 3)
    assert id_ in [each["id"] for each in desk.hotel().get("/v1/notifications")["items"]]


def test_put_off_again_the_old_schedule_is_gone_and_the_new_one_stands(story: Story) -> None:
    old, new = story.names[story.replaced]
    wait_until(lambda: not story.desk.is_scheduled(old))
    assert story.desk.is_scheduled(new)
    assert story.desk.state(story.replaced) == ("snoozed", 3), "though the first minute is over"


def test_deleting_takes_the_schedule_back(story: Story) -> None:
    (name,) = story.names[story.deleted]
    wait_until(lambda: not story.desk.is_scheduled(name))
    assert story.desk.state(story.deleted) == ("deleted", 3)


def test_the_sweep_alone_brings_what_has_lost_its_schedule_and_once(story: Story) -> None:
    desk, id_ = story.desk, story.by_sweep
    (name,) = story.names[id_]
    assert desk.state(id_) == ("snoozed", 2)
    desk.aws("events").enable_rule(Name=desk.rule_of_the_sweep())
    wait_until(lambda: desk.state(id_)[0] == "active", within=120)
    item = desk.item(id_)
    desk.repeat_what_came({"pk": item["pk"], "sk": item["sk"], "name": name})
    assert desk.state(id_) == ("active", 3)
    assert not desk.is_scheduled(name)


def test_the_sweep_has_a_hotel_reminded_that_was_asked_three_days_ago(story: Story) -> None:
    desk, number = story.desk, story.pending.split("-")[1]
    desk.aws("events").enable_rule(Name=desk.rule_of_the_sweep())
    wait_until(lambda: len(desk.hotel().get(f"/v1/tickets/{number}")["messages"]) > 2, within=120)
    *_, last = desk.hotel().get(f"/v1/tickets/{number}")["messages"]
    assert last["author"]["kind"] == "system"
    told = [each for each in desk.hotel().get("/v1/notifications")["items"] if each["ticket"] == number]
    assert (len(told), told[0]["text"]) == (2, last["text"])


def test_what_was_due_while_the_service_was_down_comes_soon_after_its_start_each_once(story: Story) -> None:
    found = story.standstill.result(timeout=300)
    assert found.before == [("snoozed", 2)] * 3
    assert found.after == found.much_later == [("active", 3)] * 3
    assert found.reminders == ["done"]


def test_an_answer_whose_time_came_while_the_service_was_down_reaches_the_next_shift(story: Story) -> None:
    found = story.standstill.result(timeout=300)
    assert set(found.colleagues) <= set(found.ids)
    assert found.ids[-1] in found.colleagues
