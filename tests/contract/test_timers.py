"""What happens by itself: once, at its time, and never when it no more counts, whoever triggers it how often and when.

`now` is passed in, later than the machine's own, so that nothing deployed has a reason to move what stands here.
Queues and schedule group are the tests' own.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from bench.units import Meter
from chalicelib.errors import TryAgain
from tests.contract.conftest import Api, Hotel, function_environment
from tests.contract.test_aws_side import Answer, Aws, error, passed_on, reply

MOMENT = timedelta(milliseconds=1)
MINUTES, DAYS = timedelta(minutes=1), timedelta(days=1)
TABLES = {"tickets": "TicketsTableName", "notifications": "NotificationsTableName"}
Item = dict[str, str]


def _now() -> datetime:
    from chalicelib.domain.moment import to_millisecond

    return to_millisecond(datetime.now(UTC))


@dataclass(frozen=True)
class Clockwork:
    """The queues and the schedule group of these tests."""

    api: Api
    group: str
    timers_url: str

    @property
    def scheduler(self) -> Any:
        return self.api.running.stack.deployment.client("scheduler")

    def told(self) -> list[Any]:
        """What the timers' queue holds; it is empty afterwards."""
        from chalicelib.handlers.timers import _told

        sqs, found = self.api.running.stack.deployment.client("sqs"), []
        while messages := sqs.receive_message(QueueUrl=self.timers_url, MaxNumberOfMessages=10).get("Messages"):
            found += [_told.decode(each["Body"]) for each in messages]
            for each in messages:
                sqs.delete_message(QueueUrl=self.timers_url, ReceiptHandle=each["ReceiptHandle"])
        return found

    def schedules(self) -> set[str]:
        pages = self.scheduler.get_paginator("list_schedules").paginate(GroupName=self.group)
        return {each["Name"] for page in pages for each in page["Schedules"]}

    def schedule(self, name: str) -> Any:
        return self.scheduler.get_schedule(Name=name, GroupName=self.group)

    def item(self, table: str, place: tuple[str, str]) -> Item:
        """An item of a table as it stands."""
        deployment = self.api.running.stack.deployment
        key = {"pk": {"S": place[0]}, "sk": {"S": place[1]}}
        name = deployment.outputs()[TABLES[table]]
        found = deployment.client("dynamodb").get_item(TableName=name, Key=key, ConsistentRead=True)
        return {name: str(next(iter(value.values()))) for name, value in found["Item"].items()}

    def timer(self, table: Any, place: tuple[str, str]) -> Any:
        from chalicelib.adapters.timers import Timer

        return Timer(table, *place, self.item(table, place)["timer_name"])


@pytest.fixture(scope="module")
def clockwork(api: Api) -> Iterator[Clockwork]:
    from chalicelib.settings import settings

    deployment = api.running.stack.deployment
    sqs, scheduler, name = deployment.client("sqs"), deployment.client("scheduler"), f"test-{uuid.uuid4().hex[:12]}"
    environment = function_environment(api.running)
    urls = [sqs.create_queue(QueueName=f"{name}-{queue}")["QueueUrl"] for queue in ("timers", "pushes")]
    arns = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"] for url in urls]
    scheduler.create_schedule_group(Name=name)
    chosen = {
        "TIMERS_QUEUE": urls[0],
        "PUSHES_QUEUE": urls[1],
        "TIMERS_QUEUE_ARN": arns[0]["QueueArn"],
        "TIMERS_DEAD_LETTERS_ARN": arns[1]["QueueArn"],
        "SCHEDULES_GROUP": name,
        "SCHEDULES_ROLE_ARN": "arn:aws:iam::000000000000:role/schedules",
    }
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in (environment | chosen).items():
            patch.setenv(variable, value)
        settings.cache_clear()
        yield Clockwork(api, name, urls[0])
    settings.cache_clear()
    scheduler.delete_schedule_group(Name=name)
    for url in urls:
        sqs.delete_queue(QueueUrl=url)


@dataclass(frozen=True)
class Desk:
    """A hotel, and what the clock does there."""

    hotel: Hotel
    clockwork: Clockwork

    @property
    def account(self) -> Any:
        return f"demo/{self.hotel.account}"

    def owner(self, user: str = "anna") -> str:
        from chalicelib.adapters import places

        return places.user(self.account, user)

    def user(self, id_: str = "anna") -> Any:
        from chalicelib.domain.people import HotelUser

        return HotelUser(account=self.account, id=id_, name=id_, expires_at=_now() + DAYS)

    # notifications

    def answered(self, **others: Any) -> tuple[str, str]:
        """A ticket of Anna's with an answer: its number, and the id of her notification."""
        number = self.hotel.open(**others)["number"]
        self.hotel.answer(number)
        (told,) = self.hotel.api.get("/v1/notifications", self.hotel.anna)["items"]
        return number, told["id"]

    def place(self, id_: str, user: str = "anna") -> tuple[str, str]:
        from chalicelib.adapters import places
        from chalicelib.domain.notification import parse_id

        answered = parse_id(id_)
        assert answered is not None
        return self.owner(user), places.answer(answered)

    def notification(self, id_: str, user: str = "anna") -> Any:
        from chalicelib.adapters import notifications

        found = notifications.find_at(*self.place(id_, user))
        assert found is not None
        return found

    def state(self, id_: str, user: str = "anna") -> tuple[str, int]:
        """In which state it is, and how often it was written."""
        found = self.notification(id_, user)
        return found.state, found.revision

    def snooze(self, id_: str, until: datetime, user: str = "anna") -> Any:
        """Puts it off; gives the timer that brings it back."""
        from chalicelib.services import notifications

        notifications.snooze(self.user(user), id_, until, _now())
        return self.clockwork.timer("notifications", self.place(id_, user))

    def snooze_name(self, id_: str, count: int) -> str:
        """The name under which its reminder stands when it is put off for the `count`-th time."""
        from chalicelib.adapters.timers import armed

        name: str = armed(self.place(id_), _now(), count)["timer_name"]
        return name

    # tickets

    def head(self, number: str) -> tuple[str, str]:
        from chalicelib.adapters import places
        from chalicelib.domain.number import TicketNumber

        return places.ticket(self.account, TicketNumber(number)), places.HEAD

    def ticket(self, number: str) -> Any:
        from chalicelib.adapters import tickets
        from chalicelib.domain.number import TicketNumber

        return tickets.find_ticket(self.account, TicketNumber(number))

    def timer(self, number: str) -> Any:
        return self.clockwork.timer("tickets", self.head(number))

    def pending(self, **others: Any) -> tuple[str, datetime]:
        """A ticket whose hotel was asked something, opened since, and since when it waits."""
        number = self.hotel.open(**others)["number"]
        self.hotel.answer(number, "რომელ ნომერში?", status="pending")
        self.read(number, "m2")
        since = self.ticket(number).pending_since
        assert since is not None
        return number, since

    def read(self, number: str, up_to: str, token: str | None = None) -> None:
        path = f"/v1/tickets/{number}/read"
        self.hotel.api.call("POST", path, token=token or self.hotel.anna, body={"up_to": up_to}).ok(204)

    def shown(self, token: str) -> list[str]:
        """The ids of what a user of the hotel gets to see."""
        return [each["id"] for each in self.hotel.api.get("/v1/notifications", token)["items"]]


@pytest.fixture
def desk(hotel: Hotel, clockwork: Clockwork) -> Desk:
    return Desk(hotel, clockwork)


def fire(timer: Any, now: datetime) -> None:
    """A trigger comes, as the queue brings it."""
    from chalicelib.services import timers

    timers.handle(timers.Fire(timer), now)


def arm(timer: Any, now: datetime, was: str | None = None) -> None:
    from chalicelib.services import timers

    timers.handle(timers.Arm(timer, was), now)


@pytest.fixture
def aws(clockwork: Clockwork) -> Iterator[Aws]:
    """Who answers in AWS's place."""
    from chalicelib.adapters import queues, schedules, tables

    del clockwork
    played, clients = Aws(), (tables.CLIENT, schedules._scheduler(), queues._sqs())
    for client in clients:
        client.meta.events.register("before-send", played.answer)
    yield played
    for client in clients:
        client.meta.events.unregister("before-send", played.answer)


def meanwhile(aws: Aws, do: Callable[[], object]) -> None:
    """Somebody does this between the next reading and its writing."""

    def first(request: Any, before: int) -> Answer:
        del request
        if before == 0:
            do()
        return None

    aws.plays("TransactWriteItems", first)


# Reminders: waking


def test_what_is_put_off_comes_back_at_its_time_once(desk: Desk) -> None:
    _, id_ = desk.answered()
    until = _now() + 5 * MINUTES
    timer = desk.snooze(id_, until)
    assert desk.state(id_) == ("snoozed", 2)
    fire(timer, until)
    assert desk.state(id_) == ("active", 3)
    assert "timer" not in desk.clockwork.item("notifications", desk.place(id_))
    for now in (until, until, until + DAYS):
        fire(timer, now)
    assert desk.state(id_) == ("active", 3)


def test_a_trigger_before_its_time_does_nothing_and_one_long_after_it_does_what_it_should(desk: Desk) -> None:
    _, id_ = desk.answered()
    until = _now() + 5 * MINUTES
    timer = desk.snooze(id_, until)
    for early in (until - MOMENT, until - 5 * MINUTES):
        fire(timer, early)
        assert desk.state(id_) == ("snoozed", 2)
    fire(timer, until + 29 * DAYS)
    assert desk.state(id_) == ("active", 3)


def test_a_reminder_that_was_replaced_does_nothing(desk: Desk) -> None:
    _, id_ = desk.answered()
    sooner, later = _now() + 5 * MINUTES, _now() + 9 * MINUTES
    first, second = desk.snooze(id_, sooner), desk.snooze(id_, later)
    assert first.name != second.name
    for now in (sooner, later, later + DAYS):
        fire(first, now)
        assert desk.state(id_) == ("snoozed", 3)
    fire(second, later)
    assert desk.state(id_) == ("active", 4)
    fire(first, later)
    assert desk.state(id_) == ("active", 4)


def test_put_off_to_the_same_moment_again_it_is_another_reminder_and_comes_back_once(desk: Desk) -> None:
    _, id_ = desk.answered()
    until = _now() + 5 * MINUTES
    first, second = desk.snooze(id_, until), desk.snooze(id_, until)
    assert first.name != second.name
    fire(first, until)
    assert desk.state(id_) == ("snoozed", 3)
    fire(second, until)
    fire(first, until)
    assert desk.state(id_) == ("active", 4)


def test_after_it_came_back_a_name_is_not_used_again(desk: Desk) -> None:
    _, id_ = desk.answered()
    until = _now() + 5 * MINUTES
    first = desk.snooze(id_, until)
    fire(first, until)
    second = desk.snooze(id_, until)
    fire(first, until)
    assert desk.state(id_) == ("snoozed", 4)
    fire(second, until)
    assert desk.state(id_) == ("active", 5)


@pytest.mark.parametrize("what", ["delete", "read", "restore"])
def test_what_was_deleted_read_or_brought_back_meanwhile_stays_so(desk: Desk, what: str) -> None:
    number, id_ = desk.answered()
    until = _now() + 5 * MINUTES
    timer = desk.snooze(id_, until)
    path = f"/v1/notifications/{id_}"
    if what == "read":
        desk.read(number, "m2")
    elif what == "delete":
        desk.hotel.api.call("DELETE", path, token=desk.hotel.anna).ok(204)
    else:
        desk.hotel.api.post(f"{path}/restore", desk.hotel.anna, status=200)
    assert desk.state(id_) == ({"delete": "deleted", "read": "read", "restore": "active"}[what], 3)
    assert "timer" not in desk.clockwork.item("notifications", desk.place(id_))
    for now in (until, until + DAYS):
        fire(timer, now)
    assert desk.state(id_)[1] == 3


def test_a_trigger_for_what_never_was_does_nothing(desk: Desk) -> None:
    number, id_ = desk.answered()
    until = _now() + 5 * MINUTES
    timer = desk.snooze(id_, until)
    for changes in ({"name": "x"}, {"pk": f"{timer.pk}x"}, {"sk": f"{timer.sk}x"}, {"table": "tickets"}):
        fire(replace(timer, **changes), until)
    fire(replace(desk.timer(number), name=""), until)
    assert desk.state(id_) == ("snoozed", 2)
    fire(timer, until)
    assert desk.state(id_) == ("active", 3)


def test_several_triggers_at_the_same_moment_wake_it_once(desk: Desk) -> None:
    _, id_ = desk.answered()
    until = _now() + 5 * MINUTES
    timer, together = desk.snooze(id_, until), Barrier(6)

    def one(_: int) -> None:
        together.wait()
        fire(timer, until)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one, range(6)))
    assert desk.state(id_) == ("active", 3)


def test_who_puts_it_off_again_while_it_wakes_wins(desk: Desk, aws: Aws) -> None:
    _, id_ = desk.answered()
    until, later = _now() + 5 * MINUTES, _now() + 9 * MINUTES
    timer = desk.snooze(id_, until)
    meanwhile(aws, lambda: desk.snooze(id_, later))
    fire(timer, until)
    assert desk.state(id_) == ("snoozed", 3)
    assert desk.notification(id_).snoozed_until == later
    assert len(aws.requests("TransactWriteItems")) == 2, "the refused waking, and the putting off"


def test_who_deletes_it_while_it_wakes_wins(desk: Desk, aws: Aws) -> None:
    from chalicelib.services import notifications

    _, id_ = desk.answered()
    until = _now() + 5 * MINUTES
    timer = desk.snooze(id_, until)
    meanwhile(aws, lambda: notifications.delete(desk.user(), id_, _now()))
    fire(timer, until)
    assert desk.state(id_) == ("deleted", 3)


def test_a_waking_whose_answer_is_lost_is_done_once(desk: Desk, aws: Aws) -> None:
    """The write is there, the function does not know it; the queue brings the trigger again."""
    _, id_ = desk.answered()
    until = _now() + 5 * MINUTES
    timer = desk.snooze(id_, until)

    def lost(request: Any, before: int) -> Answer:
        if before == 0:
            assert passed_on(request).status_code == 200
        return reply(request, 500, error("InternalServerError"))

    aws.plays("TransactWriteItems", lost)
    with pytest.raises(TryAgain):
        fire(timer, until)
    aws.plays("TransactWriteItems", lambda *_: None)
    fire(timer, until)
    assert desk.state(id_) == ("active", 3)


def test_a_waking_that_fails_is_done_when_the_trigger_comes_again(desk: Desk, aws: Aws) -> None:
    _, id_ = desk.answered()
    until = _now() + 5 * MINUTES
    timer = desk.snooze(id_, until)
    aws.says("TransactWriteItems", 503, error("ServiceUnavailable"))
    with pytest.raises(TryAgain):
        fire(timer, until)
    assert desk.state(id_) == ("snoozed", 2)
    aws.plays("TransactWriteItems", lambda *_: None)
    fire(timer, until)
    assert desk.state(id_) == ("active", 3)


@pytest.mark.parametrize(("is_opened", "state"), [(False, "active"), (True, "deleted")])
def test_a_colleague_s_reminder_comes_back_only_while_nobody_has_opened_the_ticket(
    desk: Desk,
    is_opened: bool,  # noqa: FBT001 - one of the two examples
    state: str,
) -> None:
    number, id_ = desk.answered(importance="critical")
    until = _now() + 5 * MINUTES
    timer = desk.snooze(id_, until, "beka")
    if is_opened:
        desk.read(number, "m2")
    fire(timer, until)
    fire(timer, until)
    assert desk.state(id_, "beka") == (state, 2)
    assert desk.shown(desk.hotel.beka) == ([] if is_opened else [id_])


# The sweep


def _due(now: datetime) -> list[Any]:
    from chalicelib.adapters import timers

    return [each for table in timers.TABLES for each in timers.list_due(table, now, limit=10_000)]


def test_the_sweep_has_everything_fired_that_is_due_and_reads_nothing_else(
    desk: Desk, clockwork: Clockwork, meter: Meter
) -> None:
    from chalicelib.services import timers

    number, id_ = desk.answered()
    until = _now() + 5 * MINUTES
    first = desk.snooze(id_, until)
    clockwork.told()
    for now, is_due in ((until - MOMENT, False), (until, True)):
        with meter.running() as calls:
            count = timers.sweep(now)
        assert [call.operation for call in calls if call.operation == "Query"] == ["Query", "Query"]
        assert {call.operation for call in calls} <= {"Query", "SendMessageBatch"}
        assert sum(call.scanned for call in calls) == count == len(_due(now))
        told = clockwork.told()
        assert len(told) == count
        assert (timers.Fire(first) in told) == is_due
        assert timers.Fire(desk.timer(number)) not in told, "its answer waits for 10 minutes"
    for each in told:
        timers.handle(each, until)
    assert desk.state(id_) == ("active", 3)
    timers.sweep(until)
    assert timers.Fire(first) not in clockwork.told()


@pytest.fixture
def meter(clockwork: Clockwork) -> Meter:
    from chalicelib.adapters import queues

    queues._sqs()  # made before it is listened to: what it costs is not what is asked here
    deployment = clockwork.api.running.stack.deployment
    return Meter({deployment.outputs()[name]: {} for name in TABLES.values()}, deployment.client("dynamodb"))


def test_the_sweep_takes_the_earliest_first(desk: Desk) -> None:
    from chalicelib.adapters import timers

    def at(timer: Any) -> str:
        return desk.clockwork.item(timer.table, (timer.pk, timer.sk))["timer_at"]

    numbers = [desk.hotel.open(importance=each, languages=["ru"])["number"] for each in ("low", "critical", "normal")]
    low, critical, normal = (desk.timer(number) for number in numbers)
    found = timers.list_due("tickets", _now() + 30 * DAYS, limit=10_000)
    assert [each for each in found if each in {low, critical, normal}] == [critical, normal, low]
    (earliest,) = timers.list_due("tickets", _now() + 30 * DAYS, limit=1)
    assert at(earliest) <= at(critical)


def test_a_sweep_that_reaches_the_queue_only_in_part_is_made_up_for_by_the_next(
    desk: Desk, clockwork: Clockwork, aws: Aws
) -> None:
    from chalicelib.services import timers

    _, id_ = desk.answered()
    until = _now() + 5 * MINUTES
    timer = desk.snooze(id_, until)
    failed = b'{"Successful": [], "Failed": [{"Id": "0", "SenderFault": false, "Code": "InternalError"}]}'
    aws.says("SendMessageBatch", 200, failed)
    with pytest.raises(TryAgain):
        timers.sweep(until)
    aws.plays("SendMessageBatch", lambda *_: None)
    clockwork.told()
    timers.sweep(until)
    assert timers.Fire(timer) in clockwork.told()


# Schedules


def _at(found: Any) -> datetime:
    return datetime.strptime(found["ScheduleExpression"], "at(%Y-%m-%dT%H:%M:%S)").replace(tzinfo=UTC)


@pytest.mark.parametrize("beyond", [timedelta(0), MOMENT, timedelta(milliseconds=500), timedelta(milliseconds=999)])
def test_a_timer_gets_a_schedule_of_its_name_in_utc_and_never_before_its_time(
    desk: Desk, clockwork: Clockwork, beyond: timedelta
) -> None:
    from chalicelib.handlers.timers import _told
    from chalicelib.services import timers
    from chalicelib.settings import settings

    _, id_ = desk.answered()
    until = _now().replace(microsecond=0) + 5 * MINUTES + beyond
    timer = desk.snooze(id_, until)
    arm(timer, _now())
    found = clockwork.schedule(timer.name)
    assert until <= _at(found) < until + timedelta(seconds=1)
    assert found.get("ScheduleExpressionTimezone", "UTC") == "UTC"
    assert found["ActionAfterCompletion"] == "DELETE"
    assert found["FlexibleTimeWindow"] == {"Mode": "OFF"}
    target = found["Target"]
    assert target["Arn"] == settings().timers_queue_arn
    assert target["DeadLetterConfig"] == {"Arn": settings().timers_dead_letters_arn}
    assert _told.decode(target["Input"]) == timers.Fire(timer)
    fire(timer, _at(found))
    assert desk.state(id_) == ("active", 3)


def test_a_schedule_is_asked_for_no_earlier_than_it_can_be_made(desk: Desk, clockwork: Clockwork) -> None:
    _, id_ = desk.answered()
    until = _now() + 5 * MINUTES
    timer = desk.snooze(id_, until)
    now = until - MOMENT
    arm(timer, now)
    assert timedelta(seconds=5) <= _at(clockwork.schedule(timer.name)) - now < timedelta(seconds=6)
    assert desk.state(id_)[0] == "snoozed"


def test_making_a_schedule_twice_is_no_error_and_leaves_one(desk: Desk, clockwork: Clockwork, aws: Aws) -> None:
    _, id_ = desk.answered()
    timer = desk.snooze(id_, _now() + 5 * MINUTES)
    aws.plays("CreateSchedule", lambda *_: None)
    arm(timer, _now())
    first = clockwork.schedule(timer.name)
    arm(timer, _now())
    assert clockwork.schedule(timer.name)["ScheduleExpression"] == first["ScheduleExpression"]
    assert len(aws.requests("CreateSchedule")) == 2


def _relayed(clockwork: Clockwork, place: tuple[str, str], before: Item) -> list[Any]:
    """What the stream's function makes of this item as it was and as it is."""
    from chalicelib.services import relay

    after = clockwork.item("notifications", place)
    images = [{name: {"S": value} for name, value in each.items()} for each in (before, after)]
    keys = {"pk": {"S": place[0]}, "sk": {"S": place[1]}}
    clockwork.told()
    relay.relay([relay.Change("notifications", keys, *images)])
    return clockwork.told()


def test_the_schedule_follows_what_is_done_with_the_notification(desk: Desk, clockwork: Clockwork) -> None:
    from chalicelib.services import notifications, timers

    number, id_ = desk.answered()
    place, until = desk.place(id_), _now() + 5 * MINUTES

    def after(do: Callable[[], object]) -> set[str]:
        before, were = clockwork.item("notifications", place), clockwork.schedules()
        do()
        for told in _relayed(clockwork, place, before):
            timers.handle(told, _now())
        return clockwork.schedules() ^ were

    first = after(lambda: desk.snooze(id_, until))
    assert first == {desk.snooze_name(id_, 1)}
    assert after(lambda: desk.snooze(id_, until + MINUTES)) == {*first, desk.snooze_name(id_, 2)}, "one for another"
    assert after(lambda: notifications.delete(desk.user(), id_, _now())) == {desk.snooze_name(id_, 2)}
    assert after(lambda: notifications.delete(desk.user(), id_, _now())) == set()
    assert after(lambda: notifications.restore(desk.user(), id_, _now())) == set()
    assert after(lambda: desk.snooze(id_, until)) == {desk.snooze_name(id_, 3)}
    assert after(lambda: desk.read(number, "m2")) == {desk.snooze_name(id_, 3)}


def test_taking_back_a_schedule_that_ran_or_never_was_is_no_error(desk: Desk, clockwork: Clockwork) -> None:
    _, id_ = desk.answered()
    were = clockwork.schedules()
    timer = desk.snooze(id_, _now() + 5 * MINUTES)
    arm(replace(timer, name=""), _now(), was=timer.name)
    assert clockwork.schedules() == were


def test_what_is_told_of_a_timer_too_late_makes_no_schedule(desk: Desk, clockwork: Clockwork) -> None:
    _, id_ = desk.answered()
    were, first = clockwork.schedules(), desk.snooze(id_, _now() + 5 * MINUTES)
    second = desk.snooze(id_, _now() + 9 * MINUTES)
    arm(first, _now())
    assert clockwork.schedules() == were
    arm(second, _now(), was=first.name)
    assert clockwork.schedules() == {*were, second.name}


def test_a_timer_that_is_due_already_fires_without_a_schedule(desk: Desk, clockwork: Clockwork) -> None:
    _, id_ = desk.answered()
    until = _now() + 5 * MINUTES
    were, timer = clockwork.schedules(), desk.snooze(id_, until)
    arm(timer, until)
    assert desk.state(id_) == ("active", 3)
    assert clockwork.schedules() == were


def test_where_no_schedule_can_be_made_the_state_stands_and_the_sweep_brings_it_back(
    desk: Desk, clockwork: Clockwork, aws: Aws
) -> None:
    from chalicelib.services import timers

    _, id_ = desk.answered()
    until = _now() + 5 * MINUTES
    were, timer = clockwork.schedules(), desk.snooze(id_, until)
    aws.says("CreateSchedule", 500, error("InternalServerException"))
    with pytest.raises(TryAgain):
        arm(timer, _now())
    assert clockwork.schedules() == were
    assert desk.state(id_) == ("snoozed", 2)
    clockwork.told()
    timers.sweep(until)
    for each in clockwork.told():
        timers.handle(each, until)
    assert desk.state(id_) == ("active", 3)


def test_a_schedule_that_cannot_be_taken_back_changes_nothing(desk: Desk, clockwork: Clockwork, aws: Aws) -> None:
    from chalicelib.services import notifications

    _, id_ = desk.answered()
    until = _now() + 5 * MINUTES
    timer = desk.snooze(id_, until)
    arm(timer, _now())
    notifications.delete(desk.user(), id_, _now())
    aws.says("DeleteSchedule", 500, error("InternalServerException"))
    with pytest.raises(TryAgain):
        arm(replace(timer, name=""), _now(), was=timer.name)
    assert timer.name in clockwork.schedules()
    fire(timer, until)
    assert desk.state(id_) == ("deleted", 3)


def test_a_putting_off_that_was_not_written_has_no_timer_and_a_trigger_of_it_no_effect(
    desk: Desk, clockwork: Clockwork, aws: Aws
) -> None:
    """Not even one that was made for it: the name counts only if the item has it."""
    _, id_ = desk.answered()
    body, path = {"minutes": 5}, f"/v1/notifications/{id_}/snooze"
    before, were = clockwork.item("notifications", desk.place(id_)), clockwork.schedules()
    aws.says("TransactWriteItems", 503, error("ServiceUnavailable"))
    desk.hotel.api.call("POST", path, token=desk.hotel.anna, body=body).problem(503, "try_again")
    assert clockwork.item("notifications", desk.place(id_)) == before
    from chalicelib.adapters.timers import Timer

    never = Timer("notifications", *desk.place(id_), desk.snooze_name(id_, 1))
    arm(never, _now())
    fire(never, _now() + 5 * MINUTES)
    assert clockwork.item("notifications", desk.place(id_)) == before
    assert clockwork.schedules() == were
    aws.plays("TransactWriteItems", lambda *_: None)
    desk.hotel.api.post(path, desk.hotel.anna, body, status=200)
    arm(never, _now())
    assert clockwork.schedules() == {*were, never.name}, "and this is the name that it would have had"


# Answers for the next shift


def test_an_answer_that_nobody_opened_for_ten_minutes_is_the_whole_hotel_s(desk: Desk) -> None:
    number, id_ = desk.answered()
    answered = desk.ticket(number)
    timer, due = desk.timer(number), answered.updated_at + 10 * MINUTES
    fire(timer, due - MOMENT)
    assert desk.shown(desk.hotel.beka) == []
    fire(timer, due)
    assert desk.shown(desk.hotel.beka) == [id_]
    assert desk.shown(desk.hotel.anna) == [id_], "hers is her own, once"
    shared = desk.ticket(number)
    assert (shared.to_share, shared.shared) == ((), (id_,))
    assert (shared.version, shared.updated_at) == (answered.version, answered.updated_at), "nothing to tell anybody"
    fire(timer, due)
    assert desk.ticket(number) == shared
    desk.read(number, "m2", desk.hotel.beka)
    assert desk.shown(desk.hotel.beka) == []


def test_an_answer_that_somebody_opened_is_not_shared(desk: Desk) -> None:
    number, _ = desk.answered()
    timer, due = desk.timer(number), desk.ticket(number).updated_at + 10 * MINUTES
    desk.read(number, "m2", desk.hotel.beka)
    opened = desk.ticket(number)
    fire(timer, due)
    assert desk.ticket(number) == opened
    assert (opened.to_share, opened.shared) == ((), ())


def test_of_several_answers_each_is_shared_at_its_own_time(desk: Desk) -> None:
    number, first = desk.answered()
    desk.hotel.answer(number, "და კიდევ.")
    second = next(id_ for id_ in desk.shown(desk.hotel.anna) if id_ != first)
    due = desk.ticket(number).updated_at + 10 * MINUTES
    fire(desk.timer(number), due - MOMENT)
    assert desk.shown(desk.hotel.beka) == [first]
    fire(desk.timer(number), due)
    assert desk.shown(desk.hotel.beka) == [second, first]


@pytest.mark.parametrize("importance", ["normal", "critical"])
def test_where_the_account_shares_nothing_an_answer_s_time_passes(desk: Desk, importance: str) -> None:
    supervisor = desk.hotel.api.running.agent_token("boss", supervisor=True)
    body = {"account": desk.account, "shares_answers": False}
    desk.hotel.api.call("PUT", "/v1/agent/settings", token=supervisor, body=body).ok()
    number, _ = desk.answered(importance=importance)
    fire(desk.timer(number), desk.ticket(number).updated_at + 10 * MINUTES)
    passed = desk.ticket(number)
    assert (passed.to_share, passed.shared) == ((), ())
    assert desk.shown(desk.hotel.beka) == []


def test_who_opens_it_at_the_very_moment_keeps_it_from_the_others(desk: Desk, aws: Aws) -> None:
    number, _ = desk.answered()
    timer, due = desk.timer(number), desk.ticket(number).updated_at + 10 * MINUTES
    meanwhile(aws, lambda: desk.read(number, "m2"))
    fire(timer, due)
    assert desk.ticket(number).shared == ()
    assert desk.shown(desk.hotel.beka) == []


# Tickets that wait for the hotel


def _texts(desk: Desk, number: str) -> list[tuple[str, str]]:
    return [(each["author"]["kind"], each["text"]) for each in desk.hotel.view(number)["messages"]]


def _words(id_: str, locale: str) -> str:
    from chalicelib import catalog

    text: str = catalog.texts()[id_].text.in_(locale)
    return text


@pytest.mark.parametrize(("languages", "locale"), [(None, "ka"), (["ru", "ka"], "ru"), (["pl"], "pl")])
def test_after_three_days_the_hotel_is_reminded_once_in_its_language(
    desk: Desk, languages: list[str] | None, locale: str
) -> None:
    number, since = desk.pending(languages=languages) if languages else desk.pending()
    timer, due = desk.timer(number), since + 3 * DAYS
    fire(timer, due - MOMENT)
    assert len(_texts(desk, number)) == 2
    for now in (due, due, due + DAYS):
        fire(timer, now)
        fire(desk.timer(number), now)
    assert _texts(desk, number)[2:] == [("system", _words("pending_reminder", locale))]
    seen = desk.hotel.view(number)
    assert (seen["status"], seen["unread"], seen["updated_at"]) == ("pending", True, _written(due))


def _written(moment: datetime) -> str:
    from chalicelib.domain.moment import rfc3339

    return rfc3339(moment)


def test_a_ticket_that_support_opened_and_nobody_answered_is_reminded_of_in_english(desk: Desk) -> None:
    request = {**desk.hotel.request, "account": desk.account, "requester": "anna"}
    number = desk.hotel.api.post("/v1/agent/tickets", desk.hotel.agent, request)["number"]
    desk.hotel.answer(number, status="pending")
    desk.read(number, "m2")
    since = desk.ticket(number).pending_since
    fire(desk.timer(number), since + 3 * DAYS)
    assert _texts(desk, number)[-1] == ("system", _words("pending_reminder", "en"))


def test_a_reminder_notifies_like_an_answer(desk: Desk) -> None:
    number, since = desk.pending()
    assert desk.shown(desk.hotel.anna) == []
    due = since + 3 * DAYS
    fire(desk.timer(number), due)
    (told,) = desk.hotel.api.get("/v1/notifications", desk.hotel.anna)["items"]
    assert (told["ticket"], told["author"]["kind"], told["state"]) == (number, "system", "active")
    assert (told["text"], told["created_at"]) == (_words("pending_reminder", "ka"), _written(due))
    fire(desk.timer(number), due + 10 * MINUTES)
    assert desk.shown(desk.hotel.beka) == desk.shown(desk.hotel.anna) == [told["id"]]


def test_a_clock_finer_than_a_millisecond_shows_nobody_a_message_twice(desk: Desk) -> None:
    """The function's own clock counts microseconds; an answer's id does not."""
    from chalicelib.adapters import tickets
    from chalicelib.adapters.tables import Writes
    from chalicelib.handlers.timers import remind
    from chalicelib.services.timers import Fire

    number, since = desk.pending(importance="critical")
    before, writes = desk.ticket(number), Writes()
    earlier = replace(before, pending_since=since - 4 * DAYS, timer_at=since - DAYS)
    tickets.put_changed(writes, before, earlier)  # under the same name, so nothing deployed is told of it
    writes.commit()
    body = msgspec.json.encode(Fire(desk.timer(number))).decode()
    assert remind({"Records": [{"messageId": "one", "body": body}]}, "here") == {"batchItemFailures": []}
    assert len(desk.shown(desk.hotel.anna)) == 1
    assert desk.shown(desk.hotel.beka) == desk.shown(desk.hotel.anna)


def test_after_ten_days_the_ticket_is_closed_with_a_message_and_an_audit_entry(desk: Desk) -> None:
    number, since = desk.pending()
    fire(desk.timer(number), since + 3 * DAYS)
    fire(desk.timer(number), since + 4 * DAYS)  # nobody opened the reminder, so it is the whole hotel's
    timer, due = desk.timer(number), since + 10 * DAYS
    fire(timer, due - MOMENT)
    assert desk.hotel.view(number)["status"] == "pending"
    for now in (due, due, due + DAYS):
        fire(timer, now)
    seen = desk.hotel.view(number)
    assert (seen["status"], seen["closed_at"], seen["unread"]) == ("closed", _written(due), True)
    kinds = [("system", _words(id_, "ka")) for id_ in ("pending_reminder", "pending_closed")]
    assert _texts(desk, number)[2:] == kinds
    entry = desk.hotel.agent_view(number)["audit"][-1]
    assert (entry["agent"], entry["at"], entry["changes"]) == (
        "Deskbell",
        _written(due),
        {"status": {"from": "pending", "to": "closed"}},
    )
    told = desk.hotel.api.get("/v1/notifications", desk.hotel.anna)["items"]
    assert [each["text"] for each in told] == [words for _, words in kinds[::-1]]


def test_a_ticket_that_was_closed_by_itself_reopens_with_a_reply(desk: Desk) -> None:
    number, since = desk.pending()
    for days in (3, 10):
        fire(desk.timer(number), since + days * DAYS)
    desk.hotel.reply(number)
    assert desk.hotel.view(number)["status"] == "open"


def test_a_service_that_was_down_for_long_reminds_before_it_closes(desk: Desk) -> None:
    number, since = desk.pending()
    now = since + 40 * DAYS
    fire(desk.timer(number), now)
    assert (desk.hotel.view(number)["status"], len(_texts(desk, number))) == ("pending", 3)
    fire(desk.timer(number), now)
    assert (desk.hotel.view(number)["status"], len(_texts(desk, number))) == ("closed", 4)


@pytest.mark.parametrize("days", [3, 10])
def test_what_was_to_happen_without_an_answer_does_not_happen_after_one(desk: Desk, days: int) -> None:
    number, since = desk.pending()
    if days == 10:
        fire(desk.timer(number), since + 3 * DAYS)
    timer = desk.timer(number)
    desk.hotel.reply(number)
    replied = desk.ticket(number)
    assert (replied.pending_since, replied.was_reminded) == (None, False)
    fire(timer, since + days * DAYS)
    assert desk.ticket(number) == replied
    desk.clockwork.timer("tickets", desk.head(number))
    now = since + days * DAYS
    fire(desk.timer(number), now)
    assert desk.ticket(number).messages == replied.messages
    assert desk.ticket(number).status == "open"


def test_a_new_question_begins_anew(desk: Desk) -> None:
    number, since = desk.pending()
    fire(desk.timer(number), since + 3 * DAYS)
    stale = desk.timer(number)
    desk.hotel.answer(number, "და რომელ დღეს?")
    asked_at = desk.ticket(number).pending_since
    assert asked_at > since
    assert desk.ticket(number).was_reminded is False
    desk.read(number, "m4")
    fire(stale, since + 10 * DAYS)
    assert desk.hotel.view(number)["status"] == "pending"
    fire(desk.timer(number), asked_at + 3 * DAYS)
    assert [kind for kind, _ in _texts(desk, number)] == ["requester", "agent", "system", "agent", "system"]
    desk.read(number, "m5")
    fire(desk.timer(number), asked_at + 10 * DAYS - MOMENT)
    assert desk.hotel.view(number)["status"] == "pending"
    fire(desk.timer(number), asked_at + 10 * DAYS)
    assert desk.hotel.view(number)["status"] == "closed"


def test_several_triggers_at_the_same_moment_remind_once(desk: Desk) -> None:
    number, since = desk.pending()
    timer, together = desk.timer(number), Barrier(4)

    def one(_: int) -> None:
        together.wait()
        fire(timer, since + 3 * DAYS)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(4)))
    assert len(_texts(desk, number)) == 3
    assert len(desk.shown(desk.hotel.anna)) == 1


def test_who_replies_at_the_very_moment_is_not_reminded(desk: Desk, aws: Aws) -> None:
    number, since = desk.pending()
    timer = desk.timer(number)
    meanwhile(aws, lambda: desk.hotel.reply(number))
    fire(timer, since + 3 * DAYS)
    assert [kind for kind, _ in _texts(desk, number)] == ["requester", "agent", "requester"]
    assert desk.hotel.view(number)["status"] == "open"


def test_who_leaves_a_note_at_the_very_moment_keeps_it_and_the_hotel_is_reminded(desk: Desk, aws: Aws) -> None:
    number, since = desk.pending()
    timer = desk.timer(number)
    meanwhile(aws, lambda: desk.hotel.answer(number, "დაველოდოთ.", note=True))
    fire(timer, since + 3 * DAYS)
    seen = desk.hotel.agent_view(number)["messages"]
    assert [(each["author"]["kind"], each["note"]) for each in seen[2:]] == [("agent", True), ("system", False)]


# About to be late


def _warnings(desk: Desk, number: str, timer: Any, now: datetime) -> bool:
    """Whether the trigger has the team warned."""
    before = desk.ticket(number)
    fire(timer, now)
    after = desk.ticket(number)
    is_warned: bool = after.warned_for != before.warned_for
    assert is_warned == (after.revision == before.revision + 1)
    assert (after.version, after.updated_at) == (before.version, before.updated_at), "no agent's change is in its way"
    return is_warned


def test_a_team_is_warned_once_a_due_time(desk: Desk) -> None:
    number = desk.hotel.open(languages=["ru"])["number"]
    due_at = desk.ticket(number).due_at
    timer, moment = desk.timer(number), due_at - 10 * MINUTES
    assert not _warnings(desk, number, timer, moment - MOMENT)
    assert _warnings(desk, number, timer, moment)
    assert desk.ticket(number).warned_for == due_at
    assert not _warnings(desk, number, timer, moment)
    assert not _warnings(desk, number, timer, due_at + DAYS)
    assert "timer" not in desk.clockwork.item("tickets", desk.head(number))


def test_another_due_time_is_warned_of_again_and_the_same_one_is_not(desk: Desk) -> None:
    number = desk.hotel.open(languages=["ru"])["number"]
    first = desk.ticket(number).due_at
    assert _warnings(desk, number, desk.timer(number), first)
    desk.hotel.reply(number, "და?")
    assert desk.ticket(number).due_at == first, "what waits is still the first message"
    assert "timer" not in desk.clockwork.item("tickets", desk.head(number))
    headers = {"If-Match": str(desk.ticket(number).version)}
    path, body = f"/v1/agent/tickets/{number}", {"importance": "high"}
    desk.hotel.api.call("PATCH", path, token=desk.hotel.agent, body=body, headers=headers).ok()
    second = desk.ticket(number).due_at
    assert second < first
    assert _warnings(desk, number, desk.timer(number), second - 10 * MINUTES)


def test_a_ticket_that_was_answered_in_time_is_not_warned_of(desk: Desk) -> None:
    number = desk.hotel.open(languages=["ru"])["number"]
    timer, due_at = desk.timer(number), desk.ticket(number).due_at
    desk.hotel.answer(number)
    assert not _warnings(desk, number, timer, due_at)
    assert desk.ticket(number).warned_for is None


# A ticket's timer


def _assert_timer(desk: Desk, number: str) -> str | None:
    """What the item says of its timer is what follows from the ticket; gives the timer's name."""
    from chalicelib.domain import timing
    from chalicelib.services.changing import times

    ticket, item = desk.ticket(number), desk.clockwork.item("tickets", desk.head(number))
    at = timing.next_at(ticket, times())
    assert [ticket.timer_at] == [at]
    if at is None:
        assert not {"timer", "timer_at", "timer_name"} & set(item)
        return None
    assert (item["timer"], item["timer_at"]) == ("on", _written(at))
    return item["timer_name"]


def _doings(desk: Desk, number: str) -> Sequence[Callable[[], object]]:
    """Every kind of change of a ticket, one after the other."""
    hotel, path = desk.hotel, f"/v1/agent/tickets/{number}"

    def change(**body: Any) -> None:
        headers = {"If-Match": str(desk.ticket(number).version)}
        hotel.api.call("PATCH", path, token=hotel.agent, body=body, headers=headers).ok()

    def fire_next() -> None:
        fire(desk.timer(number), desk.ticket(number).timer_at)

    return (
        lambda: hotel.reply(number),
        lambda: hotel.answer(number, "შენიშვნა", note=True),
        lambda: change(importance="high"),
        lambda: change(topic="billing"),
        lambda: change(status="pending"),
        lambda: change(status="open"),
        lambda: change(subject="სხვა"),
        fire_next,
        lambda: hotel.answer(number),
        lambda: hotel.answer(number, "კიდევ"),
        lambda: desk.read(number, "m3"),
        fire_next,
        lambda: desk.read(number, "m4", hotel.beka),
        lambda: hotel.answer(number, "რომელი?", status="pending"),
        fire_next,
        fire_next,
        fire_next,
        fire_next,
        lambda: hotel.reply(number),
        lambda: hotel.answer(number, "შენიშვნა", note=True, status="pending"),
        lambda: change(importance="critical"),
        lambda: hotel.answer(number, status="closed"),
        lambda: hotel.reply(number),
        lambda: hotel.api.post(f"/v1/tickets/{number}/close", hotel.anna, status=200),
        lambda: desk.read(number, f"m{desk.ticket(number).messages}"),
    )


def test_after_every_kind_of_change_a_ticket_s_timer_stands_for_what_happens_next(desk: Desk) -> None:
    number = desk.hotel.open(languages=["ru"])["number"]
    names = [_assert_timer(desk, number)]
    for do in _doings(desk, number):
        before = desk.ticket(number).timer_at
        do()
        name = _assert_timer(desk, number)
        assert (name == names[-1]) == (desk.ticket(number).timer_at == before)
        if name != names[-1]:
            names.append(name)
    used = [name for name in names if name]
    assert len(used) == len(set(used)) > 8, "a name is never used again"
    assert names[-1] is None, "in the end nothing is to happen any more"


@pytest.mark.parametrize("requester", ["anna", None])
def test_a_ticket_that_support_opens_has_its_timer_too(desk: Desk, requester: str | None) -> None:
    request = {**desk.hotel.request, "account": desk.account}
    body = {**request, "requester": requester} if requester else request
    number = desk.hotel.api.post("/v1/agent/tickets", desk.hotel.agent, body)["number"]
    ticket = desk.ticket(number)
    assert _assert_timer(desk, number)
    assert ticket.timer_at == ticket.created_at + (10 * MINUTES if requester else 3 * DAYS)
    assert len(desk.shown(desk.hotel.beka)) == (0 if requester else 1), "what is for the whole hotel is so at once"
    fire(desk.timer(number), ticket.created_at + 10 * MINUTES)
    assert len(desk.shown(desk.hotel.beka)) == 1


# Agents' reminders


def _remind(desk: Desk, number: str, at: datetime, **others: Any) -> Any:
    path, body = f"/v1/agent/tickets/{number}/reminders", {"at": _written(at), "text": "დავრეკო"}
    return desk.hotel.api.post(path, desk.hotel.agent, body, **others)


def _reminders(desk: Desk, number: str) -> list[Any]:
    found = desk.hotel.api.get("/v1/agent/reminders", desk.hotel.agent)["items"]
    return [each for each in found if each["ticket"] == number]


def _agents_timer(desk: Desk, reminder: Any) -> Any:
    """The timer of an agent's reminder."""
    (found,) = (each for each in _due(_now() + 300 * DAYS) if each.sk.endswith(f"#{reminder['id']}"))
    assert desk.clockwork.item("notifications", (found.pk, found.sk))["timer_at"] == reminder["at"]
    return found


def test_an_agent_is_reminded_once_at_the_time(desk: Desk) -> None:
    number, at = desk.hotel.open()["number"], _now() + 60 * MINUTES
    created = _remind(desk, number, at)
    assert created["at"] == _written(at)
    assert (created["ticket"], created["text"], created["state"]) == (number, "დავრეკო", "waiting")
    assert _reminders(desk, number) == [created]
    timer = _agents_timer(desk, created)
    fire(timer, at - MOMENT)
    assert _reminders(desk, number) == [created]
    fire(timer, at)
    assert _reminders(desk, number) == [{**created, "state": "done"}]
    done = desk.clockwork.item("notifications", (timer.pk, timer.sk))
    assert not {"timer", "timer_at", "timer_name"} & set(done)
    for now in (at, at + DAYS):
        fire(timer, now)
    assert desk.clockwork.item("notifications", (timer.pk, timer.sk)) == done


def test_an_agent_s_reminder_that_two_triggers_bring_is_done_by_one(desk: Desk) -> None:
    from chalicelib.adapters import reminders

    number, at = desk.hotel.open()["number"], _now() + 60 * MINUTES
    timer = _agents_timer(desk, _remind(desk, number, at))
    reminders.finish(timer.pk, timer.sk)
    done = desk.clockwork.item("notifications", (timer.pk, timer.sk))
    reminders.finish(timer.pk, timer.sk)
    assert desk.clockwork.item("notifications", (timer.pk, timer.sk)) == done
    assert [each["state"] for each in _reminders(desk, number)] == ["done"]


def test_the_same_call_again_sets_no_second_reminder(desk: Desk) -> None:
    number, at = desk.hotel.open()["number"], _now() + 60 * MINUTES
    first = _remind(desk, number, at, key="one")
    assert _remind(desk, number, at, key="one") == first
    assert _reminders(desk, number) == [first]
    assert _remind(desk, number, at, key="two") != first
    assert len(_reminders(desk, number)) == 2


def test_reminders_are_listed_the_latest_first_and_to_their_agent_alone(desk: Desk) -> None:
    number, at = desk.hotel.open()["number"], _now() + 60 * MINUTES
    made = [_remind(desk, number, at + minutes * MINUTES)["id"] for minutes in (0, 2, 1)]
    assert [each["id"] for each in _reminders(desk, number)] == [made[1], made[2], made[0]]
    colleague = desk.hotel.api.running.agent_token(f"agent-{desk.hotel.account}")
    assert desk.hotel.api.get("/v1/agent/reminders", colleague)["items"] == []


@pytest.mark.parametrize("ahead", [-MINUTES, timedelta(0), 366 * DAYS])
def test_a_reminder_of_the_past_or_of_too_far_a_future_is_refused(desk: Desk, ahead: timedelta) -> None:
    number = desk.hotel.open()["number"]
    path, body = f"/v1/agent/tickets/{number}/reminders", {"at": _written(_now() + ahead)}
    refused = desk.hotel.api.call("POST", path, token=desk.hotel.agent, body=body)
    assert "at" in refused.problem(400, "invalid_request")["fields"]
    _remind(desk, number, _now() + 364 * DAYS)
    assert len(_reminders(desk, number)) == 1
