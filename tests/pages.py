"""Pages with an open socket: real ones, and those of tests in this process, whose sockets nobody else knows."""

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from threading import Event, Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from pynamodb.connection import Connection
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from local.client import Client
from tests.conftest import Running, wait_until

if TYPE_CHECKING:
    from tests.contract.conftest import Api

HOTEL, AGENT = "/v1/connections", "/v1/agent/connections"
Frame = dict[str, Any]


class Page:
    """A page that is open somewhere: its socket, and every frame that came through it."""

    def __init__(self, client: Client, site_url: str, *, at: str = HOTEL) -> None:
        self.frames: list[Frame] = []
        url, self._ending = client.post(at)["url"], ExitStack()
        self._socket = self._ending.enter_context(
            connect(url, origin=Origin(site_url), proxy=None, ping_interval=None, compression=None, open_timeout=30)
        )
        self._listening = Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                self.frames.append(json.loads(self._socket.recv()))

    def send(self, frame: Frame | str) -> None:
        self._socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    def wait_for(self, event: str, **facts: Any) -> Frame:
        """The first frame of this event that has come, or comes, with these facts."""
        return wait_until(lambda: next(iter(self.found(event, **facts)), None))

    def found(self, event: str, **facts: Any) -> list[Frame]:
        wanted = {"event": event, **facts}
        return [frame for frame in list(self.frames) if wanted.items() <= frame.items()]

    def answers_a_ping(self) -> bool:
        """Whether the socket serves; what was pushed before is here by then."""
        id_ = uuid.uuid4().hex
        self.send({"action": "ping", "id": id_})
        return bool(self.wait_for("pong", id=id_))

    def is_closed(self) -> bool:
        """Whether the other side has closed it."""
        return not self._listening.is_alive()

    def close(self) -> None:
        self._ending.close()
        self._listening.join(10)


class Wires:
    """API Gateway's way back to the sockets, as its management client: what was sent and closed, and what fails."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Frame]] = []
        self.closed: list[str] = []
        self.gone: set[str] = set()
        self.silent: set[str] = set()
        """Sockets that AWS never answers for."""
        self.held: dict[str, Event] = {}
        """Sockets whose answer comes only once their event is set."""

    def post_to_connection(self, *, ConnectionId: str, Data: bytes) -> None:  # noqa: N803 - botocore's names
        self._reach(ConnectionId)
        self.sent.append((ConnectionId, json.loads(Data)))

    def delete_connection(self, *, ConnectionId: str) -> None:  # noqa: N803 - botocore's names
        self._reach(ConnectionId)
        self.closed.append(ConnectionId)

    def _reach(self, id_: str) -> None:
        if id_ in self.held:
            assert self.held[id_].wait(30)
        if id_ in self.silent:
            raise ReadTimeoutError(endpoint_url="https://sockets.test")
        if id_ in self.gone:
            answer: Any = {"Error": {"Code": "GoneException"}, "ResponseMetadata": {"HTTPStatusCode": 410}}
            raise ClientError(answer, "PostToConnection")

    def frames(self, id_: str) -> list[Frame]:
        """What this socket got, in the order in which it came."""
        return [frame for to, frame in list(self.sent) if to == id_]


@dataclass(frozen=True)
class Door:
    """What API Gateway does for sockets, in a few lines: ids, the three events, the way back."""

    api: "Api"
    table: str
    wires: Wires = field(default_factory=Wires)
    ids: Iterator[int] = field(default_factory=count)

    @property
    def site(self) -> str:
        return self.api.running.facts["site_url"]

    def address(self, token: str, *, at: str = HOTEL) -> str:
        return str(self.api.post(at, token)["url"])

    def open(self, token: str, *, at: str = HOTEL) -> str:
        """Opens a socket of this caller's; gives its id."""
        id_ = self.connect(self.address(token, at=at))
        assert id_
        return id_

    def connect(self, url: str, **headers: str | None) -> str | None:
        """The id of the socket if it may be opened, from our own page unless another `origin` is given."""
        import app

        id_ = f"socket-{next(self.ids):04d}"
        given = {name.title(): value for name, value in {"origin": self.site, **headers}.items() if value is not None}
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        answer = app.connect(_event(id_, headers=given, queryStringParameters=query or None), _CONTEXT)
        assert answer["statusCode"] in {200, 403}
        return id_ if answer["statusCode"] == 200 else None

    def receive(self, id_: str, frame: Frame | str) -> None:
        import app

        app.message(_event(id_, body=frame if isinstance(frame, str) else json.dumps(frame)), _CONTEXT)

    def disconnect(self, id_: str) -> None:
        import app

        app.disconnect(_event(id_), _CONTEXT)

    def items(self) -> list[dict[str, Any]]:
        """All that the live table holds."""
        found: list[dict[str, Any]] = self._dynamodb().scan(TableName=self.table, ConsistentRead=True)["Items"]
        return found

    def rows(self) -> list[str]:
        """The ids of the sockets that are known, once for each of a socket's two rows; in order."""
        kept = [item for item in self.items() if item["pk"]["S"].startswith("socket")]
        return sorted(json.loads(item["data"]["S"])["id"] for item in kept)

    def knows(self, *ids: str) -> bool:
        """Whether these sockets are known, both ways, and no others are."""
        return self.rows() == sorted([*ids, *ids])

    def _dynamodb(self) -> Any:
        return self.api.running.stack.deployment.client("dynamodb")


_CONTEXT = SimpleNamespace(aws_request_id="socket")


def _event(id_: str, **others: Any) -> dict[str, Any]:
    context = {"connectionId": id_, "apiId": "sockets", "stage": "api", "domainName": "sockets.test"}
    return {"requestContext": context, **others}


@contextmanager
def opened_door(api: "Api") -> Iterator[Door]:
    """Sockets of this process: their table is real, the way back to them is not."""
    from chalicelib.adapters import sockets

    with ExitStack() as ending, pytest.MonkeyPatch.context() as patch:
        door = Door(api, ending.enter_context(_own_live_table(api.running)))
        patch.setattr(sockets, "_connections", lambda: door.wires)
        yield door


@contextmanager
def _own_live_table(running: Running) -> Iterator[str]:
    """A live table like the stack's, in which its deployed functions push to nobody.

    They would find sockets that only this process knows gone, and forget them in the middle of a test.
    """
    from chalicelib.adapters.tables import CONNECTION, LiveItem

    deployment = running.stack.deployment
    dynamodb, name = deployment.client("dynamodb"), f"live-{uuid.uuid4().hex}"
    like = dynamodb.describe_table(TableName=deployment.outputs()["LiveTableName"])["Table"]
    indexes = [{key: each[key] for key in ("IndexName", "KeySchema", "Projection")} for each in _indexes(like)]
    facts = {key: like[key] for key in ("KeySchema", "AttributeDefinitions")}
    dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", GlobalSecondaryIndexes=indexes, **facts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LiveItem.Meta, "table_name", name)
        patch.setattr(LiveItem, "_connection", None)
        own = LiveItem._get_connection()
        for connection in (CONNECTION, _patient_connection()):
            connection.add_meta_table(own.get_meta_table())
        own.connection = _patient_connection()
        yield name
    dynamodb.delete_table(TableName=name)


@cache
def _patient_connection() -> Any:
    """A connection that waits for a busy machine: what is deleted by a call that is sent again gives nothing back."""
    from chalicelib.adapters.tables import REGION

    return Connection(region=REGION, read_timeout_seconds=30)


def _indexes(table: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table["GlobalSecondaryIndexes"]
    return found
