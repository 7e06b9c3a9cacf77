"""A floor for chats: real handlers and a real table, with sockets, a clock and a queue of the test's own."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from chalicelib.domain.people import AccountId, Agent, Caller, HotelUser
from tests.contract.conftest import Api
from tests.pages import Door, Frame, opened_door

LANGUAGES = ("ka", "ru")


@dataclass
class Line:
    """One person's open page: his socket, and which of its frames were looked at."""

    floor: "Floor"
    who: Caller
    id: str
    seen: int = 0

    def send(self, action: str, **facts: Any) -> list[Frame]:
        """Sends a frame; gives what came back on this socket. What came before is as good as looked at."""
        self.take()
        self.floor.receive(self.id, json.dumps({"action": action, **facts}))
        return self.take()

    def take(self) -> list[Frame]:
        """What came since it was last looked at."""
        found = self.floor.door.wires.frames(self.id)[self.seen :]
        self.seen += len(found)
        return found

    def last(self, event: str) -> Frame:
        """The newest frame of this event."""
        return [each for each in self.floor.door.wires.frames(self.id) if each["event"] == event][-1]

    def events(self) -> list[str]:
        """The events that came since it was last looked at."""
        return [each["event"] for each in self.take()]

    def close(self) -> None:
        """The socket is closed, and API Gateway says so."""
        self.vanish()
        self.floor.disconnect(self.id)

    def vanish(self) -> None:
        """The socket is gone, and nobody said so yet."""
        self.floor.door.wires.gone.add(self.id)

    def freeze(self) -> None:
        """Nothing comes from it any more, and what is sent to it seems to arrive: a laptop sleeps."""


@dataclass
class Floor:
    """What API Gateway, SQS and the clock do for chats, in a few lines."""

    door: Door
    now: datetime
    queue: list[tuple[datetime, Any]] = field(default_factory=list)
    lost: bool = False
    """Whether messages of the queue are lost."""

    def visitor(self, name: str = "anna", account: str | None = None, *, minutes: int = 60) -> Line:
        account = account or f"demo/hotel-{uuid.uuid4().hex[:8]}"
        return self.open(HotelUser(account=AccountId(account), id=name, name=name, expires_at=self._end(minutes)))

    def agent(self, name: str | None = None, *, minutes: int = 60) -> Line:
        name = name or f"agent-{uuid.uuid4().hex[:8]}"
        return self.open(Agent(id=name, name=name.title(), expires_at=self._end(minutes)))

    def _end(self, minutes: int) -> datetime:
        return self.now + timedelta(minutes=minutes)

    def again(self, line: Line) -> Line:
        """Another socket of the same person's, with a fresh token."""
        return self.open(msgspec.structs.replace(line.who, expires_at=self._end(60)))

    def open(self, who: Caller) -> Line:
        from chalicelib.services.sockets import connect, offer_connection

        id_ = f"line-{next(self.door.ids):06d}"
        ticket = offer_connection(who, self.now).url.partition("?ticket=")[2]
        assert connect(id_, ticket, self.door.site, self.now)
        return Line(self, who, id_)

    def on_duty(self, capacity: int = 3, locales: Sequence[str] = LANGUAGES, name: str | None = None) -> Line:
        """An agent who takes chats."""
        line = self.agent(name)
        line.send("agent.status", available=True, capacity=capacity, locales=locales)
        return line

    def waiting(self, languages: Sequence[str] = LANGUAGES, name: str = "anna") -> tuple[Line, str]:
        """A visitor whose chat has begun, and its id."""
        line = self.visitor(name)
        (first, *_) = line.send("chat.start", id=uuid.uuid4().hex, languages=languages)
        return line, first["chat"]

    def accepted(self, agent: Line) -> Frame:
        """The agent accepts what he was offered last; gives what he was told."""
        offer = agent.last("chat.offered")
        (joined, *_) = agent.send("chat.accept", chat=offer["chat"], leg=offer["leg"])
        return joined

    def talking(self, agent: Line) -> tuple[Line, Frame]:
        """A visitor who talks with this agent, and what the agent was told."""
        visitor, _ = self.waiting()
        joined = self.accepted(agent)
        assert joined["event"] == "chat.joined", joined
        visitor.take()
        return visitor, joined

    def receive(self, id_: str, text: str) -> str:
        from chalicelib.services.sockets import receive

        return receive(id_, text, self.now)

    def disconnect(self, id_: str) -> None:
        from chalicelib.services.sockets import disconnect

        disconnect(id_, self.now)

    def send(self, _: str, messages: Sequence[msgspec.Struct], *, delay: int = 0) -> None:
        """What SQS does for a message of ids."""
        assert 0 <= delay <= 900
        self.queue += [(self.now + timedelta(seconds=delay), msgspec.to_builtins(each)) for each in messages]

    def pass_time(self, seconds: float, *keep: Line, every: float = 25) -> None:
        """Time goes by: those kept send their heartbeats, and what the queue holds comes when it is due."""
        end = self.now + timedelta(seconds=seconds)
        beats = [self.now + timedelta(seconds=every * n) for n in range(1, int(seconds / every) + 1)] if keep else []
        while True:
            due = min([at for at, _ in self.queue if at <= end] + [at for at in beats if at <= end], default=None)
            if due is None:
                break
            self.now = max(self.now, due)
            if due in beats:
                beats.remove(due)
                for line in keep:
                    self.receive(line.id, '{"action": "ping"}')
            else:
                self._deliver(due)
        self.now = end

    def _deliver(self, due: datetime) -> None:
        from chalicelib.services.handing_out import ChatTold
        from chalicelib.services.looking import handle

        ready = [each for each in self.queue if each[0] == due]
        self.queue = [each for each in self.queue if each[0] != due]
        for _, message in ready:
            if not self.lost:
                handle(msgspec.convert(message, ChatTold), self.now)

    def tick(self) -> None:
        """The rule that comes once a minute."""
        from chalicelib.services.looking import sweep

        sweep(self.now)

    def records(self) -> list[Frame]:
        """What is kept of the chats that are over."""
        from chalicelib.adapters import places
        from chalicelib.adapters.tables import TicketsItem

        return [json.loads(item.data or "") for item in TicketsItem.query(places.chats_of(self.now))]

    def kept(self, *without: str) -> list[str]:
        """The partitions of what the live table holds of chats."""
        found = (item["pk"]["S"] for item in self.door.items())
        return sorted(pk for pk in found if pk.startswith("chat") and pk not in without)


@contextmanager
def opened_floor(api: Api, seed: int | None = None) -> Iterator[Floor]:
    """A floor of its own, on a Monday at noon that no other test shares."""
    from chalicelib.adapters import queues

    weeks = Random(seed if seed is not None else uuid.uuid4().int).randrange(40_000)
    with opened_door(api) as door, pytest.MonkeyPatch.context() as patch:
        floor = Floor(door, datetime(2100, 1, 4, 12, tzinfo=UTC) + timedelta(weeks=weeks))
        patch.setattr(queues, "send", floor.send)
        yield floor
