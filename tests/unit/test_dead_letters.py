"""Sending dead letters back loses none of them, wherever it stops; and what `make replay-dlq` calls."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.dead_letters import DeadLetters, ReplayError
from infra.deploy import DeployError
from infra.places import local_endpoint

ROOT = Path(__file__).parents[2]
QUEUE, DEAD = "queue", "dead letters"


class Stopped(Exception):
    """Everything ends here."""


class Sqs:
    """Two queues as SQS has them, one of which refuses or fails when it is told to."""

    def __init__(self, count: int) -> None:
        self.bodies: dict[str, list[str]] = {QUEUE: [], DEAD: [f"message {n}" for n in range(count)]}
        self.hidden: set[str] = set()
        self.refused: set[str] = set()
        self.kept: set[str] = set()
        self.stops_at: str | None = None
        self.comes_back = False

    def _call(self, name: str) -> None:
        if name == self.stops_at:
            raise Stopped

    def visible(self) -> list[str]:
        return [body for body in self.bodies[DEAD] if body not in self.hidden]

    def get_queue_attributes(self, **_: Any) -> Any:
        return {"Attributes": {"ApproximateNumberOfMessages": str(len(self.visible()))}}

    def receive_message(self, *, MaxNumberOfMessages: int, **_: Any) -> Any:  # noqa: N803 - botocore's names
        assert 1 <= MaxNumberOfMessages <= 10, "SQS takes no other number"
        found = self.visible()[:MaxNumberOfMessages]
        self.hidden |= set(found)
        sent = {"SentTimestamp": "1795352880123"}
        return {"Messages": [{"Body": body, "ReceiptHandle": body, "Attributes": sent} for body in found]}

    def send_message_batch(self, *, QueueUrl: str, Entries: Any) -> Any:  # noqa: N803
        assert QueueUrl == QUEUE
        self._call("send")
        taken = [each for each in Entries if each["MessageBody"] not in self.refused]
        self.bodies[QUEUE] += [each["MessageBody"] for each in taken]
        if self.comes_back:
            self.bodies[DEAD] += [f"{each['MessageBody']}, failed anew" for each in taken]
        return {"Successful": [{"Id": each["Id"]} for each in taken]}

    def delete_message_batch(self, *, QueueUrl: str, Entries: Any) -> Any:  # noqa: N803
        assert QueueUrl == DEAD
        self._call("delete")
        failed = [each for each in Entries if each["ReceiptHandle"] in self.kept]
        for each in Entries:
            if each not in failed:
                self.bodies[DEAD].remove(each["ReceiptHandle"])
        return {"Failed": [{"Id": each["Id"]} for each in failed]} if failed else {}

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: Any) -> None:  # noqa: N803
        assert QueueUrl == DEAD
        assert {each["VisibilityTimeout"] for each in Entries} == {0}
        self.hidden -= {each["ReceiptHandle"] for each in Entries}


def letters(sqs: Sqs) -> DeadLetters:
    return DeadLetters(sqs, QUEUE, DEAD)


def test_all_are_sent_back_each_once():
    sqs = Sqs(23)
    assert letters(sqs).replay() == 23
    assert sqs.bodies == {QUEUE: [f"message {n}" for n in range(23)], DEAD: []}


@pytest.mark.parametrize("refused", [{"message 3"}, {"message 12", "message 13"}, {f"message {n}" for n in range(10)}])
def test_what_the_queue_does_not_take_waits_where_it_was_and_can_be_sent_later(refused):
    sqs = Sqs(23)
    sqs.refused = refused
    with pytest.raises(ReplayError, match=f"{len(refused)} refused"):
        letters(sqs).replay()
    assert sqs.visible() == sqs.bodies[DEAD]
    assert sorted(sqs.bodies[QUEUE] + sqs.bodies[DEAD]) == sorted(f"message {n}" for n in range(23))
    sqs.refused = set()
    letters(sqs).replay()
    assert sorted(sqs.bodies[QUEUE]) == sorted(f"message {n}" for n in range(23))


@pytest.mark.parametrize(("stops_at", "sent"), [("send", 0), ("delete", 10)])
def test_a_stop_halfway_loses_nothing(stops_at, sent):
    sqs = Sqs(15)
    sqs.stops_at = stops_at
    with pytest.raises(Stopped):
        letters(sqs).replay()
    assert len(sqs.bodies[QUEUE]) == sent
    assert len(sqs.bodies[DEAD]) == 15


def test_what_is_sent_back_and_cannot_be_taken_out_is_told():
    sqs = Sqs(3)
    sqs.kept = {"message 1"}
    with pytest.raises(ReplayError, match="1 were sent back and still wait here"):
        letters(sqs).replay()
    assert (len(sqs.bodies[QUEUE]), sqs.bodies[DEAD]) == (3, ["message 1"])


def test_what_fails_anew_meanwhile_is_not_sent_round_and_round():
    sqs = Sqs(12)
    sqs.comes_back = True
    assert letters(sqs).replay() == 12
    assert sorted(sqs.bodies[DEAD]) == sorted(f"message {n}, failed anew" for n in range(12))


@pytest.mark.parametrize("count", [0, 1, 23])
def test_showing_leaves_all_where_it_was(count):
    sqs = Sqs(count)
    said: list[str] = []
    assert letters(sqs).show(said.append) == count
    assert said == [f"2026-11-22T13:08:00+00:00  message {n}" for n in range(count)]
    assert (len(sqs.visible()), sqs.bodies[QUEUE]) == (count, [])


def test_showing_that_is_broken_off_leaves_all_where_it_was():
    def say(_):
        raise Stopped

    sqs = Sqs(3)
    with pytest.raises(Stopped):
        letters(sqs).show(say)
    assert len(sqs.visible()) == 3


def test_the_local_stack_is_found_by_its_folder_or_by_an_address(tmp_path, monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    with pytest.raises(DeployError, match="make run"):
        local_endpoint()
    (tmp_path / "stack.json").write_text('{"gateway_url": "http://127.0.0.1:4567"}')
    assert local_endpoint() == "http://127.0.0.1:4567"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4999")
    assert local_endpoint() == "http://127.0.0.1:4999"


@pytest.mark.parametrize(
    ("given", "called"),
    [
        (["QUEUE=timers"], "--stage local --region eu-central-1 timers"),
        (["QUEUE=pushes", "SHOW=1"], "--show --stage local --region eu-central-1 pushes"),
        (["QUEUE=pushes", "STAGE=prod", "REGION=eu-west-1"], "--stage prod --region eu-west-1 pushes"),
    ],
)
def test_make_replay_dlq_calls_it(given, called):
    command = ["make", "--dry-run", "--no-print-directory", "replay-dlq", *given]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert " ".join(lines[-1].split()) == f".venv/bin/python -m infra.dead_letters {called}"
