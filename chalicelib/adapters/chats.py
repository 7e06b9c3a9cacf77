"""Chats, the agents who are there, and the queue between them: ids, counters and times, and nothing that was said.

A chat stands in the partition of its visitor's hash, so he can have but one; while it waits, a copy stands in
the queue. What is written here is written on condition that nobody wrote it since it was read.
"""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model

from chalicelib.adapters import places
from chalicelib.adapters.tables import (
    LiveItem,
    TicketsItem,
    Writes,
    WrittenMeanwhile,
    is_condition_failed,
    is_in_the_way,
    reaching_aws,
)
from chalicelib.domain.chat import LASTS, Chat, ChatId, Ending, Presence
from chalicelib.domain.moment import rfc3339
from chalicelib.domain.text import Language

_CHAT = "chat"
_KEPT = LASTS + timedelta(hours=1)
"""TTL's part is only what no function ended."""
_PRESENCE_KEPT = timedelta(hours=12)
_encode = msgspec.json.Encoder().encode
_chat = msgspec.json.Decoder(Chat)
_presence = msgspec.json.Decoder(Presence)


class Record(msgspec.Struct, frozen=True):
    """What is kept of a chat that is over. `waited`, `lasted`: seconds; `lasted` from the first agent's coming."""

    language: Language
    waited: int
    lasted: int
    ended: Ending


def new_id(owner: str) -> ChatId:
    """An id for a chat of this visitor's, by which it is found."""
    return ChatId(f"{places.visitor(owner)}-{uuid.uuid4().hex[:16]}")


def _ms(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _moment(ms: float | None) -> datetime | None:
    return None if ms is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(ms))


def _as_chat(item: LiveItem) -> Chat:
    return replace(_chat.decode(item.data or ""), revision=int(item.revision or 0), seen_at=_moment(item.seen_at))


def _as_presence(item: LiveItem) -> Presence:
    return replace(_presence.decode(item.data or ""), revision=int(item.revision or 0), seen_at=_moment(item.seen_at))


def _data(what: Chat | Presence) -> str:
    return _encode(replace(what, revision=0, seen_at=None)).decode()


def find_of(owner: str) -> Chat | None:
    """The chat of this visitor, if he has one."""
    return _find(places.visitor(owner))


def find(id_: str) -> Chat | None:
    """The chat with this id; None when it is over, or never was."""
    chat = _find(id_)
    return chat if chat is not None and chat.id == id_ else None


def _find(id_: str) -> Chat | None:
    with reaching_aws():
        try:
            return _as_chat(LiveItem.get(places.chat(id_), _CHAT, consistent_read=True))
        except LiveItem.DoesNotExist:
            return None


def find_all(ids: Iterable[ChatId]) -> list[Chat]:
    """Those of the chats that are on."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    with reaching_aws():
        items = LiveItem.batch_get([(places.chat(each), _CHAT) for each in wanted], consistent_read=True)
        return [chat for item in items if (chat := _as_chat(item)).id in wanted]


def waiting() -> list[Chat]:
    """Those who wait, in the queue's order."""
    with reaching_aws():
        items = LiveItem.query(places.WAITING, consistent_read=True, attributes_to_get=["data", "revision"])
        return [_as_chat(item) for item in items]


def presences() -> list[Presence]:
    """Every agent who said what he takes, also those who are away meanwhile."""
    with reaching_aws():
        names = ["data", "revision", "seen_at"]
        return [_as_presence(i) for i in LiveItem.query(places.PRESENT, consistent_read=True, attributes_to_get=names)]


def find_presence(agent: str) -> Presence | None:
    """What this agent takes; None when he never said."""
    with reaching_aws():
        try:
            return _as_presence(LiveItem.get(places.PRESENT, agent, consistent_read=True))
        except LiveItem.DoesNotExist:
            return None


class Change:
    """What changes together, on condition that all of it is as it was read; WrittenMeanwhile else.

    `seen_at` of a chat or an agent is written only where it is another one than was read.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._puts: list[tuple[Model, Condition | None]] = []
        self._deletes: list[tuple[LiveItem, Condition]] = []
        self._updates: list[tuple[LiveItem, list[Any], Condition]] = []

    def chat(self, before: Chat | None, after: Chat | None) -> "Change":
        """A chat begins, goes on otherwise, or ends; its place in the queue with it."""
        self._item(places.chat((after or before).id), _CHAT, before, after, _KEPT)  # type: ignore[union-attr]  # one of the two
        was = before if before is not None and before.state == "waiting" else None
        is_ = after if after is not None and after.state == "waiting" else None
        if is_ is not None:
            item = LiveItem(places.WAITING, places.queued(is_), data=_data(is_), revision=_revision(before))
            item.expires_at = int((self._now + _KEPT).timestamp())
            self._puts.append((item, None))
        if was is not None and (is_ is None or places.queued(was) != places.queued(is_)):
            self._deletes.append((LiveItem(places.WAITING, places.queued(was)), LiveItem.pk.exists()))
        return self

    def presence(self, before: Presence | None, after: Presence) -> "Change":
        """An agent comes, or takes something else."""
        self._item(places.PRESENT, after.agent, before, after, _PRESENCE_KEPT)
        return self

    def record(self, record: Record) -> "Change":
        """What is kept of the chat that ends here."""
        sort_key = f"{rfc3339(self._now)}#{uuid.uuid4().hex[:8]}"
        kept = TicketsItem(places.chats_of(self._now), sort_key, data=_encode(record).decode())
        self._puts.append((kept, TicketsItem.pk.does_not_exist()))
        return self

    def _item(
        self, pk: str, sk: str, before: Chat | Presence | None, after: Chat | Presence | None, kept: timedelta
    ) -> None:
        item = LiveItem(pk, sk)
        is_as_read = LiveItem.revision == (before.revision if before else 0)
        if after is None:
            self._deletes.append((item, is_as_read))
            return
        expires_at = int((self._now + kept).timestamp())
        if before is None:
            item.data, item.revision, item.expires_at = _data(after), 1, expires_at
            item.seen_at = _ms(after.seen_at) if after.seen_at else None
            self._puts.append((item, LiveItem.pk.does_not_exist()))
            return
        actions = [LiveItem.data.set(_data(after)), LiveItem.revision.set(_revision(before))]
        if after.seen_at is not None and after.seen_at != before.seen_at:
            actions += [LiveItem.seen_at.set(_ms(after.seen_at)), LiveItem.expires_at.set(expires_at)]
        self._updates.append((item, actions, is_as_read))

    def commit(self) -> None:
        """Writes all of it, or nothing."""
        if len(self._updates) == 1 and not self._puts and not self._deletes:
            _update_alone(*self._updates[0])
            return
        writes, meanwhile = Writes(), WrittenMeanwhile()
        for item, condition in self._deletes:
            writes.delete(item, condition, otherwise=meanwhile)
        for new, new_condition in self._puts:
            writes.put(new, new_condition, otherwise=meanwhile)
        for item, actions, condition in self._updates:
            writes.update(item, actions, condition, otherwise=meanwhile)
        writes.commit()


def _revision(before: Chat | Presence | None) -> int:
    return 1 if before is None else before.revision + 1


def _update_alone(item: LiveItem, actions: list[Any], condition: Condition) -> None:
    with reaching_aws():
        try:
            item.update(actions, condition)
        except UpdateError as error:
            if not is_condition_failed(error) and not is_in_the_way(error):
                raise
            raise WrittenMeanwhile from error


def touch_visitor(owner: str, now: datetime) -> None:
    """Writes down a sign of life of a visitor who has a chat."""
    _touch(LiveItem(places.chat(places.visitor(owner)), _CHAT), now)


def touch_agent(agent: str, now: datetime) -> None:
    """Writes down a sign of life of an agent who is there."""
    _touch(LiveItem(places.PRESENT, agent), now)


def _touch(item: LiveItem, now: datetime) -> None:
    """Who is in the way of it writes what somebody did just now, so nothing is missed."""
    with reaching_aws():
        try:
            item.update([LiveItem.seen_at.set(_ms(now))], LiveItem.seen_at < _ms(now))
        except UpdateError as error:
            if not is_condition_failed(error) and not is_in_the_way(error):
                raise


def claim(what: str, now: datetime, every: timedelta) -> bool:
    """Whether this is the first to claim it in this time, over all functions."""
    item = LiveItem(places.CLAIMS, what)
    free = LiveItem.pk.does_not_exist() | (LiveItem.seen_at <= _ms(now - every))
    expires_at = LiveItem.expires_at.set(int((now + _KEPT).timestamp()))
    with reaching_aws():
        try:
            item.update([LiveItem.seen_at.set(_ms(now)), expires_at], free)
        except UpdateError as error:
            if not is_condition_failed(error):
                raise
            return False
    return True
