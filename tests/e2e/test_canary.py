"""What is said in a chat is nowhere afterwards: marked texts go every way, then all that keeps anything is searched.

The same search finds what was planted in a ticket, a file, a queue and a line of a log, so it does search.
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from local.client import Client
from tests.conftest import Running, wait_until
from tests.contract.conftest import declaration
from tests.pages import AGENT, Page

TABLES = ("TicketsTableName", "NotificationsTableName", "LiveTableName")
DEAD_LETTERS = ("PushesDeadLettersUrl", "TimersDeadLettersUrl")


@dataclass(frozen=True)
class Search:
    """Everything of a stack that keeps anything, searched for a text: where it was found."""

    running: Running

    def places(self, marker: str) -> set[str]:
        return {place for place, text in self._everything() if marker in text}

    def _aws(self, service: str) -> Any:
        return self.running.stack.deployment.client(service)

    def _everything(self) -> Iterator[tuple[str, str]]:
        outputs = self.running.stack.deployment.outputs()
        for table in TABLES:
            pages = self._aws("dynamodb").get_paginator("scan").paginate(TableName=outputs[table])
            yield table, "".join(json.dumps(page["Items"], default=str) for page in pages)
            yield f"stream of {table}", "".join(self._stream(outputs[table]))
        for bucket in self._aws("s3").list_buckets()["Buckets"]:
            yield "bucket", "".join(self._versions(bucket["Name"]))
        for queue in DEAD_LETTERS:
            yield queue, "".join(self._messages(outputs[queue]))
        for group in self._aws("logs").describe_log_groups()["logGroups"]:
            pages = self._aws("logs").get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
            yield "log group", "".join(event["message"] for page in pages for event in page["events"])
        yield "metrics", json.dumps(self._aws("cloudwatch").list_metrics()["Metrics"], default=str)
        for path in sorted(self.running.stack.state_dir.rglob("*")):
            if path.is_file():
                yield f"file {path.name}", path.read_bytes().decode(errors="replace")

    def _stream(self, table: str) -> Iterator[str]:
        streams = self._aws("dynamodbstreams")
        for stream in streams.list_streams(TableName=table)["Streams"]:
            for shard in streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]:
                iterator = streams.get_shard_iterator(
                    StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
                )["ShardIterator"]
                while iterator:
                    page = streams.get_records(ShardIterator=iterator, Limit=1000)
                    yield json.dumps(page["Records"], default=str)
                    iterator = page.get("NextShardIterator") if page["Records"] else None

    def _versions(self, bucket: str) -> Iterator[str]:
        s3 = self._aws("s3")
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for each in page.get("Versions", ()):
                found = s3.get_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])
                yield json.dumps([each["Key"], found["Metadata"]]) + found["Body"].read().decode(errors="replace")

    def _messages(self, queue: str) -> Iterator[str]:
        got = self._aws("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
        for message in got.get("Messages", ()):
            yield message["Body"]


@dataclass
class Talk:
    """A visitor and an agent who say marked things in every way there is, good and bad."""

    running: Running
    visitor: Client
    agent: Client
    marker: str

    def go(self) -> None:
        site = self.running.facts["site_url"]
        agent, visitor = Page(self.agent, site, at=AGENT), Page(self.visitor, site)
        agent.send({"action": "agent.status", "available": True, "capacity": 2, "locales": ["pl"]})
        agent.wait_for("agent.status")
        visitor.send({"action": "chat.start", "id": "s", "languages": ["pl"]})
        chat = agent.wait_for("chat.offered")["chat"]
        agent.send({"action": "chat.accept", "chat": chat, "leg": 1})
        visitor.wait_for("chat.joined")
        self._say_everything(visitor, agent, chat)
        self._break_everything(visitor, chat)
        self._break_everything(agent, chat)
        agent.close()
        visitor.wait_for("chat.peer_away")
        self._say(visitor, chat, 1, 2, {"text": f"to nobody {self.marker}"})
        visitor.wait_for("chat.peer_away")
        back = Page(self.agent, site, at=AGENT)
        back.send({"action": "chat.resume", "chat": chat, "leg": 1, "sent": 0, "shown": 0, "lost": True})
        assert back.wait_for("chat.resumed")["leg"] == 2
        self._say(visitor, chat, 2, 1, self._intro())
        self._say(visitor, chat, 2, 2, {"replay": [{"from": "agent", "text": self.marker, "at": "2026-11-27"}]})
        back.wait_for("chat.message", n=2)
        self._say(visitor, chat, 1, 9, {"text": f"of an older leg {self.marker}"})
        visitor.wait_for("error", code="leg_over")
        visitor.send({"action": "chat.end", "chat": chat})
        back.wait_for("chat.ended")
        self._say(visitor, chat, 2, 3, {"text": f"after the end {self.marker}"})
        visitor.wait_for("error", code="chat_over")
        for page in (visitor, back):
            page.close()

    def _say_everything(self, visitor: Page, agent: Page, chat: str) -> None:
        self._say(visitor, chat, 1, 1, self._intro())
        assert agent.wait_for("chat.message")["body"] == self._intro()
        for n in range(1, 6):
            self._say(agent, chat, 1, n, {"text": f"{n} {self.marker}"})
        assert self.marker in visitor.wait_for("chat.message", n=5)["body"]["text"]

    def _break_everything(self, page: Page, chat: str) -> None:
        said = {"action": "chat.message", "chat": chat, "leg": 1, "n": 1}
        for bad in (
            {**said, "body": {"text": self.marker * 400}},
            {**said, "body": {"text": self.marker, self.marker: 1}},
            {**said, "body": {"text": self.marker}, "chat": self.marker},
            {**said, "body": self.marker, "n": 2},
            {**said, "n": self.marker, "body": {"text": "x"}},
            {"action": "chat.resume", "chat": chat, "leg": 1, "sent": self.marker, "shown": 0, "lost": False},
            {"action": self.marker},
            {"action": "chat.start", "id": "x", "languages": [self.marker]},
            {"action": "ping", "chats": [{"chat": self.marker, "leg": 1}]},
        ):
            page.send(bad)
        page.send(json.dumps({**said, "body": {"text": self.marker}})[:-3])
        page.send(json.dumps({**said, "body": {"text": "x" * 33_000 + self.marker}}))
        page.send(self.marker)
        page.send({"action": "ping", "id": "last"})
        page.wait_for("pong", id="last")

    def _say(self, page: Page, chat: str, leg: int, n: int, body: Any) -> None:
        page.send({"action": "chat.message", "chat": chat, "leg": leg, "n": n, "body": body})

    def _intro(self) -> dict[str, Any]:
        return {"intro": {"name": f"n {self.marker}", "phone": self.marker[:32], "question": f"q {self.marker}"}}


@pytest.fixture
def search(running: Running) -> Search:
    return Search(running)


@pytest.fixture
def talk(running: Running, account: str) -> Talk:
    agent = running.client(running.agent_token(f"chatting-{account}"))
    return Talk(running, running.client(running.hotel_token(account)), agent, f"kanarek-{uuid.uuid4().hex}")


def _plant(running: Running, account: str, marker: str) -> None:
    """Puts the marker where such things stand by right: a ticket, a file, a queue's message, a log's line."""
    hotel = running.client(running.hotel_token(account))
    content = f"{marker}\n".encode()
    ready = hotel.post("/v1/uploads", declaration(content, "text/plain", "canary.txt"))
    httpx.put(ready["url"], content=content, headers=ready["headers"], trust_env=False).raise_for_status()
    request = {"topic": "other", "subject": marker, "text": marker, "importance": "low"}
    hotel.post("/v1/tickets", {**request, "upload_id": ready["upload_id"]})
    deployment = running.stack.deployment
    logs, now = deployment.client("logs"), int(datetime.now(UTC).timestamp() * 1000)
    logs.create_log_group(logGroupName=f"/canary/{marker}")
    logs.create_log_stream(logGroupName=f"/canary/{marker}", logStreamName="s")
    logs.put_log_events(
        logGroupName=f"/canary/{marker}", logStreamName="s", logEvents=[{"timestamp": now, "message": marker}]
    )
    later = json.dumps({"type": "check_chat", "chat": marker, "at": "2026-01-01T00:00:00Z"})
    deployment.client("sqs").send_message(
        QueueUrl=deployment.outputs()["TimersQueueUrl"], MessageBody=later, DelaySeconds=600
    )


FOUND = {
    "TicketsTableName",
    "stream of TicketsTableName",
    "bucket",
    "log group",
    "file dynamodb.json",
    "file sqs.json",
    "file cloudwatch_logs.json",
}


def test_what_was_said_in_a_chat_is_nowhere_and_what_was_planted_is_found(
    running: Running, account: str, search: Search, talk: Talk
) -> None:
    talk.go()
    planted = f"kanarek-{uuid.uuid4().hex}"
    _plant(running, account, planted)
    wait_until(lambda: search.places(planted) >= FOUND, within=60)  # by then all that came before is saved, too
    assert search.places(talk.marker) == set()
    running.stack.deployment.client("logs").delete_log_group(logGroupName=f"/canary/{planted}")
