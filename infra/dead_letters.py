"""What failed five times: shown, and sent back to where it came from. `make replay-dlq QUEUE=pushes|timers`."""

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra import build
from infra.deploy import DeployError, Say
from infra.places import deployment_of

QUEUES = {"pushes": ("PushesQueueUrl", "PushesDeadLettersUrl"), "timers": ("TimersQueueUrl", "TimersDeadLettersUrl")}
"""The stack's outputs for each queue: where its messages are worked off, and where those wait that failed."""
_AT_ONCE = 10
_HIDDEN_SECONDS = 60
"""How long what was taken out is nobody else's; what is not sent by then is there again."""
_LOOK_SECONDS = 1
Message = dict[str, Any]


class ReplayError(Exception):
    """Why not everything was sent, in a line that says what became of the rest."""


class DeadLetters:
    """One queue, and the messages that failed there."""

    def __init__(self, sqs: Any, queue_url: str, dead_url: str) -> None:
        self._sqs = sqs
        self._queue_url, self._dead_url = queue_url, dead_url

    def count(self) -> int:
        """How many wait, as near as SQS says it."""
        names = ["ApproximateNumberOfMessages"]
        answer = self._sqs.get_queue_attributes(QueueUrl=self._dead_url, AttributeNames=names)
        return int(answer["Attributes"][names[0]])

    def show(self, say: Say) -> int:
        """Says what waits, a line each, and leaves it there; gives how many lines that were."""
        shown = 0
        taken: list[Message] = []
        try:
            for messages in self._batches():
                taken += messages
                for message in messages:
                    say(_line(message))
                    shown += 1
        finally:
            self._put_back(taken)
        return shown

    def replay(self) -> int:
        """Sends each message back and takes it out only then; gives how many. ReplayError when one was not taken.

        At most as many as there were at first, so that what fails anew is not sent round and round.
        """
        moved = 0
        for messages in self._batches():
            sent = self._sent(messages)
            self._delete(sent)
            moved += len(sent)
            if left := [each for each in messages if each not in sent]:
                self._put_back(left)
                raise ReplayError(f"{moved} sent back, {len(left)} refused by the queue: they wait where they were")
        return moved

    def _batches(self) -> Iterator[list[Message]]:
        """What waits now, ten at a time at most; each is hidden from others while it is looked at."""
        left = self.count()
        while left > 0:
            answer = self._sqs.receive_message(
                QueueUrl=self._dead_url,
                MaxNumberOfMessages=min(_AT_ONCE, left),
                VisibilityTimeout=_HIDDEN_SECONDS,
                WaitTimeSeconds=_LOOK_SECONDS,
                AttributeNames=["SentTimestamp"],
            )
            messages: list[Message] = answer.get("Messages", [])
            if not messages:
                return
            left -= len(messages)
            yield messages

    def _sent(self, messages: Sequence[Message]) -> list[Message]:
        entries = [{"Id": str(n), "MessageBody": each["Body"]} for n, each in enumerate(messages)]
        answer = self._sqs.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
        return [messages[int(each["Id"])] for each in answer.get("Successful", ())]

    def _delete(self, messages: Sequence[Message]) -> None:
        entries = [{"Id": str(n), "ReceiptHandle": each["ReceiptHandle"]} for n, each in enumerate(messages)]
        failed = entries and self._sqs.delete_message_batch(QueueUrl=self._dead_url, Entries=entries).get("Failed")
        if failed:
            raise ReplayError(f"{len(failed)} were sent back and still wait here too; sent twice they do no harm")

    def _put_back(self, messages: Sequence[Message]) -> None:
        for start in range(0, len(messages), _AT_ONCE):
            some = messages[start : start + _AT_ONCE]
            entries = [
                {"Id": str(n), "ReceiptHandle": each["ReceiptHandle"], "VisibilityTimeout": 0}
                for n, each in enumerate(some)
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self._dead_url, Entries=entries)


def _line(message: Message) -> str:
    sent_at = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
    return f"{sent_at.isoformat(timespec='seconds')}  {message['Body']}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m infra.dead_letters", description=__doc__)
    parser.add_argument("queue", choices=QUEUES)
    parser.add_argument("--stage", default=build.LOCAL)
    parser.add_argument("--region", default="eu-central-1")
    parser.add_argument("--show", action="store_true", help="only say what waits")
    wanted = parser.parse_args()
    try:
        print(_run(wanted))
    except (ReplayError, DeployError, BotoCoreError, ClientError) as error:
        raise SystemExit(str(error)) from None


def _run(wanted: argparse.Namespace) -> str:
    deployment = deployment_of(wanted.stage, wanted.region)
    try:
        outputs = deployment.outputs()
        queue_url, dead_url = (outputs[name] for name in QUEUES[wanted.queue])
        letters = DeadLetters(deployment.client("sqs"), queue_url, dead_url)
        where = f"{wanted.queue} of {deployment.stack_name}"
        if wanted.show:
            return f"{letters.show(print)} wait in the dead letters of {where}"
        return f"{letters.replay()} sent back to {where}, {letters.count()} wait in its dead letters"
    finally:
        deployment.close()


if __name__ == "__main__":
    main()
