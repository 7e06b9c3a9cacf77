"""Faults between the functions and AWS, and a journal that tells what was lost or doubled by them."""

import contextlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx

from infra.deploy import Deployment
from local.processes import HOST
from local.stack import Stack
from tests.conftest import wait_until

Outcome = Literal["ok", "failed", "unknown"]
Rule = dict[str, Any]

LATE_MS = 1500
"""Longer than a call waits for its answer (1 s): the request is given up, and still carried out afterwards."""


def _error(code: str, status: int, **fields: Any) -> Rule:
    return {"error": {"code": code, "status": status, "fields": fields}}


def _cancelled(reason: str) -> Rule:
    reasons = [{"Code": reason, "Message": "played"}, {"Code": "None"}]
    return _error("TransactionCanceledException", 400, CancellationReasons=reasons)


FAULTS: dict[str, Rule] = {
    "throttled": _error("ProvisionedThroughputExceededException", 400),
    "throttled by the account": _error("ThrottlingException", 400),
    "AWS's own fault": _error("InternalServerError", 500),
    "unavailable": _error("ServiceUnavailable", 503),
    "late": {"latency": LATE_MS},
    "reset": {"reset": True},
    "reply lost": {"response": {"abort_bytes": 0}},
}
CANCELLED: dict[str, Rule] = {
    "conflict": _cancelled("TransactionConflict"),
    "transaction throttled": _cancelled("ThrottlingError"),
}
S3_FAULTS: dict[str, Rule] = {
    **{kind: FAULTS[kind] for kind in ("late", "reset", "reply lost")},
    "slow down": _error("SlowDown", 503),
    "AWS's own fault": _error("InternalError", 500),
}


@dataclass(frozen=True)
class Behind(Stack):
    """A stack whose functions reach AWS through another address; without IAM, since that changes what is signed."""

    endpoint: str = ""

    def _environment(self) -> dict[str, str]:
        return {**super()._environment(), "AUTH": "false", "AWS_ENDPOINT_URL": self.endpoint}


@dataclass(frozen=True)
class BehindSockets(Behind):
    """One whose frames to open sockets go through there too, and that pages cannot use: sockets do not pass."""

    def parameters(self) -> dict[str, str]:
        return {**super().parameters(), "GatewayUrl": self.endpoint}


class Microburst:
    """The proxy that makes the faults."""

    def __init__(self, port: int) -> None:
        self.url = f"http://{HOST}:{port}"
        self._http = httpx.Client(base_url=f"{self.url}/_microburst", trust_env=False)

    @contextlib.contextmanager
    def running(self, upstream: str, log: Path) -> Iterator[None]:
        command = [str(Path(sys.executable).parent / "microburst"), "--host", HOST, "--upstream", upstream]
        with log.open("ab") as out, self._http:
            process = subprocess.Popen([*command, "--port", self.url.rpartition(":")[2]], stdout=out, stderr=out)
            try:
                wait_until(self._is_up)
                yield
            finally:
                process.terminate()
                process.wait(10)

    def _is_up(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return self._http.get("/health").is_success
        return False

    @contextlib.contextmanager
    def faults(self, *rules: Rule, spent_within: float = 0) -> Iterator[list[dict[str, Any]]]:
        """These rules beside those of others, until the block ends; then the list holds each fault of theirs.

        What is asked for again by itself may meet its last fault after the block: so many seconds are waited for that.
        """
        fired: list[dict[str, Any]] = []
        added = self._http.patch("/rules", json=list(rules)).raise_for_status().json()
        try:
            yield fired
            if spent_within:
                wait_until(lambda: self._are_spent(added), within=spent_within)
        finally:
            ours = [{name: rule[name] for name in rule if name not in {"id", "fired_count"}} for rule in added]
            self._http.request("DELETE", "/rules", json=ours).raise_for_status()
            for rule in added:
                found = self._http.get("/fired", params={"limit": 2000, "rule_id": rule["id"]})
                fired += found.raise_for_status().json()

    def _are_spent(self, added: list[Rule]) -> bool:
        counts = {rule["id"]: rule["fired_count"] for rule in self._http.get("/rules").raise_for_status().json()}
        return all(counts[rule["id"]] == rule["times"] for rule in added)

    def is_quiet(self) -> bool:
        """Whether everything that is to reach AWS has been sent there, late requests too."""
        stats = self._http.get("/stats").raise_for_status().json()
        answered = sum(each["fired"] for each in stats["by_rule"] if each["describe"].startswith(("error", "reset")))
        return bool(stats["requests"]["forwarded"] + answered == stats["requests"]["total"])


@dataclass
class Journal:
    """What the clients did, each thing under an id that the service keeps with it, and what they were told of it."""

    told: dict[str, Outcome] = field(default_factory=dict)

    def differences(self, found: Mapping[str, int]) -> list[str]:
        """Where what is there contradicts what was told; `found` says how often each id is there."""
        wrong = []
        for id_, outcome in self.told.items():
            times = found.get(id_, 0)
            allowed = {"ok": (1,), "failed": (0,), "unknown": (0, 1)}[outcome]
            if times not in allowed:
                wrong.append(f"{id_}: told {outcome}, there {times} times")
        return wrong + [f"{id_}: there, and nobody did it" for id_ in found if id_ not in self.told]


@dataclass
class Kept:
    """What the tables keep of some accounts and agents, sorted by what it is."""

    heads: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[Any]] = field(default_factory=dict)
    entries: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    uploads: list[tuple[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, deployment: Deployment, names: tuple[str, ...]) -> "Kept":
        """What belongs to one of these names: accounts, or ids of agents."""
        kept, outputs, dynamodb = cls(), deployment.outputs(), deployment.client("dynamodb")
        for table in ("TicketsTableName", "NotificationsTableName", "LiveTableName"):
            pages = dynamodb.get_paginator("scan").paginate(TableName=outputs[table], ConsistentRead=True)
            for raw in (raw for page in pages for raw in page["Items"]):
                item = {name: next(iter(value.values())) for name, value in raw.items()}
                if any(name in f"{item['pk']} {item.get('account')}" for name in names):
                    kept.add(item["pk"], item["sk"], item.get("state"), json.loads(item.get("data", "null")))
        return kept

    def add(self, partition: str, sort_key: str, state: str | None, data: Any) -> None:
        """Puts an item where its sort key says that it belongs."""
        kind, number = sort_key.partition("#")[0], partition.rpartition("#")[2]
        if kind == "ticket" and data is None:
            self.numbers.add(number)
        elif kind == "ticket":
            self.heads[number] = {"status": "new", **data}  # what is at its default is not written out
        elif kind == "row":
            self.rows.setdefault(data["number"], []).append(data)
        elif kind in {"thread", "note"}:
            self.entries.setdefault(number, []).append((sort_key, data))
        elif kind == "audit":
            self.changes.append(data["changes"])
        elif kind == "answer" and data["is_unread"]:
            self.unread.add(data["answered"]["number"])
        elif kind == "upload":
            self.uploads.append((state or "", data))

    def done(self) -> Counter[str]:
        """How often each thing that a client does is there: a text, a subject, a file's name, an end, a reading."""
        found = Counter(entry["text"] for entries in self.entries.values() for _, entry in entries)
        found.update(change["subject"][1] for change in self.changes if change.get("subject", [None])[0] is not None)
        found.update(upload["name"] for _, upload in self.uploads)
        for number, head in self.heads.items():
            has_answer = any(
                sort_key.startswith("thread") and entry["author"]["kind"] == "agent"
                for sort_key, entry in self.entries.get(number, ())
            )
            found[f"closed {number}"] += head.get("closed_at") is not None
            found[f"read {number}"] += has_answer and not head.get("unopened") and number not in self.unread
        return +found

    def contradictions(self) -> list[str]:
        """What does not fit together: counts, rows, numbers, claimed files."""
        wrong = [f"{number}: messages without a ticket" for number in self.entries.keys() - self.heads.keys()]
        if not self.heads.keys() == self.rows.keys() == self.numbers:
            wrong.append(f"heads {set(self.heads)}, rows {set(self.rows)}, numbers {self.numbers}")
        for number, head in self.heads.items():
            sort_keys = sorted(sort_key for sort_key, _ in self.entries.get(number, ()))
            messages = [f"thread#{count:06d}" for count in range(1, head["messages"] + 1)]
            notes = sorted(int(each.rpartition("#")[2]) for each in sort_keys if each.startswith("note"))
            if [each for each in sort_keys if each.startswith("thread")] != messages:
                wrong.append(f"{number}: {head['messages']} messages counted, there are {sort_keys}")
            if notes != list(range(1, head.get("notes", 0) + 1)):
                wrong.append(f"{number}: {head['notes']} notes counted, there are {notes}")
            shown = ("status", "subject", "topic_now", "updated_at", "unopened")
            if [[row.get(name) or 0 for name in shown] for row in self.rows.get(number, ())] != [
                [head.get(name) or 0 for name in shown]
            ]:
                wrong.append(f"{number}: its rows are {self.rows.get(number)}")
        claimed = sorted(upload["key"] for state, upload in self.uploads if state == "claimed")
        files = [entry.get("attachment") for entries in self.entries.values() for _, entry in entries]
        if claimed != sorted(file["key"] for file in files if file):
            wrong.append(f"claimed are {claimed}, attached are {files}")
        return wrong
