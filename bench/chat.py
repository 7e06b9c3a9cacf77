"""How long a text of a chat takes beside a bare echo on the same stack, and what a million chats would cost.

Times are of a local stack on this machine, whose one worker handles the frames of all sockets of an API one after
another. The echo is a function of its own that posts back what came, under the same load, so the ratio says something.
The dollars are counted in a process of its own (`python -m bench.chat`, in the engine's environment): whole chats of
two pages, with the real services and tables. Sockets, queue and clock are this module's, and count what AWS bills.
"""

import asyncio
import io
import json
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from contextlib import closing, suppress
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import accumulate, pairwise
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from unittest.mock import patch

from bench import engine, growth
from bench.engine import free_port
from bench.money import FUNCTION, GATEWAY, GIGABYTE_SECOND, MESSAGE, MINUTE, QUEUE, READ_UNIT, WRITE_UNIT
from infra import build
from local import pms
from local.agents import agent_token
from local.client import Client
from local.processes import HOST
from local.stack import REGION, Stack

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from bench.units import Meter
    from chalicelib.domain.people import Caller
    from tests.chatting import InjectedWire, Talker

T = TypeVar("T")
Frame = dict[str, Any]
Say = Callable[[str], None]

SIZES = (1, 10, 50)
"""How many chats talk at once."""
SOCKETS, TEXTS = 200, 200
_ROUNDS = 4
"""Texts and echoes take turns so often, so that both meet what else the machine does."""
_PATIENCE_SECONDS = 60
_TEXT = "გასაგებია, ვამოწმებთ და რამდენიმე წუთში მოგწერთ."

GOAL = 230
"""Dollars a million chats."""
TURNS = (1, 2, 3) * 5
"""How many texts a side says before the other one does."""
READS_SECONDS, TYPES_SECONDS = 19, 20
"""What comes before each turn's first key, and how long all of its texts are typed."""
LASTS_SECONDS = 600
_TYPING_EVERY = 10
AT_ONCE = 3
"""How many chats a busy agent has: he types 20 of 78 seconds in each."""
_APART_SECONDS = 26
_STEP_SECONDS = 0.5
_MESSAGE_BYTES = 32 * 1024
_ASSUMED_SECONDS, _ASSUMED_GIGABYTES = 0.010, 1
SOCKETS_ROW, ENDS_ROW, CHECKS_ROW = "sockets", "beginning and end", "checks by the queue"
_ROWS = {"chat.typing": "typing", "chat.received": "receipts", "ping": "heartbeats"}


@dataclass(frozen=True)
class Times:
    """Seconds of each text's way and of each echo's, with this many at once."""

    texts: list[float]
    echoes: list[float]


@dataclass(frozen=True)
class Cost:
    """What AWS bills.

    Messages that sockets sent and got (of 32 KB), invocations, requests to the REST API, units that were written and
    read, requests to SQS, minutes of open sockets.
    """

    taken: float = 0
    sent: float = 0
    invocations: float = 0
    requests: float = 0
    writes: float = 0
    reads: float = 0
    queue: float = 0
    minutes: float = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(*(sum(both) for both in zip(astuple(self), astuple(other), strict=True)))

    def __truediv__(self, among: int) -> "Cost":
        return Cost(*(each / among for each in astuple(self)))


@dataclass(frozen=True)
class Found:
    """The times by how many chats talk; what one chat costs by how many its agent has at once, part by part."""

    times: dict[int, Times]
    costs: dict[int, dict[str, Cost]]


def total(costs: Iterable[Cost]) -> Cost:
    """All of them together."""
    return list(accumulate(costs, initial=Cost()))[-1]


def dollars(cost: Cost) -> dict[str, float]:
    """For a million of it, by what takes it; Lambda for being asked, not for its time."""
    return {
        "messages": (cost.taken + cost.sent) * MESSAGE,
        "open sockets": cost.minutes * MINUTE,
        "Lambda": cost.invocations * FUNCTION,
        "DynamoDB": cost.writes * WRITE_UNIT + cost.reads * READ_UNIT,
        "SQS": cost.queue * QUEUE,
        "REST API": cost.requests * GATEWAY,
    }


def time_dollars(cost: Cost) -> float:
    """What Lambda's time would add for a million of it, were each invocation 10 ms of 1 GB."""
    return cost.invocations * _ASSUMED_SECONDS * _ASSUMED_GIGABYTES * GIGABYTE_SECOND


def messages(size: int) -> int:
    """As how many messages API Gateway bills a frame of so many bytes."""
    return max(1, ceil(size / _MESSAGE_BYTES))


@dataclass(frozen=True)
class Deed:
    """What one of the two does, so many seconds after the chat began."""

    at: float
    by: Literal["visitor", "agent"]
    does: Literal["type", "say"]


def script() -> list[Deed]:
    """A chat as people write: turns of a few texts, and the frames of typing that a page makes of their keys.

    A page sends one at the first key of each text, and another one every ten seconds while it is typed.
    """
    deeds = []
    for turn, texts in enumerate(TURNS):
        by: Literal["visitor", "agent"] = "agent" if turn % 2 else "visitor"
        first_key = turn * (READS_SECONDS + TYPES_SECONDS) + READS_SECONDS
        keys = [first_key + TYPES_SECONDS * n / texts for n in range(texts + 1)]
        for begins, ends in pairwise(keys):
            marks = range(ceil((ends - begins) / _TYPING_EVERY))
            deeds += [Deed(begins + mark * _TYPING_EVERY, by, "type") for mark in marks]
            deeds.append(Deed(ends, by, "say"))
    return deeds


def measure(say: Say) -> Found:
    """All of it, on stacks of its own."""
    with tempfile.TemporaryDirectory(prefix="deskbell bench ") as folder:
        stack = Stack(free_port(), free_port(), free_port(), Path(folder) / "state")
        with stack.running(lambda _: None) as up:
            times = asyncio.run(_times(stack, up.facts, say))
    say(f"counting what a chat costs, alone and beside {AT_ONCE - 1} others")
    return Found(times, _costs())


async def timed(loops: list[Callable[[], Awaitable[float]]], times: int) -> list[float]:
    """What so many calls give, made by all loops at once; each makes its next one when its last has ended.

    The first ones, two of each loop and ten at least, find less of a queue than the later ones, and do not count.
    """
    found: list[float] = []
    before = max(10, 2 * len(loops))

    async def go_on(call: Callable[[], Awaitable[float]]) -> None:
        while len(found) < before + times:
            found.append(await call())

    await asyncio.gather(*map(go_on, loops))
    return found[before : before + times]


class _Socket:
    """An open socket, its frames, and when those came that somebody waits for."""

    def __init__(self, connection: "ClientConnection") -> None:
        self._connection = connection
        self._awaited: dict[str, asyncio.Future[float]] = {}
        self.frames: list[Frame] = []
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def opened(cls, url: str, origin: str) -> "_Socket":
        from websockets.asyncio.client import connect
        from websockets.typing import Origin

        nothing: Any = {"proxy": None, "ping_interval": None, "compression": None}
        return cls(await connect(url, origin=Origin(origin), open_timeout=_PATIENCE_SECONDS, **nothing))

    async def _read(self) -> None:
        from websockets.exceptions import ConnectionClosed

        with suppress(ConnectionClosed):
            async for text in self._connection:
                self._take(time.perf_counter(), json.loads(text))

    def _take(self, at: float, frame: Frame) -> None:
        arrival = self._awaited.pop(frame.get("body", {}).get("text") or frame.get("id", ""), None)
        if arrival is None:
            self.frames.append(frame)
        else:
            arrival.set_result(at)

    async def way(self, frame: Frame, key: str, to: "_Socket") -> float:
        """Seconds from sending the frame to the arrival of one with this text or id on the other socket."""
        arrival: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        to._awaited[key] = arrival  # noqa: SLF001 - its own kind
        began = time.perf_counter()
        await self.send(frame)
        try:
            return await asyncio.wait_for(arrival, _PATIENCE_SECONDS) - began
        except TimeoutError:
            raise RuntimeError(f"{frame} did not arrive; its sender was told last: {self.frames[-3:]}") from None

    async def send(self, frame: Frame) -> None:
        await self._connection.send(json.dumps(frame, ensure_ascii=False))

    async def beat(self) -> None:
        """A sign of life, and what was sent before is worked off."""
        id_ = uuid.uuid4().hex
        await self.way({"action": "ping", "id": id_}, id_, self)

    async def close(self) -> None:
        await self._connection.close()
        await self._reading


class _Chat:
    """Two sockets whose owners say a text each by turns, and what was received goes along."""

    def __init__(self, id_: str, leg: int, visitor: _Socket, agent: _Socket) -> None:
        self.sides = [visitor, agent]
        self._where, self._said, self._turn = {"chat": id_, "leg": leg}, [0, 0], 0

    async def say(self) -> float:
        who, self._turn = self._turn, 1 - self._turn
        self._said[who] += 1
        text = f"{_TEXT} {uuid.uuid4().hex}"
        counts = {"n": self._said[who], "received": self._said[1 - who]}
        frame = {"action": "chat.message", **self._where, **counts, "body": {"text": text}}
        return await self.sides[who].way(frame, text, self.sides[1 - who])


async def _echo(socket: _Socket) -> float:
    """Seconds of a frame like a text's, there and back."""
    text = f"{_TEXT} {uuid.uuid4().hex}"
    where = {"chat": uuid.uuid4().hex, "leg": 1, "n": 1, "received": 0}
    return await socket.way({"action": "chat.message", **where, "body": {"text": text}}, text, socket)


async def _times(stack: Stack, facts: dict[str, str], say: Say) -> dict[int, Times]:
    say(f"opening {SOCKETS} sockets, and {max(SIZES)} to the echo")
    pages, agents = await _open_pages(stack, facts)
    address = _deploy_echo(stack)
    echoes = [await _Socket.opened(address, facts["site_url"]) for _ in range(max(SIZES))]
    chats: list[_Chat] = []
    found = {}
    for size in SIZES:
        say(f"saying {TEXTS} texts, {size} at once")
        chats += [await _begun(pages[n], agents[n]) for n in range(len(chats), size)]
        texts, bare = [], []
        for _ in range(_ROUNDS):
            for socket in {side for chat in chats for side in chat.sides}:
                await socket.beat()
            texts += await timed([chat.say for chat in chats], TEXTS // _ROUNDS)
            bare += await timed([partial(_echo, each) for each in echoes[:size]], TEXTS // _ROUNDS)
        found[size] = Times(texts, bare)
    await asyncio.gather(*(each.close() for each in [*pages, *agents, *echoes]))
    await _worked_off(stack)
    return found


async def _worked_off(stack: Stack) -> None:
    """Waits until the service has forgotten every socket: MiniStack does not stop cleanly before."""
    dynamodb, table = stack.deployment.client("dynamodb"), stack.deployment.outputs()["LiveTableName"]
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if not any(item["pk"]["S"].startswith("socket") for item in dynamodb.scan(TableName=table)["Items"]):
            return
        await asyncio.sleep(1)
    raise RuntimeError("sockets that were closed are still known")


async def _open_pages(stack: Stack, facts: dict[str, str]) -> tuple[list[_Socket], list[_Socket]]:
    """Pages of hotel users, the first ones of different users; and an agent's page for each chat.

    Several chats of one agent would wait for each other: MiniStack handles the frames of one socket one by one.
    """
    most, at = max(SIZES), (facts["api_url"], facts["site_url"])
    tokens = [_hotel_token(stack, n) for n in range(most)]
    pages = [await _open_page(*at, "/v1/connections", tokens[n % most]) for n in range(SOCKETS - most)]
    named = [agent_token(stack, f"agent{n}") for n in range(most)]
    return pages, [await _open_page(*at, "/v1/agent/connections", token) for token in named]


def _hotel_token(stack: Stack, n: int) -> str:
    return pms.hotel_token(stack.state_dir, account=f"hotel-{n % 10}", user=f"user-{n}", name="Anna")


async def _open_page(api_url: str, origin: str, at: str, token: str) -> _Socket:
    with closing(Client(api_url, token)) as client:
        return await _Socket.opened(client.post(at)["url"], origin)


async def _begun(visitor: _Socket, agent: _Socket) -> _Chat:
    """A chat with this agent, who is the only one with room."""
    await agent.send({"action": "agent.status", "available": True, "capacity": 1, "locales": ["ka"]})
    await _first(agent, "agent.status")
    await visitor.send({"action": "chat.start", "id": uuid.uuid4().hex, "languages": ["ka"]})
    offer = await _first(agent, "chat.offered")
    await agent.send({"action": "chat.accept", "chat": offer["chat"], "leg": offer["leg"]})
    joined = await _first(visitor, "chat.joined")
    return _Chat(joined["chat"], joined["leg"], visitor, agent)


async def _first(socket: _Socket, event: str) -> Frame:
    """The first frame of this event on this socket."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = [frame for frame in socket.frames if frame["event"] == event]
        if found:
            return found[0]
        await asyncio.sleep(0.01)
    raise RuntimeError(f"no {event} came, but {socket.frames}")


_ECHO = """
import os
import boto3
CONNECTIONS = boto3.client("apigatewaymanagementapi", endpoint_url=os.environ["CONNECTIONS_URL"])
def echo(event, context):
    context_ = event["requestContext"]
    if context_["eventType"] == "MESSAGE":
        CONNECTIONS.post_to_connection(ConnectionId=context_["connectionId"], Data=event["body"].encode())
    print("echo")  # MiniStack waits 50 ms for a line
    return {"statusCode": 200}
"""


def _deploy_echo(stack: Stack) -> str:
    """A websocket API of its own whose only function posts back what came; gives its address."""
    apis, name = stack.deployment.client("apigatewayv2"), "bench-echo"
    selection = "$request.body.action"
    api = apis.create_api(Name=name, ProtocolType="WEBSOCKET", RouteSelectionExpression=selection)["ApiId"]
    place = f"_aws/execute-api/{api}/api"
    function = _echo_function(stack, name, place)
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"
    integration = apis.create_integration(ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=uri)["IntegrationId"]
    apis.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration}")
    apis.create_stage(ApiId=api, StageName="api", AutoDeploy=True)
    return f"ws://{HOST}:{stack.port}/{place}"


def _echo_function(stack: Stack, name: str, place: str) -> str:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as zipped:
        zipped.writestr("bare.py", _ECHO)
    function = stack.deployment.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="bare.echo",
        Role=_echo_role(stack, name),
        Code={"ZipFile": code.getvalue()},
        MemorySize=1024,
        Environment={"Variables": {"CONNECTIONS_URL": f"{stack.gateway_url}/{place}"}},
    )
    return str(function["FunctionArn"])


def _echo_role(stack: Stack, name: str) -> str:
    iam = stack.deployment.client("iam")
    trust = _policy(Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    posting = _policy(Action="execute-api:ManageConnections", Resource="*")
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=posting)
    return str(role)


def _policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def _costs() -> dict[int, dict[str, Cost]]:
    command = [sys.executable, "-m", "bench.chat"]
    with engine.running() as environment:
        done = subprocess.run(command, cwd=build.ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return {int(chats): {what: Cost(**cost) for what, cost in costs.items()} for chats, costs in found.items()}


class _Aws:
    """What API Gateway, SQS and the clock do for chats, and what is billed of it, part by part."""

    def __init__(self, meter: "Meter") -> None:
        self._meter = meter
        self.now = datetime(2100, 1, 4, 12, tzinfo=UTC)  # a Monday, beyond what MiniStack could find expired
        self.found: defaultdict[str, Cost] = defaultdict(Cost)
        self._wires: dict[str, InjectedWire] = {}
        self._heard_at: dict[str, float] = {}
        self._queue: list[tuple[datetime, str]] = []
        self._posted = self._asked = 0

    @property
    def clock(self) -> float:
        return self.now.timestamp()

    @property
    def is_idle(self) -> bool:
        return not self._queue

    def post_to_connection(self, *, ConnectionId: str, Data: bytes) -> None:  # noqa: N803 - botocore's names
        self._posted += messages(len(Data))
        self._heard_at[ConnectionId] = self.clock
        self._wires[ConnectionId].frames.append(json.loads(Data))

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Frame:  # noqa: ARG002, N803 - botocore's names
        self._asked += 1
        self._queue += [
            (self.now + timedelta(seconds=each["DelaySeconds"]), str(each["MessageBody"])) for each in Entries
        ]
        return {}

    def count(self, what: str, do: Callable[[], T], **billed: float) -> T:
        """Does it; what it asks for is this part's, with what is billed beside."""
        self._posted = self._asked = 0
        with self._meter.running() as calls:
            done = do()
        writes, reads = sum(call.writes for call in calls), sum(call.reads for call in calls)
        units = Cost(sent=self._posted, queue=self._asked, writes=writes, reads=reads)
        self.found[what] += units + Cost(**billed)
        return done

    def open(self, who: "Caller") -> "InjectedWire":
        from chalicelib.services.sockets import connect, offer_connection
        from chalicelib.settings import settings
        from tests.chatting import InjectedWire

        address = self.count(SOCKETS_ROW, lambda: offer_connection(who, self.now), requests=1, invocations=1)
        id_, ticket, origin = f"socket-{len(self._wires)}", address.url.partition("?ticket=")[2], settings().origins[0]
        if not self.count(SOCKETS_ROW, lambda: connect(id_, ticket, origin, self.now), invocations=1):
            raise RuntimeError("the socket was refused")
        wire = InjectedWire(partial(self._receive, id_))
        self._wires[id_], self._heard_at[id_] = wire, self.clock
        return wire

    def _receive(self, id_: str, frame: Frame) -> None:
        from chalicelib.services.sockets import receive
        from tests.chatting import HEARTBEAT

        action, body = frame["action"], frame.get("body", {})
        if action == "ping" and self.clock >= self._heard_at[id_] + HEARTBEAT:
            frame = {"id": "1", **frame}  # a page asks for an answer where nothing came, to know a dead socket
        what = "texts" if "text" in body else _ROWS.get(action, ENDS_ROW)
        text = json.dumps(frame, ensure_ascii=False)
        billed = {"taken": messages(len(text.encode())), "invocations": 1}
        did = self.count(what, lambda: receive(id_, text, self.now), **billed)
        if did != action:
            raise RuntimeError(f"{action} was answered with {did}")

    def close(self, wire: "InjectedWire", opened: datetime) -> None:
        from chalicelib.services.sockets import disconnect

        (id_,) = (id_ for id_, each in self._wires.items() if each is wire)
        minutes = (self.now - opened).total_seconds() / 60
        self.count(SOCKETS_ROW, lambda: disconnect(id_, self.now), invocations=1, minutes=minutes)

    def pass_time(self) -> None:
        """A moment goes by, and what the queue holds comes when it is due: each message by itself."""
        import msgspec

        from chalicelib.services.handing_out import ChatTold
        from chalicelib.services.looking import handle

        self.now += timedelta(seconds=_STEP_SECONDS)
        due = [body for at, body in self._queue if at <= self.now]
        self._queue = [(at, body) for at, body in self._queue if at > self.now]
        for body in due:
            told = msgspec.json.decode(body, type=ChatTold)
            self.count(CHECKS_ROW, partial(handle, told, self.now), invocations=1, queue=2)  # received, then deleted


class _Person:
    """One page with its socket, open since a moment."""

    def __init__(self, aws: _Aws, who: "Caller", role: Literal["visitor", "agent"]) -> None:
        from tests.chatting import Talker

        self._aws, self._opened, self._wire = aws, aws.now, aws.open(who)
        self.talker: Talker = Talker(role, lambda: self._wire, lambda: aws.clock, accepts=role == "agent")

    def leave(self) -> None:
        self._aws.close(self._wire, self._opened)


class _Visit:
    """A chat from the visitor's coming to his going, done step by step."""

    def __init__(self, aws: _Aws, agent: "Talker", name: str) -> None:
        self._aws, self._agent, self._name = aws, agent, name
        self.person: _Person | None = None

    @property
    def _visitor(self) -> "Talker":
        assert self.person is not None
        return self.person.talker

    def begin(self) -> None:
        from chalicelib.domain.people import AccountId, HotelUser
        from chalicelib.services.availability import availability
        from tests.chatting import Intro

        until = self._aws.now + timedelta(hours=1)
        who = HotelUser(account=AccountId(f"demo/{self._name}"), id="anna", name="Anna", expires_at=until)
        self.person = _Person(self._aws, who, "visitor")
        self._aws.count(ENDS_ROW, lambda: availability("ka", self._aws.now), requests=1, invocations=1)
        self._visitor.start(Intro("Anna", "+995 555 123 456", _TEXT), "ka")

    def do(self, deed: Deed) -> None:
        talker = self._agent if deed.by == "agent" else self._visitor
        chat = self._visitor.side.chat
        if deed.does == "type":
            talker.type(chat)
        else:
            talker.say(_TEXT, chat)

    def end(self) -> None:
        chat, said = self._visitor.side.chat, sum(TURNS)
        if not len(self._visitor.texts()) == len(self._agent.texts(chat)) == said:
            raise RuntimeError("not all that was said has arrived")
        self._visitor.end()

    def leave(self) -> None:
        assert self.person is not None
        self.person.leave()
        self.person = None


def play(meter: "Meter", chats: int) -> dict[str, Cost]:
    """What one chat costs, part by part, of so many that an agent has at once, who is there for all of them."""
    from chalicelib.adapters import queues, sockets
    from chalicelib.domain.people import Agent

    aws = _Aws(meter)
    began, until = aws.now, aws.now + timedelta(hours=1)
    with patch.object(sockets, "_connections", lambda: aws), patch.object(queues, "_sqs", lambda: aws):
        agent = _Person(aws, Agent(id=f"agent-{chats}", name="Nino", expires_at=until), "agent")
        agent.talker.status("ka", capacity=AT_ONCE)
        visits = [_Visit(aws, agent.talker, f"hotel-{chats}-{n}") for n in range(chats)]
        plan = _plan(visits)
        plan.append((max(at for at, _ in plan), agent.leave))
        while plan or not aws.is_idle:
            elapsed = (aws.now - began).total_seconds()
            due, plan = [do for at, do in plan if at <= elapsed], [(at, do) for at, do in plan if at > elapsed]
            for do in due:
                do()
            for talker in (agent.talker, *(visit.person.talker for visit in visits if visit.person)) if plan else ():
                talker.pump()
            aws.pass_time()
    return {what: cost / chats for what, cost in aws.found.items()}


def _plan(visits: list[_Visit]) -> list[tuple[float, Callable[[], None]]]:
    """What happens how many seconds after the first chat began, in this order where two happen at once."""
    plan: list[tuple[float, Callable[[], None]]] = []
    for n, visit in enumerate(visits):
        begins = n * _APART_SECONDS
        plan.append((begins, visit.begin))
        plan += [(begins + deed.at, partial(visit.do, deed)) for deed in script()]
        plan.append((begins + LASTS_SECONDS, visit.end))
        plan.append((begins + LASTS_SECONDS + _STEP_SECONDS, visit.leave))
    return plan


if __name__ == "__main__":
    engine.wait_longer()
    counting = growth.meter()
    played = {chats: play(counting, chats) for chats in (1, AT_ONCE)}
    print(json.dumps({chats: {what: asdict(cost) for what, cost in costs.items()} for chats, costs in played.items()}))
