"""The frames of a chat, as clients send them and as the server does. `docs/chat.md` says when each comes."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from chalicelib.domain.chat import LARGEST_CAPACITY, Ending, Left, Role
from chalicelib.domain.text import Language, text
from chalicelib.services.wire import Time

FrameId = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Leg = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Ordinal = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
SaidText = Annotated[str, text(4000, "What was said.")]
Languages = Annotated[tuple[Language, ...], msgspec.Meta(min_length=1, max_length=5)]


class Intro(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a visitor says of himself first."""

    name: Annotated[str, text(100, "The visitor's name.")]
    phone: Annotated[str, text(32, "Where he can be called.")]
    question: SaidText


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"from_": "from"}):
    """One text that was said before, by whom and when; as which message of which leg, so that none is shown twice."""

    from_: Role
    text: SaidText
    at: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    leg: Leg | UnsetType = UNSET
    n: Count | UnsetType = UNSET


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One of the three: a text; the visitor's first words of a leg; what was said before, for who does not know it."""

    text: SaidText | UnsetType = UNSET
    intro: Intro | UnsetType = UNSET
    replay: tuple[Said, ...] | UnsetType = UNSET


class _FromClient(msgspec.Struct, frozen=True, kw_only=True, tag_field="action", forbid_unknown_fields=True):
    """`id`: an error that answers the frame carries it."""

    id: FrameId | None = None


class _OfChat(_FromClient, frozen=True, kw_only=True, tag_field="action", forbid_unknown_fields=True):
    chat: Id


class Believed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A chat that the page believes in, and its leg; 0: none that it knows."""

    chat: Id
    leg: Leg


class Ping(_FromClient, frozen=True, kw_only=True, tag="ping"):
    """A sign of life; with an id it is answered. What of `chats` is not so any more is told again."""

    chats: Annotated[tuple[Believed, ...], msgspec.Meta(max_length=20)] | None = None


class StartChat(_FromClient, frozen=True, kw_only=True, tag="chat.start"):
    """A hotel user wants to talk, in one of these languages; the `id` makes sending it again the same start."""

    id: FrameId
    languages: Languages


class SetStatus(_FromClient, frozen=True, kw_only=True, tag="agent.status"):
    """Whether an agent takes chats on this socket, how many at once, in which languages."""

    available: bool
    capacity: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_CAPACITY)]
    locales: Languages


class AcceptChat(_OfChat, frozen=True, kw_only=True, tag="chat.accept"):
    """An agent takes the chat that he was offered."""

    leg: Leg


class SayInChat(_OfChat, frozen=True, kw_only=True, tag="chat.message"):
    """The `n`th message of this side in this leg; `received`: up to which the other side's have been shown."""

    leg: Leg
    n: Ordinal
    body: Body
    received: Count | None = None


class ReceiveInChat(_OfChat, frozen=True, kw_only=True, tag="chat.received"):
    """All of the other side's messages up to `n` have been shown."""

    leg: Leg
    n: Count


class TypeInChat(_OfChat, frozen=True, kw_only=True, tag="chat.typing"):
    """This side is typing; `received` may ride along, with its leg."""

    leg: Leg | None = None
    received: Count | None = None


class ResumeChat(_OfChat, frozen=True, kw_only=True, tag="chat.resume"):
    """A new socket of the same person is his only one for the chat from now on."""

    leg: Leg
    sent: Count
    shown: Count
    lost: bool


class ProposeTicket(_OfChat, frozen=True, kw_only=True, tag="chat.propose_ticket"):
    """An agent asks the visitor to open a ticket."""


class TransferChat(_OfChat, frozen=True, kw_only=True, tag="chat.transfer"):
    """An agent hands the chat over, to this agent or to whoever is free."""

    to: Id | None = None


class EndChat(_OfChat, frozen=True, kw_only=True, tag="chat.end"):
    """This side ends the chat."""


Relayed = SayInChat | ReceiveInChat | TypeInChat
ChatClientFrame = StartChat | SetStatus | AcceptChat | Relayed | ResumeChat | ProposeTicket | TransferChat | EndChat


class Peer(msgspec.Struct, frozen=True):
    """Who is on the other side: the agent's name; for the agent, the visitor's account."""

    name: str


class QueuedFrame(msgspec.Struct, frozen=True, tag_field="event", tag="chat.queued"):
    """The chat waits for an agent, at this place among those who wait for the same; again at each change."""

    chat: str
    position: int


class OfferedFrame(msgspec.Struct, frozen=True, tag_field="event", tag="chat.offered"):
    """To an agent: a chat that is his if he accepts it within 30 seconds. `waited`: seconds."""

    chat: str
    leg: int
    account: str
    locale: Language
    waited: int


class JoinedFrame(msgspec.Struct, frozen=True, tag_field="event", tag="chat.joined"):
    """Visitor and agent are together; counts begin anew."""

    chat: str
    leg: int
    peer: Peer


class SaidFrame(
    msgspec.Struct, frozen=True, tag_field="event", tag="chat.message", rename={"from_": "from"}, omit_defaults=True
):
    """What the other side said."""

    chat: str
    leg: int
    n: int
    body: Body
    from_: Role
    at: Time
    received: int | None = None


class ReceivedFrame(msgspec.Struct, frozen=True, tag_field="event", tag="chat.received"):
    """The other side has shown everything up to `n`."""

    chat: str
    leg: int
    n: int


class TypingFrame(msgspec.Struct, frozen=True, tag_field="event", tag="chat.typing", omit_defaults=True):
    """The other side is typing."""

    chat: str
    leg: int | None = None
    received: int | None = None


class ResumedFrame(msgspec.Struct, frozen=True, tag_field="event", tag="chat.resumed"):
    """This socket is the side's only one now; another leg than the one that was known is a new one."""

    chat: str
    leg: int
    peer: Peer


class PeerBackFrame(msgspec.Struct, frozen=True, tag_field="event", tag="chat.peer_back"):
    """The other side has a new socket, and what it has sent and shown of this leg."""

    chat: str
    leg: int
    sent: int
    shown: int
    lost: bool


class PeerAwayFrame(msgspec.Struct, frozen=True, tag_field="event", tag="chat.peer_away"):
    """The other side has no socket at the moment."""

    chat: str


class ProposedFrame(msgspec.Struct, frozen=True, tag_field="event", tag="chat.propose_ticket"):
    """To a visitor: the agent proposes to open a ticket."""

    chat: str


class LeftFrame(msgspec.Struct, frozen=True, tag_field="event", tag="chat.left"):
    """To an agent: the chat is his no more since this leg, and goes on without him. `unknown`: he was told before."""

    chat: str
    leg: int
    why: Left | Literal["unknown"]


class EndingFrame(msgspec.Struct, frozen=True, tag_field="event", tag="chat.ending"):
    """The chat has lasted so long that it ends by itself then."""

    chat: str
    at: Time


class EndedFrame(msgspec.Struct, frozen=True, tag_field="event", tag="chat.ended"):
    """The chat is over, and nothing of it is kept. `unknown`: it was over before."""

    chat: str
    by: Ending | Literal["unknown"]


class StatusFrame(msgspec.Struct, frozen=True, tag_field="event", tag="agent.status"):
    """To an agent: whether and what he takes, as the server has it."""

    available: bool
    capacity: int
    locales: tuple[Language, ...]


class QueueFrame(msgspec.Struct, frozen=True, tag_field="event", tag="queue"):
    """To agents: how many chats wait."""

    length: int


ChatServerFrame = (
    QueuedFrame
    | OfferedFrame
    | JoinedFrame
    | SaidFrame
    | ReceivedFrame
    | TypingFrame
    | ResumedFrame
    | PeerBackFrame
    | PeerAwayFrame
    | ProposedFrame
    | LeftFrame
    | EndingFrame
    | EndedFrame
    | StatusFrame
    | QueueFrame
)
