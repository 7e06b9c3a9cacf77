"""The clock's function, as it is deployed: with its own role, and its rule."""

import json
from typing import Any

import httpx

from local.client import Client
from local.seed import DEMO
from tests.conftest import Running, wait_until

SCREENSHOT = DEMO / "files" / "calendar-ka.png"
TICK = {
    "version": "0",
    "account": "000000000000",
    "region": "eu-central-1",
    "detail": {},
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": "2026-11-22T12:00:00Z",
    "id": "89d1a02d-5ec7-412e-82f5-13505f849b41",
    "resources": [],
}
LONG_AGO = "2026-01-01T00:00:00.000Z"


def _function(running: Running) -> str:
    deployment = running.stack.deployment
    found = deployment.client("cloudformation").describe_stack_resource(
        StackName=deployment.stack_name, LogicalResourceId="Sweep"
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def _record(running: Running, upload_id: str) -> dict[str, Any] | None:
    table = running.stack.deployment.outputs()["LiveTableName"]
    pages = running.stack.deployment.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    found = [item for page in pages for item in page["Items"] if item["sk"]["S"] == f"upload#{upload_id}"]
    return dict(found[0]) if found else None


def _let_its_day_pass(running: Running, upload_id: str) -> str:
    """Moves the end of its day into the past; gives the key of its file."""
    record = _record(running, upload_id)
    assert record
    running.stack.deployment.client("dynamodb").update_item(
        TableName=running.stack.deployment.outputs()["LiveTableName"],
        Key={"pk": record["pk"], "sk": record["sk"]},
        UpdateExpression="SET sweep_at = :at",
        ExpressionAttributeValues={":at": {"S": LONG_AGO}},
    )
    return str(json.loads(record["data"]["S"])["key"])


def _has_file(running: Running, key: str) -> bool:
    bucket = running.stack.deployment.outputs()["AttachmentsBucketName"]
    found = running.stack.deployment.client("s3").list_objects_v2(Bucket=bucket, Prefix=key)
    return bool(found["KeyCount"])


def _invoke(running: Running) -> None:
    done = running.stack.deployment.client("lambda").invoke(
        FunctionName=_function(running), Payload=json.dumps(TICK).encode()
    )
    assert "FunctionError" not in done, done["Payload"].read()


def test_the_deployed_sweep_takes_what_nobody_took_and_nothing_else(running: Running, account: str) -> None:
    hotel: Client = running.client(running.hotel_token(account))
    unclaimed, fresh, claimed = (hotel.upload(SCREENSHOT) for _ in range(3))
    request = {"topic": "other", "subject": "ა", "text": "ბ", "importance": "low", "upload_id": claimed}
    number = hotel.post("/v1/tickets", request)["number"]
    key, fresh_record = _let_its_day_pass(running, unclaimed), _record(running, fresh)
    assert fresh_record
    assert _has_file(running, key)
    _invoke(running)
    wait_until(lambda: _record(running, unclaimed) is None and not _has_file(running, key))
    assert _record(running, fresh) == fresh_record
    assert _has_file(running, json.loads(fresh_record["data"]["S"])["key"])
    link = hotel.get(f"/v1/tickets/{number}/attachments/m1")
    assert httpx.get(link["url"], trust_env=False).content == SCREENSHOT.read_bytes()


def test_it_runs_every_five_minutes(running: Running) -> None:
    events = running.stack.deployment.client("events")
    schedules = {
        target["Arn"].rpartition(":")[2]: rule["ScheduleExpression"]
        for rule in events.list_rules()["Rules"]
        for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        if rule["State"] == "ENABLED"
    }
    assert schedules[_function(running)] == "rate(5 minutes)"
