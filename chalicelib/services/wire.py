"""What the HTTP API and the sockets say alike: the contract's shapes of messages and notifications."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from chalicelib.domain.moment import rfc3339
from chalicelib.domain.notification import Notification, State
from chalicelib.domain.ticket import Message

Time = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"}, examples=["2026-11-22T13:08:00.123Z"])]
Number = Annotated[str, msgspec.Meta(pattern="^[1-9][0-9]{9}$", examples=["1234567894"])]


class AuthorAnswer(msgspec.Struct, frozen=True):
    """Who wrote a message."""

    kind: Literal["requester", "agent", "system"]
    name: str


class AttachmentAnswer(msgspec.Struct, frozen=True):
    """The one file of a message."""

    id: str
    name: str
    type: str
    size: int


class MessageAnswer(msgspec.Struct, frozen=True):
    """One entry of a ticket's thread."""

    id: str
    author: AuthorAnswer
    text: str
    created_at: Time
    attachment: AttachmentAnswer | None


class NotificationAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of support's, as it pops up. `text_cut`: a frame had no room for all of it."""

    id: str
    ticket: Number
    subject: str
    text: str
    text_cut: bool | UnsetType = UNSET
    attachment: AttachmentAnswer | None
    author: AuthorAnswer
    created_at: Time
    state: State
    snoozed_until: Time | None


def attachment_answer(message: Message) -> AttachmentAnswer | None:
    """The file of a message, if it has one."""
    file = message.attachment
    return AttachmentAnswer(file.id, file.name, file.type, file.size) if file else None


def message_answer(message: Message) -> MessageAnswer:
    """A public message."""
    author = AuthorAnswer(message.author.kind, message.author.name)
    return MessageAnswer(message.id, author, message.text, rfc3339(message.created_at), attachment_answer(message))


def notification_answer(notification: Notification, message: Message) -> NotificationAnswer:
    """A notification, with the message that it tells of."""
    until = notification.snoozed_until
    return NotificationAnswer(
        id=notification.answered.id,
        ticket=notification.answered.number,
        subject=notification.subject,
        text=message.text,
        attachment=attachment_answer(message),
        author=AuthorAnswer(message.author.kind, message.author.name),
        created_at=rfc3339(message.created_at),
        state=notification.state,
        snoozed_until=rfc3339(until) if until else None,
    )
