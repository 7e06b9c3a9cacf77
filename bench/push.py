"""How long an answer takes to reach an open page, beside the same stack's bare echo, and what it costs on the way.

Times are of a local stack on this machine: seconds say little, the ratio to an echo in the same run says more. `costs`
runs as a process of its own in the deployed functions' environment, one message an invocation; the deployed functions
do the same work beside it, and their lines in the log say what they really did.
"""

import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit

from bench.calls import agent, asked, hotel_user
from bench.engine import TABLES, bare_environment, free_port
from bench.tickets import HOTEL, hotel, sample, users
from bench.units import Meter, Written
from infra import build
from local import pms
from local.agents import agent_token
from local.client import Client
from local.stack import REGION, Stack

ANSWERS = 200
_TICKETS = 20
_WARM_UP = 20
_PATIENCE_SECONDS = 60
_ANSWER = "POST /v1/agent/tickets/{number}/messages"
_TEXT = "გასაგებია, ვამოწმებთ."


@dataclass(frozen=True)
class Cost:
    """What one invocation did: its calls of AWS, units, messages sent to queues."""

    what: str
    calls: int
    writes: int
    reads: float
    messages: int


@dataclass(frozen=True)
class Found:
    """Seconds of each answer's way and of each echo; what each function did, on the stack and counted one by one."""

    pushes: list[float]
    echoes: list[float]
    done: dict[str, float]
    costs: list[Cost]


def middle_and_last(seconds: list[float]) -> tuple[float, float]:
    """The median and the 99th percentile."""
    return median(seconds), quantiles(seconds, n=100, method="inclusive")[98]


def total(costs: list[Cost]) -> Cost:
    """All invocations together."""
    return Cost(
        f"{len(costs)} invocations",
        sum(each.calls for each in costs),
        sum(each.writes for each in costs),
        sum(each.reads for each in costs),
        sum(each.messages for each in costs),
    )


def measure(say: Callable[[str], None]) -> Found:
    """All of it, on a stack of its own."""
    with tempfile.TemporaryDirectory(prefix="deskbell bench ") as folder:
        stack = Stack(free_port(), free_port(), free_port(), Path(folder) / "state")
        with stack.running(lambda _: None) as up:
            user = Client(up.facts["api_url"], _hotel_token(stack))
            support = Client(up.facts["api_url"], agent_token(stack, "nino"))
            with _Page.opened(user.post("/v1/connections")["url"], up.facts["site_url"]) as page:
                say(f"answering {ANSWERS} times")
                numbers = [user.post("/v1/tickets", _request())["number"] for _ in range(_TICKETS)]
                _timed(page, support, numbers, _WARM_UP)
                began = _settled(stack, 0)
                pushes, echoes = _timed(page, support, numbers, ANSWERS)
                _settled(stack, began)
            done = _each(_lines(stack, began))
            for client in (user, support):
                client.close()
            say("counting what an answer costs")
            return Found(pushes, echoes, done, _costs(stack))


def _hotel_token(stack: Stack) -> str:
    user, zone = users(HOTEL)[0], hotel(HOTEL)["zone"]
    return pms.hotel_token(
        stack.state_dir, account=HOTEL, user=user.id, name=user.name, locale=user.locale, zoneinfo=zone
    )


def _request() -> dict[str, str]:
    given = sample(0)
    return {"topic": given.topic, "importance": "normal", "subject": given.subject, "text": given.text}


class _Page:
    """An open socket, and when each of its frames came."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._came: queue.SimpleQueue[tuple[float, dict[str, Any]]] = queue.SimpleQueue()

    @classmethod
    @contextmanager
    def opened(cls, url: str, origin: str) -> Iterator["_Page"]:
        from websockets.sync.client import connect
        from websockets.typing import Origin

        with connect(url, origin=Origin(origin), proxy=None, ping_interval=None, compression=None) as socket:
            page = cls(socket)
            listening = threading.Thread(target=page._listen)
            listening.start()
            try:
                yield page
            finally:
                socket.close()
                listening.join()

    def _listen(self) -> None:
        from websockets.exceptions import ConnectionClosed

        while True:
            try:
                text = self._socket.recv()
            except ConnectionClosed:
                return
            self._came.put((time.perf_counter(), json.loads(text)))

    def wait(self, is_it: Callable[[dict[str, Any]], bool]) -> float:
        """When the first frame came that it is; those before it are forgotten."""
        while True:
            at, frame = self._came.get(timeout=_PATIENCE_SECONDS)
            if is_it(frame):
                return at

    def echo(self) -> float:
        """Seconds from a ping to its pong."""
        id_ = uuid.uuid4().hex
        began = time.perf_counter()
        self._socket.send(json.dumps({"action": "ping", "id": id_}))
        return self.wait(lambda frame: frame.get("id") == id_) - began


def _timed(page: _Page, support: Client, numbers: list[str], times: int) -> tuple[list[float], list[float]]:
    """Seconds from an answer's response to its frame, and of an echo after each, when all is quiet again."""
    pushes, echoes = [], []
    for n in range(times):
        path = f"/v1/agent/tickets/{numbers[n % len(numbers)]}/messages"
        text = f"{_TEXT} {uuid.uuid4().hex}"
        support.post(path, {"text": text})
        answered = time.perf_counter()
        came = page.wait(partial(_tells_of, text))
        pushes.append(came - answered)
        echoes.append(page.echo())
    return pushes, echoes


def _tells_of(text: str, frame: dict[str, Any]) -> bool:
    return bool(frame.get("notification", {}).get("text") == text)


def _lines(stack: Stack, since: int) -> list[dict[str, Any]]:
    """The functions' lines of the log from that moment on (epoch milliseconds)."""
    logs = stack.deployment.client("logs")
    groups = [each["logGroupName"] for each in logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]]
    events = [
        event["message"]
        for group in groups
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
        for event in page["events"]
    ]
    lines = [json.loads(event) for event in events if event.startswith("{")]
    return [line for line in lines if "route" in line]


def _settled(stack: Stack, since: int) -> int:
    """Waits until every message that was sent since then is worked off; gives the moment (epoch milliseconds)."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    was: Counter[str] | None = None
    while time.monotonic() < deadline:
        counted = _messages(_lines(stack, since))
        if counted and counted == was and counted["relay"] <= counted["push"] + counted["remind"]:
            return int(time.time() * 1000)
        was = counted
        time.sleep(1)
    raise RuntimeError(f"the queues were not worked off: {was}")


def _messages(lines: list[dict[str, Any]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for line in lines:
        if line["route"] in {"relay", "push", "remind"}:
            counted[line["route"]] += line["messages"]
    return counted


def _each(lines: list[dict[str, Any]]) -> dict[str, float]:
    """What there was of each an answer: invocations by function, and messages."""
    invoked = Counter("answer" if line["route"] == _ANSWER else line["route"] for line in lines)
    found: Counter[str] = Counter({name: invoked[name] for name in ("answer", "relay", "push", "remind")})
    found["messages"] = _messages(lines)["relay"]
    failed = [line for line in lines if "error" in line]
    if failed or found["answer"] != ANSWERS:
        raise RuntimeError(f"{found['answer']} answers, failed: {failed}")
    words = {
        "answer": "invocations of the API",
        **{name: f"invocations of `{name}`" for name in ("relay", "push", "remind")},
        "messages": "messages through the queues",
    }
    return {words[name]: found[name] / ANSWERS for name in words}


def _costs(stack: Stack) -> list[Cost]:
    command = [sys.executable, "-m", "bench.push", str(stack.state_dir), stack.gateway_url]
    environment = {**bare_environment(), **_functions_environment(stack)}
    done = subprocess.run(command, cwd=build.ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return [Cost(**each) for each in json.loads(done.stdout.splitlines()[-1])]


def _functions_environment(stack: Stack) -> dict[str, str]:
    """What all deployed functions together have in their environment, and where this machine's AWS is."""
    functions = stack.deployment.client("lambda").get_paginator("list_functions").paginate()
    given: dict[str, str] = {}
    for function in (each for page in functions for each in page["Functions"]):
        given |= function["Environment"]["Variables"]
    access = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return {**given, **access, "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": stack.gateway_url}


def costs(stack: Stack) -> list[Cost]:
    """What a ticket's first answer costs, for one user who takes part and has one page open: each invocation."""
    from chalicelib.handlers import push, timers
    from chalicelib.settings import settings

    meter = _meter(stack)
    path = {"number": asked("POST", "/v1/tickets", hotel_user(), body=_request())["number"]}
    url = asked("POST", "/v1/connections", hotel_user())["url"]
    found: list[Cost] = []

    def count(what: str, do: Callable[[], Any]) -> list[tuple[str, str]]:
        with meter.running() as calls:
            do()
        writes, reads = sum(call.writes for call in calls), sum(call.reads for call in calls)
        found.append(Cost(what, len(calls), writes, reads, len(meter.sent)))
        return meter.sent

    with _Page.opened(url, stack.facts()["site_url"]):
        resource = "/v1/agent/tickets/{number}/messages"
        count("the answer itself", partial(asked, "POST", resource, agent(), path=path, body={"text": _TEXT}))
        events = dict(_changes(meter.written))
        relayed = [count(f"relay: {what}", partial(push.relay, event, "bench")) for what, event in events.items()]
        for address, body in chain.from_iterable(relayed):
            event = {"Records": [{"messageId": "1", "body": body}]}
            is_push = address == settings().pushes_queue
            what, handle = ("push", push.push) if is_push else ("remind", timers.remind)
            count(f"{what}: {json.loads(body)['type']}", partial(handle, event, "bench"))
    return found


def _meter(stack: Stack) -> Meter:
    outputs = stack.deployment.outputs()
    _, template = build.ensure_package(build.LOCAL)
    resources = json.loads(template.read_text())["Resources"]
    tables = {outputs[f"{name}Name"]: resources[name]["Properties"] for name in TABLES.values()}
    return Meter(tables, stack.deployment.client("dynamodb"))


def _changes(written: list[Written]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events that the tables' streams make of what was written, as their mappings let them through."""
    from chalicelib.settings import settings

    chosen = settings()
    for what, table in (("tickets", chosen.tickets_table), ("notifications", chosen.notifications_table)):
        ours = [each for each in written if each.table == table]
        records = [_record(each) for each in ours if what != "tickets" or each.key["sk"]["S"] == "ticket"]
        if records:
            yield what, {"Records": records}


def _record(written: Written) -> dict[str, Any]:
    old = {} if written.before is None else {"OldImage": written.before}
    return {
        "eventName": "MODIFY" if old else "INSERT",
        "eventSourceARN": f"arn:aws:dynamodb:{REGION}:000000000000:table/{written.table}/stream/bench",
        "dynamodb": {"Keys": written.key, "NewImage": written.after, **old},
    }


if __name__ == "__main__":
    address = urlsplit(sys.argv[2])
    running = Stack(address.port or 0, 0, 0, Path(sys.argv[1]))
    try:
        print(json.dumps([asdict(each) for each in costs(running)]))
    finally:
        running.deployment.close()
