"""One side of a chat as a page plays it: the rules of docs/chat.md, their times, and a page that talks by them."""

import json
import time
import uuid
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, TypeVar, get_args

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from websockets.exceptions import ConnectionClosed, InvalidStatus

from chalicelib.domain.text import text as bounds
from tests.conftest import wait_until

if TYPE_CHECKING:
    from local.client import Client
    from tests.pages import Page

T = TypeVar("T")
Frame = dict[str, Any]
Role = Literal["visitor", "agent"]
AGAIN_AFTER = (5, 10, 20)
HEARTBEAT = 25
ASKS_EVERY = 100
"""So often a page asks what it missed, also while it sends other frames all the time."""
RECEIVED_WITHIN = 2
LARGEST_REPLAY = 24 * 1024
"""Bytes of the JSON of a replay's entries."""


class Intro(Struct, frozen=True):
    name: str
    phone: str
    question: str


class Entry(Struct, frozen=True, rename={"from_": "from"}):
    """A text, known by who said it first as which message of which leg."""

    from_: Role
    leg: int
    n: int
    text: str
    at: str


class Body(Struct, frozen=True, omit_defaults=True):
    text: str = ""
    intro: Intro | None = None
    replay: tuple[Entry, ...] = ()


class Message(Struct, frozen=True, omit_defaults=True, tag_field="event", tag="chat.message"):
    leg: int
    n: int
    body: Body
    received: int | None = None
    at: str = ""


class Received(Struct, frozen=True, tag_field="event", tag="chat.received"):
    leg: int
    n: int


class Typing(Struct, frozen=True, omit_defaults=True, tag_field="event", tag="chat.typing"):
    leg: int | None = None
    received: int | None = None


class Resume(Struct, frozen=True, tag_field="event", tag="chat.resume"):
    leg: int
    sent: int
    shown: int
    lost: bool


class Queued(Struct, frozen=True, tag_field="event", tag="chat.queued"):
    pass


class Joined(Struct, frozen=True, tag_field="event", tag="chat.joined"):
    leg: int


class Resumed(Struct, frozen=True, tag_field="event", tag="chat.resumed"):
    leg: int


class PeerBack(Struct, frozen=True, tag_field="event", tag="chat.peer_back"):
    leg: int
    shown: int


class Refused(Struct, frozen=True, tag_field="event", tag="error"):
    code: str
    leg: int | None = None


Sent = Message | Received | Typing | Resume
Told = Queued | Joined | Resumed | PeerBack | Refused
Taken = Message | Received | Typing | Told
_TAKEN = {each.__struct_config__.tag for each in get_args(Taken)}


class Unsaid(Struct, frozen=True):
    """What was said while there was no leg to say it in."""

    text: str
    at: str


class Memory(Struct, frozen=True):
    """What a side keeps. Legs up to `leg` are over for it, or the last of them is on: when it has `begun` it.

    `owes`: a `received` is to be sent; `asks`: a `chat.resume` was not answered yet.
    """

    role: Role
    intro: Intro | None = None
    leg: int = 0
    begun: bool = False
    lost: bool = False
    asks: bool = False
    owes: bool = False
    sent: int = 0
    shown: int = 0
    outbox: tuple[Message, ...] = ()
    early: tuple[Message, ...] = ()
    transcript: tuple[Entry, ...] = ()
    unsaid: tuple[Unsaid, ...] = ()


Step = tuple[Memory, tuple[Sent, ...]]


class Rules:
    """Pure, so that a test may search through all that can happen, and break one of them."""

    def say(self, side: Memory, text: str, at: str) -> Step:
        if not side.begun:
            return replace(side, unsaid=(*side.unsaid, Unsaid(text, at))), ()
        return self.send(side, Body(text), at)

    def send(self, side: Memory, body: Body, at: str = "") -> Step:
        message = Message(side.leg, side.sent + 1, body)
        said = (Entry(side.role, side.leg, message.n, body.text, at),) if body.text else ()
        after = replace(
            side,
            sent=message.n,
            owes=False,
            outbox=(*side.outbox, message),
            transcript=(*side.transcript, *said),
        )
        return after, (replace(message, received=side.shown) if side.owes else message,)

    def take(self, side: Memory, frame: Taken) -> Step:
        match frame:
            case Message():
                return self.hear(side, frame)
            case Received(leg, n) | Typing(leg, n):
                return self.received(side, leg, n), ()
            case _:
                return self.learn(side, frame)

    def learn(self, side: Memory, told: Told) -> Step:
        """How the chat stands, as the server tells."""
        match told:
            case Joined(leg):
                return self.joined(side, leg)
            case Resumed(leg):
                return self.resumed(side, leg)
            case PeerBack(leg, shown):
                return self.peer_back(side, leg, shown)
            case Queued():
                return replace(side, asks=False), ()
            case Refused(code, leg):
                is_behind = code == "chat_elsewhere" or (code == "leg_over" and (leg or 0) > side.leg)
                return self.ask(side) if is_behind else (side, ())

    def hear(self, side: Memory, message: Message) -> Step:
        if message.leg > side.leg:
            return self.ask(side)
        if message.leg < side.leg or not side.begun:
            return side, ()
        side = self.received(side, message.leg, message.received)
        if message.n <= side.shown:
            return replace(side, owes=True), ()
        return self.place(side, message), ()

    def place(self, side: Memory, message: Message) -> Memory:
        """A message that was not shown yet: it waits for those before it, and those that waited for it follow."""
        waiting = {each.n: each for each in side.early} | {message.n: replace(message, received=None)}
        while (following := waiting.pop(side.shown + 1, None)) is not None:
            side = self.show(side, following)
        return replace(side, early=tuple(waiting[n] for n in sorted(waiting)))

    def show(self, side: Memory, message: Message) -> Memory:
        body, transcript = message.body, side.transcript
        if body.text:
            other: Role = "agent" if side.role == "visitor" else "visitor"
            transcript = (*transcript, Entry(other, message.leg, message.n, body.text, message.at))
        elif body.replay:
            transcript = self.merge(side, body.replay)
        return replace(side, shown=message.n, owes=True, transcript=transcript, intro=body.intro or side.intro)

    def merge(self, side: Memory, replay: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """The transcript with what it had not: before later legs, and before what the same side said later."""
        known, merged = {_key(each) for each in side.transcript}, list(side.transcript)
        for entry in replay:
            if _key(entry) not in known:
                later = (i for i, each in enumerate(merged) if _is_later(each, entry))
                merged.insert(next(later, len(merged)), entry)
        return tuple(merged)

    def received(self, side: Memory, leg: int | None, n: int | None) -> Memory:
        if n is None or leg != side.leg or not side.begun:
            return side
        return replace(side, outbox=tuple(each for each in side.outbox if each.n > n))

    def acknowledge(self, side: Memory) -> Step:
        return replace(side, owes=False), (Received(side.leg, side.shown),)

    def begin(self, side: Memory, leg: int) -> Step:
        """What it knows is said again; what could not be said so far, now."""
        begun, frames = self.fresh(side, leg), list[Sent]()
        bodies = [(Body(intro=side.intro), "")] if side.intro and side.role == "visitor" else []
        bodies += [(Body(replay=part), "") for part in self.parts(side)]
        for body, at in [*bodies, *((Body(each.text), each.at) for each in side.unsaid)]:
            begun, sent = self.send(begun, body, at)
            frames.extend(sent)
        return begun, tuple(frames)

    def fresh(self, side: Memory, leg: int) -> Memory:
        """The side at the beginning of a leg, of which it was told."""
        return Memory(side.role, side.intro, leg, begun=True, transcript=side.transcript)

    def parts(self, side: Memory) -> Iterator[tuple[Entry, ...]]:
        """The transcript in parts that each fit in a frame."""
        part: list[Entry] = []
        size = 0
        for entry in side.transcript:
            more = len(msgspec.json.encode(entry)) + 1
            if part and size + more > LARGEST_REPLAY:
                yield tuple(part)
                part, size = [], 0
            part.append(entry)
            size += more
        if part:
            yield tuple(part)

    def joined(self, side: Memory, leg: int) -> Step:
        return self.begin(side, leg) if leg > side.leg else (side, ())

    def resumed(self, side: Memory, leg: int) -> Step:
        if leg > side.leg:
            return self.begin(side, leg)
        side = replace(side, asks=False)
        return side, side.outbox if side.begun and leg == side.leg else ()

    def peer_back(self, side: Memory, leg: int, shown: int) -> Step:
        if leg != side.leg or not side.begun:
            return self.joined(side, leg)
        side = self.received(side, leg, shown)
        return side, side.outbox

    def ask(self, side: Memory) -> Step:
        return (side, ()) if side.asks else self.resume(side)

    def resume(self, side: Memory) -> Step:
        leg = side.leg if side.begun else 0
        return replace(side, asks=True), (Resume(leg, side.sent, side.shown, side.lost),)

    def lose(self, side: Memory) -> Memory:
        return Memory(side.role, lost=True)


def _key(entry: Entry) -> tuple[Role, int, int]:
    return entry.from_, entry.leg, entry.n


def _is_later(one: Entry, other: Entry) -> bool:
    return one.leg > other.leg or (one.leg == other.leg and one.from_ == other.from_ and one.n > other.n)


class Again(dict[Hashable, tuple[float, int]]):
    """When what was not answered yet is sent again: since when each waits, and how often it was."""

    def keep(self, keys: Iterable[Hashable], now: float) -> None:
        """These wait, and no others."""
        waiting = {key: self.get(key, (now, 0)) for key in keys}
        self.clear()
        self.update(waiting)

    def due(self, now: float) -> set[Hashable]:
        """Those that are to be sent again now, each once however late it is."""
        due = {key for key, (since, times) in self.items() if now >= since + _wait(times)}
        for key in due:
            since, times = self[key]
            while now >= since + _wait(times):
                times += 1
            self[key] = since, times
        return due


def _wait(times: int) -> int:
    """How long after the first time it is sent again, having been so this often."""
    late = max(0, times + 1 - len(AGAIN_AFTER))
    return AGAIN_AFTER[min(times, len(AGAIN_AFTER) - 1)] + late * HEARTBEAT


_RESUME = "resume"
_SayableText = Annotated[str, bounds(4000, "")]


class Side:
    """One side of one chat with its times, which are seconds of any clock. Each method gives the frames to send.

    `after`: an agent's side begins with a later leg only. `lost`: the page knows nothing of a chat that is on.
    """

    def __init__(
        self,
        chat: str,
        role: Role,
        intro: Intro | None = None,
        *,
        after: int = 0,
        lost: bool = False,
        rules: Rules | None = None,
    ) -> None:
        self.chat, self.rules = chat, rules or Rules()
        self.memory = Memory(role, intro, after, lost=lost)
        self.is_open, self.waits = True, False
        self._again, self._owes_since = Again(), 0.0

    @property
    def texts(self) -> list[tuple[Role, str]]:
        return [(each.from_, each.text) for each in self.memory.transcript]

    @property
    def is_settled(self) -> bool:
        """Whether it waits for nothing more, and owes nothing, as far as it knows."""
        memory = self.memory
        return memory.begun and not (memory.outbox or memory.early or memory.asks or memory.owes)

    @property
    def belief(self) -> Frame:
        """The chat in a heartbeat."""
        return {"chat": self.chat, "leg": self.memory.leg if self.memory.begun and not self.waits else 0}

    def say(self, text: str, now: float) -> list[Frame]:
        """msgspec.ValidationError for what the server would refuse: whatever came after it would wait for ever."""
        return self._did(self.rules.say(self.memory, msgspec.convert(text, _SayableText), _at(now)), now)

    def typing(self, now: float) -> list[Frame]:
        side = self.memory
        received = side.shown if side.owes else None
        return self._did((replace(side, owes=False), (Typing(side.leg, received),)), now) if side.begun else []

    def take(self, frame: Frame, now: float) -> list[Frame]:
        """What is of another chat, or nothing that the rules are about, changes nothing."""
        if frame.get("chat") != self.chat or frame["event"] not in _TAKEN:
            return []
        taken: Taken = msgspec.convert(frame, Taken)
        self.waits = isinstance(taken, Queued) or (self.waits and not isinstance(taken, Joined | Resumed))
        return self._did(self.rules.take(self.memory, taken), now)

    def tick(self, now: float) -> list[Frame]:
        """What its times make it send."""
        if not self.is_open:
            return []
        frames: list[Frame] = []
        if self.memory.owes and now >= self._owes_since + RECEIVED_WITHIN:
            frames += self._did(self.rules.acknowledge(self.memory), now)
        due = self._again.due(now)
        if _RESUME in due:
            frames += self._did(self.rules.resume(self.memory), now)
        return frames + [self._on_wire(each) for each in self.memory.outbox if (each.leg, each.n) in due]

    def cut(self) -> None:
        """Its socket is lost."""
        self.is_open = False

    def resume(self, now: float) -> list[Frame]:
        """A new socket is open."""
        self.is_open = True
        return self._did(self.rules.resume(self.memory), now)

    def reload(self, *, kept: bool) -> None:
        """The page is gone, and one is there again whose memory was kept, or not; it has no socket yet."""
        self.cut()
        if not kept:
            self.memory, self.waits = self.rules.lose(self.memory), False

    def _did(self, step: Step, now: float) -> list[Frame]:
        owed, (self.memory, sent) = self.memory.owes, step
        if self.memory.owes and not owed:
            self._owes_since = now
        waiting: list[Hashable] = [(each.leg, each.n) for each in self.memory.outbox]
        self._again.keep([*waiting, *([_RESUME] if self.memory.asks else [])], now)
        return [self._on_wire(each) for each in sent] if self.is_open else []

    def _on_wire(self, sent: Sent) -> Frame:
        frame: Frame = msgspec.to_builtins(sent)
        return {"action": frame.pop("event"), "chat": self.chat, **frame}


def _at(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Wire(Protocol):
    """A socket, or what stands for one: `frames` grows as they come."""

    @property
    def frames(self) -> list[Frame]: ...

    def send(self, frame: Frame, /) -> None: ...

    def is_closed(self) -> bool: ...

    def close(self) -> None: ...


@dataclass
class InjectedWire:
    """A socket of this process."""

    send: Callable[[Frame], None]
    frames: list[Frame] = field(default_factory=list)
    closed: bool = False

    def is_closed(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


@dataclass
class PageWire:
    """A real socket. Its JSON is as a browser writes it: letters are not escaped, so frames are as long as there."""

    page: "Page"

    @property
    def frames(self) -> list[Frame]:
        return self.page.frames

    def send(self, frame: Frame) -> None:
        with suppress(ConnectionClosed):
            self.page.send(json.dumps(frame, ensure_ascii=False))

    def is_closed(self) -> bool:
        return self.page.is_closed()

    def close(self) -> None:
        self.page.close()


class Talker:
    """A page with its chats: a visitor's one, or an agent's several. Nothing happens but in its methods.

    What was asked and not answered yet is asked again, like a message that was not received.
    """

    def __init__(
        self,
        role: Role,
        open_wire: Callable[[], Wire],
        clock: Callable[[], float] = time.time,
        *,
        accepts: bool = False,
        rules: Rules | None = None,
    ) -> None:
        self.role, self.rules, self.accepts = role, rules, accepts
        self._open_wire, self._clock = open_wire, clock
        self.sides: dict[str, Side] = {}
        self.offered: dict[str, int] = {}
        """The leg of each chat that was offered and not accepted so far."""
        self.past: dict[str, Side] = {}
        self.over: dict[str, str] = {}
        """Why each chat is over, or this agent's no more."""
        self.errors: list[Frame] = []
        self._ended: set[str] = set()
        self._intro: Intro | None = None
        self._status: Frame | None = None
        self._offers: dict[str, int] = {}
        self._asked: dict[Hashable, Frame] = {}
        self._again = Again()
        self._wire, self._read, self._beaten_at, self._sent_at = open_wire(), 0, clock(), clock()

    @classmethod
    def at(cls, client: "Client", site_url: str, role: Role, **others: Any) -> "Talker":
        """One with real sockets, for this client."""
        from tests.pages import AGENT, HOTEL, Page

        at = AGENT if role == "agent" else HOTEL

        def opened() -> Wire:
            # A connect function that did not hear that it took the ticket refuses: a page asks for another address.
            return PageWire(wait_until(lambda: _page(lambda: Page(client, site_url, at=at))))

        return cls(role, opened, **others)

    @property
    def is_ready(self) -> bool:
        """Whether everything that it asked was answered."""
        return not self._asked

    @property
    def side(self) -> Side:
        """That of the only chat."""
        (side,) = (self.sides or self.past).values()
        return side

    def of(self, chat: str | None) -> Side:
        """The side of this chat, which may be over; of the only one."""
        return self.side if chat is None else self.sides.get(chat) or self.past[chat]

    def texts(self, chat: str | None = None) -> list[tuple[Role, str]]:
        return self.of(chat).texts

    def start(self, intro: Intro, *languages: str) -> None:
        self._intro = intro
        self._ask("start", {"action": "chat.start", "id": uuid.uuid4().hex, "languages": list(languages)})

    def status(self, *locales: str, available: bool = True, capacity: int = 1) -> None:
        facts = {"available": available, "capacity": capacity, "locales": list(locales)}
        self._status = {"action": "agent.status", **facts}
        self._ask("status", self._status)

    def accept(self, chat: str) -> None:
        leg = self.offered.pop(chat)
        self._begin(Side(chat, "agent", after=leg - 1, rules=self.rules))
        self._ask(chat, {"action": "chat.accept", "chat": chat, "leg": leg})

    def say(self, text: str, chat: str | None = None) -> None:
        self._send(self.of(chat).say(text, self._clock()))

    def type(self, chat: str | None = None) -> None:
        self._send(self.of(chat).typing(self._clock()))

    def end(self, chat: str | None = None) -> None:
        id_ = self.of(chat).chat
        self._ask(("end", id_), {"action": "chat.end", "chat": id_})

    def transfer(self, chat: str | None = None, to: str | None = None) -> None:
        self._send([{"action": "chat.transfer", "chat": self.of(chat).chat, **({"to": to} if to else {})}])

    def cut(self) -> None:
        """Its socket is lost; the next `pump` opens another one."""
        self._wire.close()
        for side in self.sides.values():
            side.cut()

    def reload(self, *, kept: bool) -> None:
        """The page is loaded anew; which chats it has it knows in any case."""
        self.cut()
        for side in self.sides.values():
            side.reload(kept=kept)

    def close(self) -> None:
        self._wire.close()

    def pump(self) -> None:
        """Takes what has come, sends what is due."""
        if self._wire.is_closed():
            self._reopen()
        while self._read < len(self._wire.frames):
            self._read += 1
            self._take(self._wire.frames[self._read - 1])
        now = self._clock()
        for side in self.sides.values():
            self._send(side.tick(now))
        self._send([self._asked[key] for key in self._again.due(now)])
        if now >= min(self._sent_at + HEARTBEAT, self._beaten_at + ASKS_EVERY):
            self._beaten_at = now
            self._send([{"action": "ping", "chats": [side.belief for side in self.sides.values()]}])

    def _reopen(self) -> None:
        self.cut()
        self._wire, self._read = self._open_wire(), 0
        if self._status:
            self._asked["status"] = self._status
        for side in self.sides.values():
            self._send(side.resume(self._clock()))
        self._again.keep(self._asked, self._clock())
        self._send(self._asked.values())

    def _take(self, frame: Frame) -> None:
        chat, is_on = frame.get("chat", ""), True
        match frame["event"]:
            case "error":
                is_on = self._refused(frame["code"], chat, frame)
            case "agent.status":
                self._answered("status")
            case "chat.offered":
                self._take_offer(chat, frame["leg"])
            case "chat.left":
                self._finish(chat, frame["why"])
            case "chat.ended":
                self._finish(chat, frame["by"])
                self._ended.add(chat)
            case "chat.queued" | "chat.joined" | "chat.resumed" | "chat.peer_back" | "chat.message":
                is_on = chat in self.sides or self._meet(chat)
                self._answered("start")
        if is_on and chat in self.sides:
            self._send(self.sides[chat].take(frame, self._clock()))
            self._answered(*([chat] if self.sides[chat].memory.begun else []))

    def _refused(self, code: str, chat: str, frame: Frame) -> bool:
        """Whether the chat's side is to hear of it."""
        self.errors.append(frame)
        if code in {"chat_exists", "chat_unavailable"}:
            self._answered("start")
        if code == "chat_over" or (code == "offer_over" and chat in self._asked):
            self._finish(chat, code)
        if code in {"chat_exists", "chat_elsewhere"} and chat not in self.sides:
            return self._meet(chat)
        return True

    def _take_offer(self, chat: str, leg: int) -> None:
        """A side begins empty with each offer."""
        if leg > self._offers.get(chat, 0):
            self._finish(chat, "offered anew")
            self._offers[chat] = leg
        if leg == self._offers[chat] and chat not in self.sides and chat not in self._ended:
            self.offered[chat] = leg
            if self.accepts:
                self.accept(chat)

    def _meet(self, chat: str) -> bool:
        """The page hears of a chat: it has just begun, and goes on with the frame, or its memory of it is lost.

        That an agent was told he had left it may have come late, when it was his again.
        """
        if chat in self._ended:
            return False
        is_new = "start" in self._asked
        self._begin(Side(chat, self.role, self._intro, lost=not is_new, rules=self.rules))
        if not is_new:
            self._send(self.sides[chat].resume(self._clock()))
        return is_new

    def _begin(self, side: Side) -> None:
        self.sides[side.chat] = side
        self.past.pop(side.chat, None)
        self.over.pop(side.chat, None)

    def _finish(self, chat: str, why: str) -> None:
        self._answered(chat, ("end", chat))
        self.offered.pop(chat, None)
        if chat in self.sides:
            self.past[chat], self.over[chat] = self.sides.pop(chat), why

    def _ask(self, key: Hashable, frame: Frame) -> None:
        self._asked[key] = frame
        self._again.keep(self._asked, self._clock())
        self._send([frame])

    def _answered(self, *keys: Hashable) -> None:
        for key in keys:
            self._asked.pop(key, None)
        self._again.keep(self._asked, self._clock())

    def _send(self, frames: Iterable[Frame]) -> None:
        for frame in frames if not self._wire.is_closed() else ():
            self._wire.send(frame)
            self._sent_at = self._clock()


def _page(open_page: Callable[[], "Page"]) -> "Page | None":
    with suppress(InvalidStatus):
        return open_page()
    return None


def pump_until(talkers: Iterable[Talker], found: Callable[[], T | None], *, within: float = 30) -> T:
    """What is found once there is something, while these talk; fails after `within` seconds of the real clock."""
    pages = list(talkers)

    def pumped() -> T | None:
        for each in pages:
            each.pump()
        return found()

    return wait_until(pumped, within=within)
