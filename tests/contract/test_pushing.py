"""What changes reaches the open pages of those whom it concerns, through the streams and the queue, and nobody else.

The tables, their streams and the queues are real and the functions run in this process; only the sockets are not there.
"""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from local.agents import agent_token
from tests.conftest import Running, wait_until
from tests.contract.conftest import Api, Hotel
from tests.contract.test_logs import Printed, printed
from tests.contract.test_sockets import _caller, _opened
from tests.pages import AGENT, Door, Frame, opened_door

__all__ = ["printed"]
CONTEXT = SimpleNamespace(aws_request_id="lambda")


class Streams:
    """What happens in the tables from now on, as their streams give it to the function that relays it."""

    def __init__(self, running: Running) -> None:
        deployment = running.stack.deployment
        self._client, dynamodb = deployment.client("dynamodbstreams"), deployment.client("dynamodb")
        self._at: dict[tuple[str, str], str] = {}
        for name in ("TicketsTableName", "NotificationsTableName"):
            table = dynamodb.describe_table(TableName=deployment.outputs()[name])["Table"]
            arn = table["LatestStreamArn"]
            for shard in self._client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
                place = {"StreamArn": arn, "ShardId": shard["ShardId"]}
                at = self._client.get_shard_iterator(**place, ShardIteratorType="LATEST")["ShardIterator"]
                self._at[arn, shard["ShardId"]] = at

    def records(self) -> list[dict[str, Any]]:
        """The changes since the last time, by the filters of `infra/resources.yaml`."""
        return [record for arn, shard in self._at for record in self._of(arn, shard)]

    def _of(self, arn: str, shard: str) -> Iterator[dict[str, Any]]:
        while True:
            answer = self._client.get_records(ShardIterator=self._at[arn, shard])
            self._at[arn, shard] = answer["NextShardIterator"]
            if not answer["Records"]:
                return
            for record in answer["Records"]:
                is_head = record["dynamodb"]["Keys"]["sk"]["S"] == "ticket"
                if record["eventName"] != "REMOVE" and (is_head or "tickets" not in arn.lower()):
                    yield {**record, "eventSourceARN": arn}


@dataclass(frozen=True)
class Live:
    """The way from a change to the sockets, step by step."""

    door: Door
    hotel: Hotel
    streams: Streams
    queue: str
    agents: set[str] = field(default_factory=set)
    """The ids of the agents whose own items count."""

    def messages(self) -> list[str]:
        """What this hotel's changes since the last time put into the queue."""
        import app

        records = [record for record in self.streams.records() if self._is_ours(record)]
        app.relay({"Records": records}, CONTEXT)
        return list(self._received())

    def _is_ours(self, record: dict[str, Any]) -> bool:
        partition = record["dynamodb"]["Keys"]["pk"]["S"]
        return any(each in partition for each in (self.hotel.account, *self.agents))

    def _received(self) -> Iterator[str]:
        sqs = self.hotel.api.running.stack.deployment.client("sqs")
        while found := sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            for each in found:
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=each["ReceiptHandle"])
                yield each["Body"]

    @staticmethod
    def push(*bodies: str) -> list[str]:
        """Hands these messages to the function, ten at a time; gives those that failed."""
        import app

        failed = []
        for start in range(0, len(bodies), 10):
            records = [_record(n, body) for n, body in enumerate(bodies[start : start + 10], start)]
            answer = app.push({"Records": records}, CONTEXT)
            failed += [bodies[int(each["itemIdentifier"])] for each in answer["batchItemFailures"]]
        return failed

    def settle(self) -> None:
        """All that has changed is pushed."""
        assert self.push(*self.messages()) == []

    def forget(self) -> None:
        """What has changed until now, and what was sent, is no part of the test."""
        self.messages()
        self.door.wires.sent.clear()

    def frames(self, socket: str) -> list[Frame]:
        """What the socket got, in an order of its own: the two streams have none between them."""
        return sorted(self.door.wires.frames(socket), key=lambda frame: (frame["event"], str(frame)))

    def events(self, *ids: str) -> list[list[str]]:
        """The names of the frames that each of the sockets got."""
        return [[frame["event"] for frame in self.frames(id_)] for id_ in ids]

    def fire(self, pk: str, sk: str, at: datetime) -> None:
        """The timer of that item fires at that time."""
        from chalicelib.adapters.tables import NotificationsItem, TicketsItem
        from chalicelib.adapters.timers import Table, Timer
        from chalicelib.services.timers import fire

        table: Table = "tickets" if sk == "ticket" else "notifications"
        model: Any = TicketsItem if table == "tickets" else NotificationsItem
        fire(Timer(table, pk, sk, model.get(pk, sk, consistent_read=True).timer_name), at)

    def fire_ticket(self, number: str, after: timedelta) -> None:
        self.fire(f"demo/{self.hotel.account}#{number}", "ticket", datetime.now(UTC) + after)

    def active(self, token: str) -> list[dict[str, Any]]:
        return list(self.hotel.api.get("/v1/notifications", token)["items"])


def _record(number: int, body: str) -> dict[str, Any]:
    source = {"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:pushes"}
    return {"messageId": str(number), "receiptHandle": "", "body": body, "attributes": {}, **source}


@pytest.fixture
def live(api: Api, hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    from chalicelib.adapters import queues
    from chalicelib.settings import settings

    sqs = api.running.stack.deployment.client("sqs")
    own = [sqs.create_queue(QueueName=f"{name}-{uuid.uuid4().hex}")["QueueUrl"] for name in ("pushes", "timers")]
    for name, queue in zip(("PUSHES_QUEUE", "TIMERS_QUEUE"), own, strict=True):
        monkeypatch.setenv(name, queue)
    settings.cache_clear()
    monkeypatch.setattr(queues, "_sqs", lambda: sqs)  # as real, and patient: what is sent again is there twice
    with opened_door(api) as door:
        yield Live(door, hotel, Streams(api.running), own[0])
    settings.cache_clear()
    for queue in own:
        sqs.delete_queue(QueueUrl=queue)


def _other_hotel(hotel: Hotel) -> str:
    """A user called like Anna, of another hotel."""
    return hotel.api.running.hotel_token(f"{hotel.account}-2")


def _updated(number: str) -> Frame:
    return {"event": "ticket.updated", "number": number}


def _popped_up(notification: Any) -> Frame:
    return {"event": "notification", "notification": notification}


def _removed(id_: str) -> Frame:
    return {"event": "notification.removed", "id": id_}


@dataclass(frozen=True)
class Answered:
    """Anna's ticket with an answer, which is her only notification, and nothing of it on its way any more."""

    number: str
    notification: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.notification["id"])


def _answered(live: Live, **request: Any) -> Answered:
    number = live.hotel.open(**request)["number"]
    live.hotel.answer(number)
    live.forget()
    (notification,) = live.active(live.hotel.anna)
    return Answered(number, notification)


def test_an_answer_reaches_every_page_of_whom_it_concerns_and_nobody_elses(live: Live) -> None:
    hotel, door = live.hotel, live.door
    number = hotel.open()["number"]
    live.forget()
    mine = [door.open(hotel.anna), door.open(hotel.anna)]
    beka, foreign, agent = door.open(hotel.beka), door.open(_other_hotel(hotel)), door.open(hotel.agent, at=AGENT)
    hotel.answer(number, "გასაგებია, „ვასწორებთ“. 🛎️")
    live.settle()
    (notification,) = live.active(hotel.anna)
    assert notification["text"] == "გასაგებია, „ვასწორებთ“. 🛎️"
    for page in mine:
        assert live.frames(page) == [_popped_up(notification), _updated(number)]
    assert live.frames(beka) == [_updated(number)]
    assert live.frames(foreign) == []
    assert live.frames(agent) == [{**_updated(number), "version": hotel.agent_view(number)["version"]}]


def test_whoever_has_written_in_the_ticket_gets_its_answers_too(live: Live) -> None:
    hotel = live.hotel
    number = hotel.open()["number"]
    hotel.reply(number, token=hotel.beka)
    live.forget()
    anna, beka = live.door.open(hotel.anna), live.door.open(hotel.beka)
    hotel.answer(number)
    live.settle()
    assert live.events(anna, beka) == [["notification", "ticket.updated"]] * 2


def test_a_text_that_no_frame_can_hold_is_cut_and_there_to_be_read_whole(live: Live) -> None:
    hotel = live.hotel
    number = hotel.open()["number"]
    live.forget()
    page, text = live.door.open(hotel.anna), 20_000 * "ა"
    hotel.answer(number, text)
    live.settle()
    received = live.frames(page)[0]["notification"]
    assert received["text_cut"] is True
    assert text.startswith(received["text"])
    assert 10_000 < len(received["text"]) < 20_000
    whole = hotel.api.get(f"/v1/notifications/{received['id']}", hotel.anna)
    assert (whole["text"], "text_cut" in whole) == (text, False)


def test_what_only_agents_see_reaches_only_agents(live: Live) -> None:
    hotel = live.hotel
    number = hotel.open()["number"]
    live.forget()
    anna, agent = live.door.open(hotel.anna), live.door.open(hotel.agent, at=AGENT)
    hotel.answer(number, "შენიშვნა", note=True)
    live.settle()
    assert live.frames(anna) == []
    assert live.frames(agent) == [{**_updated(number), "version": 2}]
    hotel.answer(number, "პასუხი")
    live.settle()
    assert live.events(anna) == [["notification", "ticket.updated"]]


def test_a_change_of_status_alone_and_the_hotels_own_message_pop_up_nowhere(live: Live) -> None:
    hotel = live.hotel
    number = hotel.open()["number"]
    live.forget()
    anna, beka, agent = live.door.open(hotel.anna), live.door.open(hotel.beka), live.door.open(hotel.agent, at=AGENT)
    path, headers = f"/v1/agent/tickets/{number}", {"If-Match": "1"}
    hotel.api.call("PATCH", path, token=hotel.agent, body={"status": "open"}, headers=headers).ok()
    live.settle()
    hotel.reply(number, token=hotel.beka)
    live.settle()
    assert live.frames(anna) == live.frames(beka) == [_updated(number)] * 2
    assert live.frames(agent) == [{**_updated(number), "version": 2}, {**_updated(number), "version": 3}]


def test_what_nobody_can_see_reaches_nobody(live: Live) -> None:
    """Opening a ticket moves neither its version nor its last update."""
    hotel, answered = live.hotel, _answered(live)
    pages = [live.door.open(hotel.beka), live.door.open(hotel.agent, at=AGENT)]
    hotel.api.post(f"/v1/tickets/{answered.number}/read", hotel.anna, {"up_to": "m2"}, status=204)
    live.settle()
    assert [live.frames(page) for page in pages] == [[], []]


@pytest.mark.parametrize("step", ["snooze", "delete", "read"])
def test_what_is_done_on_one_page_takes_it_off_the_users_others(live: Live, step: str) -> None:
    hotel, answered = live.hotel, _answered(live)
    mine, beka = [live.door.open(hotel.anna) for _ in range(2)], live.door.open(hotel.beka)
    path = f"/v1/notifications/{answered.id}"
    if step == "snooze":
        hotel.api.post(f"{path}/snooze", hotel.anna, {"minutes": 5}, status=200)
    elif step == "delete":
        hotel.api.call("DELETE", path, token=hotel.anna).ok(204)
    else:
        hotel.api.post(f"/v1/tickets/{answered.number}/read", hotel.anna, {"up_to": "m2"}, status=204)
    live.settle()
    assert [live.frames(page) for page in (*mine, beka)] == [[_removed(answered.id)], [_removed(answered.id)], []]
    live.door.wires.sent.clear()
    restored = hotel.api.post(f"{path}/restore", hotel.anna, status=200)
    live.settle()
    assert [live.frames(page) for page in (*mine, beka)] == [[_popped_up(restored)], [_popped_up(restored)], []]
    assert restored == answered.notification


def test_what_was_put_off_pops_up_again_on_every_page_when_its_time_has_come(live: Live) -> None:
    hotel, answered = live.hotel, _answered(live)
    path = f"/v1/notifications/{answered.id}/snooze"
    until = datetime.fromisoformat(hotel.api.post(path, hotel.anna, {"minutes": 5}, status=200)["snoozed_until"])
    live.forget()
    mine, beka = [live.door.open(hotel.anna) for _ in range(2)], live.door.open(hotel.beka)
    place = (f"demo/{hotel.account}@anna", f"answer#{answered.notification['created_at']}#{answered.number}#000002")
    live.fire(*place, until - timedelta(milliseconds=1))
    live.settle()
    assert live.events(*mine) == [[], []]
    live.fire(*place, until)
    live.settle()
    assert [live.frames(page) for page in mine] == [[_popped_up(answered.notification)]] * 2
    assert live.frames(beka) == []


def test_putting_off_again_tells_the_pages_once_more(live: Live) -> None:
    hotel, answered = live.hotel, _answered(live)
    path = f"/v1/notifications/{answered.id}/snooze"
    page = live.door.open(hotel.anna)
    for minutes in (5, 10):
        hotel.api.post(path, hotel.anna, {"minutes": minutes}, status=200)
        live.settle()
    assert live.frames(page) == [_removed(answered.id)] * 2


def test_a_gone_socket_is_forgotten_and_holds_up_no_other(live: Live) -> None:
    hotel = live.hotel
    gone = _opened(live.door, _caller(hotel.anna), datetime.now(UTC) - timedelta(seconds=31))
    here = live.door.open(hotel.anna)
    live.door.wires.gone.add(gone)
    hotel.open()
    live.settle()
    assert live.events(gone, here) == [[], ["ticket.updated"]]
    assert live.door.knows(here)


def test_a_socket_that_is_pushed_to_before_it_is_open_is_kept(live: Live) -> None:
    """API Gateway calls it gone until its connect function has ended."""
    hotel = live.hotel
    page = live.door.open(hotel.anna)
    live.door.wires.gone.add(page)
    hotel.open()
    live.settle()
    assert live.door.knows(page)
    live.door.wires.gone.clear()
    hotel.open()
    live.settle()
    assert live.events(page) == [["ticket.updated"]]


def test_a_socket_whose_token_has_ended_is_closed_and_not_pushed_to(live: Live) -> None:
    from msgspec.structs import replace

    hotel, now = live.hotel, datetime.now(UTC)
    anna = _caller(hotel.anna)
    old = now - timedelta(minutes=10)
    ended = _opened(live.door, replace(anna, expires_at=now - timedelta(seconds=1)), old)
    lasting = _opened(live.door, replace(anna, expires_at=now + timedelta(minutes=10)), old)
    hotel.open()
    live.settle()
    assert live.events(ended, lasting) == [[], ["ticket.updated"]]
    assert live.door.wires.closed == [ended]
    assert live.door.knows(lasting)


def test_a_gone_socket_whose_token_has_ended_is_forgotten_too(live: Live) -> None:
    from msgspec.structs import replace

    hotel, now = live.hotel, datetime.now(UTC)
    expired = replace(_caller(hotel.anna), expires_at=now - timedelta(seconds=1))
    live.door.wires.gone.add(_opened(live.door, expired, now - timedelta(minutes=10)))
    hotel.open()
    live.settle()
    assert live.door.rows() == []


def test_a_blocked_socket_holds_up_no_other_of_the_same_message(live: Live) -> None:
    hotel, wires = live.hotel, live.door.wires
    blocked, mine, beka = live.door.open(hotel.anna), live.door.open(hotel.anna), live.door.open(hotel.beka)
    released = wires.held[blocked] = Event()
    number = hotel.open()["number"]
    messages = live.messages()
    with ThreadPoolExecutor(1) as pool:
        pushing = pool.submit(live.push, *messages)
        try:
            for page in (mine, beka):
                wait_until(lambda page=page: wires.frames(page))  # type: ignore[misc]  # a default of a lambda
            assert wires.frames(blocked) == []
            assert not pushing.done()
        finally:
            released.set()
        assert pushing.result(30) == []
    assert [live.frames(page) for page in (blocked, mine, beka)] == [[_updated(number)]] * 3


def test_ten_blocked_sockets_of_one_user_hold_up_no_other_message_of_the_batch(live: Live) -> None:
    hotel, wires = live.hotel, live.door.wires
    other = _other_hotel(hotel)
    blocked, page = [live.door.open(hotel.anna) for _ in range(10)], live.door.open(other)
    released = Event()
    wires.held.update(dict.fromkeys(blocked, released))
    hotel.open()
    hotel.open(other)
    messages = live.messages()
    assert len(messages) == 2
    with ThreadPoolExecutor(1) as pool:
        pushing = pool.submit(live.push, *messages)
        try:
            wait_until(lambda: wires.frames(page))
            assert wires.sent == [(page, wires.frames(page)[0])]
        finally:
            released.set()
        assert pushing.result(30) == []
    assert live.events(*blocked, page) == [["ticket.updated"]] * 11


def test_only_the_message_whose_push_failed_comes_again_and_then_it_arrives(live: Live) -> None:
    hotel, wires = live.hotel, live.door.wires
    other = _other_hotel(hotel)
    silent, mine, page = live.door.open(hotel.anna), live.door.open(hotel.anna), live.door.open(other)
    wires.silent.add(silent)
    number = hotel.open()["number"]
    hotel.open(other)
    failed = live.push(*live.messages())
    assert [json.loads(body)["number"] for body in failed] == [number]
    assert live.events(silent, mine, page) == [[], ["ticket.updated"], ["ticket.updated"]]
    assert live.push(*failed) == failed, "as long as it fails"
    wires.silent.clear()
    assert live.push(*failed) == []
    assert live.frames(silent) == [_updated(number)]
    assert live.events(page) == [["ticket.updated"]]
    assert live.door.knows(silent, mine, page)


def test_a_socket_that_can_be_neither_reached_nor_closed_is_tried_again(live: Live) -> None:
    from msgspec.structs import replace

    hotel, now = live.hotel, datetime.now(UTC)
    expired = replace(_caller(hotel.anna), expires_at=now - timedelta(seconds=1))
    id_ = _opened(live.door, expired, now - timedelta(minutes=10))
    live.door.wires.silent.add(id_)
    hotel.open()
    failed = live.push(*live.messages())
    assert len(failed) == 1
    assert live.door.knows(id_)
    live.door.wires.silent.clear()
    assert live.push(*failed) == []
    assert (live.door.wires.closed, live.door.rows()) == ([id_], [])


def test_messages_that_come_twice_late_or_out_of_order_tell_what_holds_now(live: Live) -> None:
    hotel = live.hotel
    number = hotel.open()["number"]
    hotel.answer(number)
    live.door.wires.sent.clear()
    created = live.messages()
    (notification,) = live.active(hotel.anna)
    page, agent = live.door.open(hotel.anna), live.door.open(hotel.agent, at=AGENT)
    assert live.push(*created, *created) == []
    assert live.frames(page).count(_popped_up(notification)) == 2
    hotel.answer(number, "კიდევ ერთი", note=True)
    hotel.api.post(f"/v1/tickets/{number}/read", hotel.anna, {"up_to": "m2"}, status=204)
    read = live.messages()
    live.door.wires.sent.clear()
    assert live.push(*read, *reversed(created)) == []
    popped_up = [frame for frame in live.frames(page) if frame["event"].startswith("notification")]
    assert popped_up == [_removed(notification["id"])] * 2
    assert {frame["version"] for frame in live.frames(agent)} == {hotel.agent_view(number)["version"]}
    restored = hotel.api.post(f"/v1/notifications/{notification['id']}/restore", hotel.anna, status=200)
    live.door.wires.sent.clear()
    assert live.push(*read) == [], "of yesterday, as it were"
    assert [frame for frame in live.frames(page) if frame["event"].startswith("notification")] == [_popped_up(restored)]


def test_a_critical_answer_reaches_the_whole_hotel_at_once_and_each_page_one_time(live: Live) -> None:
    hotel = live.hotel
    number = hotel.open(importance="critical")["number"]
    live.forget()
    anna, beka, foreign = live.door.open(hotel.anna), live.door.open(hotel.beka), live.door.open(_other_hotel(hotel))
    hotel.answer(number)
    live.settle()
    for page, token in ((anna, hotel.anna), (beka, hotel.beka)):
        (notification,) = live.active(token)
        assert live.frames(page) == [_popped_up(notification), _updated(number)]
    assert live.frames(foreign) == []


def test_what_support_writes_to_the_hotel_as_such_reaches_every_user(live: Live) -> None:
    hotel = live.hotel
    pages = [live.door.open(hotel.anna), live.door.open(hotel.beka)]
    body = {**hotel.request, "account": f"demo/{hotel.account}"}
    number = hotel.api.post("/v1/agent/tickets", hotel.agent, body)["number"]
    live.settle()
    (notification,) = live.active(hotel.beka)
    assert [live.frames(page) for page in pages] == [[_popped_up(notification), _updated(number)]] * 2


def test_an_answer_that_nobody_opened_reaches_the_next_shift_and_not_again_who_has_it(live: Live) -> None:
    hotel, answered = live.hotel, _answered(live)
    anna, beka = live.door.open(hotel.anna), live.door.open(hotel.beka)
    live.fire_ticket(answered.number, timedelta(minutes=9))
    live.settle()
    assert live.events(anna, beka) == [[], []]
    live.fire_ticket(answered.number, timedelta(minutes=10))
    live.settle()
    assert live.active(hotel.beka) == [answered.notification]
    assert [live.frames(page) for page in (anna, beka)] == [[], [_popped_up(answered.notification)]]


@pytest.mark.parametrize("step", ["snooze", "delete"])
def test_who_has_put_a_shared_answer_off_is_not_shown_it_again_by_a_late_message(live: Live, step: str) -> None:
    hotel = live.hotel
    gia = hotel.api.running.hotel_token(hotel.account, "gia", name="გია")
    number = hotel.open(importance="critical")["number"]
    hotel.answer(number)
    shared = [body for body in live.messages() if json.loads(body)["type"] == "shared"]
    assert len(shared) == 1
    (notification,) = live.active(hotel.beka)
    mine, others = live.door.open(hotel.beka), live.door.open(gia)
    path = f"/v1/notifications/{notification['id']}"
    if step == "snooze":
        hotel.api.post(f"{path}/snooze", hotel.beka, {"minutes": 5}, status=200)
    else:
        hotel.api.call("DELETE", path, token=hotel.beka).ok(204)
    assert live.push(*shared) == []
    assert [live.frames(page) for page in (mine, others)] == [[], [_popped_up(notification)]]


def test_the_first_who_opens_a_shared_answer_takes_it_off_the_pages_of_who_does_not_take_part(live: Live) -> None:
    hotel, answered = live.hotel, _answered(live, importance="critical")
    gia = hotel.api.running.hotel_token(hotel.account, "gia", name="გია")
    path = f"/v1/notifications/{answered.id}/snooze"
    hotel.api.post(path, gia, {"minutes": 5}, status=200)
    live.forget()
    anna, beka, put_off = live.door.open(hotel.anna), live.door.open(hotel.beka), live.door.open(gia)
    hotel.api.post(f"/v1/tickets/{answered.number}/read", hotel.beka, {"up_to": "m2"}, status=204)
    live.settle()
    assert live.frames(anna) == [], "her own, which she has not opened"
    assert live.frames(beka) == live.frames(put_off) == [_removed(answered.id)]
    assert live.active(hotel.anna) == [answered.notification]
    assert live.active(hotel.beka) == []


def test_a_shared_answer_that_was_opened_meanwhile_is_not_shown_by_an_old_message(live: Live) -> None:
    hotel = live.hotel
    number = hotel.open(importance="critical")["number"]
    hotel.answer(number)
    shared = [body for body in live.messages() if json.loads(body)["type"] == "shared"]
    (notification,) = live.active(hotel.beka)
    page = live.door.open(hotel.beka)
    hotel.api.post(f"/v1/tickets/{number}/read", hotel.anna, {"up_to": "m2"}, status=204)
    assert live.push(*shared) == []
    assert live.frames(page) == [_removed(notification["id"])]


def test_a_ticket_that_is_about_to_be_late_warns_its_team_once(live: Live) -> None:
    hotel, stack = live.hotel, live.hotel.api.running.stack
    team = [agent_token(stack, "lali", teams=["support"]), agent_token(stack, "irma", teams=["support", "billing"])]
    others = [agent_token(stack, "vakho", teams=["billing"]), agent_token(stack, f"of-no-team-{hotel.account}")]
    ticket = hotel.open(importance="critical", languages=["en"])
    live.forget()
    warned, rest = ([live.door.open(each, at=AGENT) for each in tokens] for tokens in (team, others))
    page, due_at = live.door.open(hotel.anna), datetime.fromisoformat(hotel.view(ticket["number"])["due_at"])
    live.fire_ticket(ticket["number"], due_at - datetime.now(UTC) - timedelta(minutes=10, seconds=1))
    live.settle()
    assert live.door.wires.sent == []
    live.fire_ticket(ticket["number"], due_at - datetime.now(UTC) - timedelta(minutes=9))
    messages = live.messages()
    assert live.push(*messages) == []
    frame = {"event": "reminder", "kind": "late", "number": ticket["number"], "subject": ticket["subject"]}
    frame |= {"at": hotel.view(ticket["number"])["due_at"], "text": None, "id": None}
    assert [live.frames(each) for each in warned] == [[frame]] * 2
    assert [live.frames(each) for each in (*rest, page)] == [[]] * 3
    hotel.answer(ticket["number"])
    live.forget()
    assert live.push(*messages) == []
    assert live.door.wires.sent == [], "it was answered in time"
    hotel.reply(ticket["number"])
    live.forget()
    assert live.push(*messages) == []
    assert live.door.wires.sent == [], "what is due now is another answer"


def test_an_agents_reminder_reaches_that_agents_pages(live: Live) -> None:
    hotel = live.hotel
    me = _caller(hotel.agent).id
    live.agents.add(me)
    number = hotel.open()["number"]
    at = datetime.now(UTC) + timedelta(hours=1)
    body = {"at": at.isoformat(), "text": "დარეკვა"}
    reminder = hotel.api.post(f"/v1/agent/tickets/{number}/reminders", hotel.agent, body)
    live.forget()
    pages = [live.door.open(hotel.agent, at=AGENT) for _ in range(2)]
    others = [live.door.open(hotel.api.running.agent_token("tamar"), at=AGENT), live.door.open(hotel.anna)]
    for _ in range(2):
        live.fire(f"agents@{me}", f"reminder#{reminder['at']}#{reminder['id']}", at)
    live.settle()
    frame = {"event": "reminder", "kind": "agent", "number": number, "subject": hotel.request["subject"]}
    frame |= {"at": reminder["at"], "text": "დარეკვა", "id": reminder["id"]}
    assert [live.frames(page) for page in pages] == [[frame]] * 2
    assert [live.frames(page) for page in others] == [[]] * 2


@pytest.mark.parametrize(
    "poison",
    [
        "hello",
        "{}",
        '{"type":"fly"}',
        '{"type":"ticket","account":"demo/{account}","number":"1234567894","audiences":["agents"]}',
        '{"type":"ticket","account":"demo/{account}","number":7,"audiences":[]}',
    ],
)
def test_a_message_that_can_never_be_pushed_fails_alone(live: Live, poison: str) -> None:
    hotel = live.hotel
    pages = [live.door.open(hotel.anna), live.door.open(hotel.agent, at=AGENT)]
    hotel.open()
    bad = poison.replace("{account}", hotel.account)
    assert live.push(bad, *live.messages(), bad) == [bad, bad]
    assert live.events(*pages) == [["ticket.updated"]] * 2


def test_without_an_open_page_nothing_is_read_of_what_changed(live: Live) -> None:
    """Also not of a ticket that is not there: with a page it would fail."""
    account = f"demo/{live.hotel.account}"
    ticket = {"type": "ticket", "account": account, "number": "1234567894", "audiences": ["hotel", "agents"]}
    shared = {"type": "shared", "account": account, "number": "1234567894", "ids": ["1795730436496-1234567894-2"]}
    bodies = [json.dumps(each) for each in (ticket, shared)]
    assert live.push(*bodies) == []
    pages = live.door.open(live.hotel.anna), live.door.open(live.hotel.agent, at=AGENT)
    assert live.push(*bodies) == bodies
    assert live.events(*pages)[1:] == [[]]


def test_changes_that_the_queue_does_not_take_are_given_again(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    import app
    from chalicelib.observability import Failed
    from chalicelib.settings import settings

    live.hotel.open()
    records = [each for each in live.streams.records() if live._is_ours(each)]
    assert records
    with monkeypatch.context() as patch:
        patch.setenv("PUSHES_QUEUE", f"{live.queue}-gone")
        settings.cache_clear()
        with pytest.raises(Failed):
            app.relay({"Records": records}, CONTEXT)
    settings.cache_clear()
    app.relay({"Records": records}, CONTEXT)
    assert len(live.messages()) == 1


def test_queue_and_log_hold_ids_and_nothing_that_a_person_wrote(live: Live, printed: Printed) -> None:
    hotel = live.hotel
    number = hotel.open(subject="კანარი", text="კანარი", importance="critical")["number"]
    page = live.door.open(hotel.beka)
    hotel.answer(number, "კანარი")
    messages = live.messages()
    assert live.push(*messages, "კანარი") == ["კანარი"]
    assert "კანარი" in json.dumps(live.frames(page), ensure_ascii=False)
    (line,) = printed.lines("push")
    assert (line["messages"], line["done"], line["failed"]) == (len(messages) + 1, len(live.frames(page)), 1)
    for text in (printed.text(), "".join(messages)):
        assert "კანარი" not in text
        assert json.dumps("კანარი")[1:-1] not in text
