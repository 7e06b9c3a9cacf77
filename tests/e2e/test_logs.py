"""What the packaged functions print, read back from the stack's logs."""

import json
from typing import Any

import httpx

from tests.conftest import Running, wait_until

CANARY = "kanarek-e2e-5b1c"


def _events(running: Running) -> list[str]:
    logs = running.stack.deployment.client("logs")
    groups = [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]]
    pages = [page for group in groups for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)]
    return [event["message"] for page in pages for event in page["events"]]


def _line(running: Running, request_id: str) -> dict[str, Any] | None:
    lines = (json.loads(event) for event in _events(running) if event.startswith("{"))
    return next((line for line in lines if line.get("request_id") == request_id and "service" in line), None)


def test_an_error_is_found_in_the_log_by_the_id_that_the_caller_was_told(running: Running, account: str) -> None:
    hotel = running.client(running.hotel_token(f"{account}-{CANARY}", CANARY, name=CANARY, account_name=CANARY))
    request = {"topic": "other", "subject": CANARY, "text": CANARY, "importance": "low", "context": {CANARY: CANARY}}
    hotel.post("/v1/tickets", request, key=CANARY)
    refused = hotel.call("POST", "/v1/tickets", json={**request, "topic": CANARY}, headers={"Cookie": CANARY})
    assert refused.status_code == httpx.codes.BAD_REQUEST
    line = wait_until(lambda: _line(running, refused.json()["request_id"]))
    assert (line["route"], line["status"], line["code"]) == ("POST /v1/tickets", 400, "invalid_request")
    assert CANARY not in "".join(_events(running)) + running.stack.log.read_text()
