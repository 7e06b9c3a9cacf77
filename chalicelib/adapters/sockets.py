"""Open websockets: the single-use tickets that open them, a row for each, and what is sent to them."""

import hashlib
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from botocore.exceptions import ClientError
from msgspec.structs import replace
from pynamodb.exceptions import DeleteError

from chalicelib.adapters import places
from chalicelib.adapters.tables import LiveItem, Writes, aws_client, is_condition_failed, reaching_aws
from chalicelib.domain.moment import rfc3339
from chalicelib.domain.people import Agent, Caller, HotelUser
from chalicelib.settings import settings

SENT_AT_ONCE = 64
"""How many frames are on their way at the same moment."""
_HOLDER = "ticket"
_ROW = "socket"


class Socket(msgspec.Struct, frozen=True):
    """One open websocket: whose it is, among whom, since when, and until when his token counts."""

    id: str
    owner: str
    audience: str
    since: datetime
    expires_at: datetime
    groups: tuple[str, ...] = ()
    name: str = ""
    """An agent's; of a visitor's nothing is kept."""

    @property
    def is_agents(self) -> bool:
        """Whether an agent opened it, and no hotel user."""
        return self.audience == places.AGENTS


def _hashed(ticket: str) -> str:
    return f"connection#{hashlib.sha256(ticket.encode()).hexdigest()}"


def put_ticket(ticket: str, who: Caller, until: datetime) -> None:
    """The right to open one socket until then; only its hash is kept."""
    data = msgspec.json.encode(who if isinstance(who, Agent) else replace(who, name="", account_name="")).decode()
    with reaching_aws():
        LiveItem(_hashed(ticket), _HOLDER, data=data, expires_at=int(until.timestamp())).save()


def take_ticket(ticket: str, now: datetime) -> Caller | None:
    """Who may open a socket with this ticket, which serves no more; None when it does not count, or no more."""
    table = LiveItem._get_connection()  # noqa: SLF001 - the models' shared one: a model's delete gives nothing back
    with reaching_aws():
        try:
            gone = table.delete_item(
                _hashed(ticket), _HOLDER, condition=LiveItem.expires_at > int(now.timestamp()), return_values="ALL_OLD"
            )
        except DeleteError as error:
            if not is_condition_failed(error):
                raise
            return None
    return msgspec.json.decode(gone["Attributes"]["data"]["S"], type=HotelUser | Agent)


def socket_of(connection_id: str, who: Caller, now: datetime) -> Socket:
    """The socket of this caller, from now until his token ends."""
    owner = places.caller(who)
    groups, name = (who.groups, who.name) if isinstance(who, Agent) else ((), "")
    return Socket(connection_id, owner, places.audience_of(owner), now, who.expires_at, groups, name)


def _items(socket: Socket) -> tuple[LiveItem, LiveItem]:
    """The socket as it is found by its id, and as it is found among its owner's."""
    sort_key = f"{socket.owner}#{rfc3339(socket.since)}#{socket.id}"
    facts: dict[str, Any] = {
        "data": msgspec.json.encode(socket).decode(),
        "expires_at": int(socket.expires_at.timestamp()),
    }
    by_id = LiveItem(f"socket#{socket.id}", _ROW, **facts)
    return by_id, LiveItem(f"sockets#{socket.audience}", sort_key, **facts)


def add(socket: Socket) -> None:
    """Remembers an open socket, found from now on both ways."""
    writes = Writes()
    for item in _items(socket):
        writes.put(item)
    writes.commit()


def find(connection_id: str) -> Socket | None:
    """The socket with this id; None when it is not known, or no more."""
    with reaching_aws():
        try:
            item = LiveItem.get(f"socket#{connection_id}", _ROW, consistent_read=True)
        except LiveItem.DoesNotExist:
            return None
    return msgspec.json.decode(item.data or "", type=Socket)


def forget(socket: Socket) -> None:
    """Forgets a socket; one that is forgotten already is no fault."""
    with reaching_aws():
        for item in _items(socket):
            item.delete()


def list_of_owner(owner: str) -> list[Socket]:
    """One caller's open sockets, the oldest first."""
    return _list(places.audience_of(owner), f"{owner}#")


def list_of_audience(audience: str) -> list[Socket]:
    """The open sockets of a hotel's users, or of the agents."""
    return _list(audience, None)


def _list(audience: str, prefix: str | None) -> list[Socket]:
    condition = LiveItem.sk.startswith(prefix) if prefix else None
    with reaching_aws():
        items = LiveItem.query(f"sockets#{audience}", condition, consistent_read=True, attributes_to_get=["data"])
        return [msgspec.json.decode(item.data or "", type=Socket) for item in items]


@cache
def _connections() -> Any:
    # One attempt: whoever pushes is asked again by his queue, and a frame sent twice is seen twice.
    return aws_client(
        "apigatewaymanagementapi",
        endpoint_url=settings().connections_url,
        attempts=1,
        max_pool_connections=SENT_AT_ONCE,
    )


def post(connection_id: str, frame: bytes) -> bool:
    """Sends a frame; False when the other side is gone."""
    with reaching_aws():
        try:
            _connections().post_to_connection(ConnectionId=connection_id, Data=frame)
        except ClientError as error:
            if error.response["Error"]["Code"] != "GoneException":
                raise
            return False
    return True


def close(connection_id: str) -> None:
    """Closes a socket; one that is gone already is no fault."""
    with reaching_aws():
        try:
            _connections().delete_connection(ConnectionId=connection_id)
        except ClientError as error:
            if error.response["Error"]["Code"] != "GoneException":
                raise
