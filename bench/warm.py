"""What one request of a warm function costs beside the least that the same answer could cost.

By hand is one signed request for the same attributes of the same rows, and `json.loads` of what comes back: no library,
no types, no check.
"""

import hashlib
import hmac
import http.client
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from bench import engine
from bench.calls import ACCOUNT, call, event, hotel_user
from bench.engine import TABLES, wait_longer
from bench.instructions import count_each
from bench.load import load
from infra.build import ROOT

TICKETS = 200
PAGE = 25
_REPEATS = 20
_HEADERS = "content-type;host;x-amz-date;x-amz-target"


def page(times: int) -> None:
    """The hotel's history, 25 rows, `times` times."""
    wait_longer()
    asked = event("GET", "/v1/tickets", hotel_user(), query={"limit": str(PAGE)})
    for _ in range(times):
        call(asked)


def by_hand(times: int) -> None:
    """The same rows, `times` times: signed with the four hashes of Signature Version 4, asked, decoded."""
    address = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    values = {":p": {"S": ACCOUNT}, ":a": {"S": "row#"}, ":b": {"S": "row#~"}}
    query = {
        "TableName": TABLES["TICKETS_TABLE"],
        "KeyConditionExpression": "pk = :p AND sk BETWEEN :a AND :b",
        "ExpressionAttributeNames": {"#d": "data"},
        "ExpressionAttributeValues": values,
        "ProjectionExpression": "sk, #d",
        "ScanIndexForward": False,
        "ConsistentRead": True,
        "Limit": PAGE + 1,
    }
    for _ in range(times):
        body = json.dumps(query).encode()
        connection.request("POST", "/", body, _signed(body, address.netloc))
        assert len(json.loads(connection.getresponse().read())["Items"]) == PAGE + 1


def _signed(body: bytes, host: str) -> dict[str, str]:
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    kind, target = "application/x-amz-json-1.0", "DynamoDB_20120810.Query"
    scope = f"{now[:8]}/{engine.REGION}/dynamodb/aws4_request"
    headers = f"content-type:{kind}\nhost:{host}\nx-amz-date:{now}\nx-amz-target:{target}\n"
    canonical = f"POST\n/\n\n{headers}\n{_HEADERS}\n{hashlib.sha256(body).hexdigest()}"
    to_sign = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = b"AWS4test"
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    credential = f"AWS4-HMAC-SHA256 Credential=test/{scope}, SignedHeaders={_HEADERS}, Signature={signature}"
    return {"Content-Type": kind, "X-Amz-Date": now, "X-Amz-Target": target, "Authorization": credential}


def measure(say: Callable[[str], None]) -> dict[str, int]:
    """Instructions of one page, and of the same by hand."""
    found = {}
    with engine.running() as environment:
        load(environment, range(TICKETS))
        for name in ("page", "by_hand"):
            say(f"counting a warm {name.replace('_', ' ')}")
            code = f"from bench import warm; warm.{name}(REPEATS)"
            found[name] = count_each(code, _REPEATS, folder=ROOT, environment=environment, python=sys.executable)
    return found
