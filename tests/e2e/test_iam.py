"""Each function runs as a role of its own, and is refused what its policy lacks."""

import contextlib
import json
from contextlib import closing
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.conftest import Running


def _as_role(running: Running, logical_id: str, service: str) -> Any:
    deployment = running.stack.deployment
    resource = deployment.client("cloudformation").describe_stack_resource(
        StackName=deployment.stack_name, LogicalResourceId=logical_id
    )
    role = resource["StackResourceDetail"]["PhysicalResourceId"]
    arn = deployment.client("iam").get_role(RoleName=role)["Role"]["Arn"]
    session = deployment.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return boto3.client(
        service,  # type: ignore[call-overload]
        region_name=running.facts["region"],
        endpoint_url=running.facts["gateway_url"],
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )


EVENTS = ("Connect", "Message", "Disconnect")
LISTS = ("status", "topic", "status_topic", "unopened", "queue", "day", "attention")
KEYS = {
    "by_sweep": "sweep",
    "by_queue": "queue",
    "by_day": "opened_day",
    "by_timer": "timer",
    "by_state": "pk",
    "by_ticket": "pk",
}
"""Indexes whose partition key is not called like them."""
NOT_COUNTING = ("Authorize", "Sweep", "Relay", "Push", "Remind", "Tick", *(f"Websocket{each}" for each in EVENTS))
"""Functions that have nothing to do with the knowledge base."""
CHATS = ("get_item chat", "batch_get_item chat", "put_item chat", "update_item chat")
"""What every function does that changes chats."""
TABLES = {"by_sweep": "LiveTableName", "by_state": "NotificationsTableName", "by_ticket": "NotificationsTableName"}


def _index_query(outputs: dict[str, str], index: str) -> dict[str, Any]:
    key = KEYS.get(index, f"{index.removeprefix('by_')}_key")
    return {
        "TableName": outputs[TABLES.get(index, "TicketsTableName")],
        "IndexName": index,
        "KeyConditionExpression": "#key = :key",
        "ExpressionAttributeNames": {"#key": key},
        "ExpressionAttributeValues": {":key": {"S": "x"}},
    }


@pytest.mark.parametrize(
    ("role", "service", "operation", "is_allowed"),
    [
        ("ApiHandlerRole", "dynamodb", "scan", False),
        ("ApiHandlerRole", "dynamodb", "query", True),
        ("ApiHandlerRole", "dynamodb", "delete_table", False),
        ("AuthorizeRole", "dynamodb", "get_item", True),
        ("AuthorizeRole", "dynamodb", "query", False),
        ("ApiHandlerRole", "s3", "list_objects_v2", False),
        ("ApiHandlerRole", "s3", "put_object", True),
        ("ApiHandlerRole", "s3", "delete_object", False),
        ("ApiHandlerRole", "dynamodb", "batch_get_item", True),
        ("ApiHandlerRole", "dynamodb", "update_item faq", True),
        ("ApiHandlerRole", "dynamodb", "update_item told", False),
        *((f"{name}Role", "dynamodb", "update_item faq", False) for name in NOT_COUNTING),
        *(("ApiHandlerRole", "dynamodb", f"query by_{name}", True) for name in LISTS),
        ("ApiHandlerRole", "cognito-idp", "admin_get_user", True),
        ("ApiHandlerRole", "cognito-idp", "list_users", False),
        ("AuthorizeRole", "s3", "put_object", False),
        ("AuthorizeRole", "dynamodb", "query by_queue", False),
        ("SweepRole", "dynamodb", "query by_sweep", True),
        ("SweepRole", "dynamodb", "query", False),
        ("SweepRole", "dynamodb", "get_item", False),
        ("SweepRole", "s3", "delete_object", True),
        ("SweepRole", "s3", "put_object", False),
        ("SweepRole", "s3", "list_objects_v2", False),
        ("ApiHandlerRole", "dynamodb", "query by_state", True),
        ("ApiHandlerRole", "dynamodb", "query by_ticket", True),
        ("ApiHandlerRole", "dynamodb", "query by_timer", False),
        ("ApiHandlerRole", "dynamodb", "put_item told", True),
        ("ApiHandlerRole", "dynamodb", "delete_item told", False),
        ("ApiHandlerRole", "dynamodb", "query chats", True),
        ("ApiHandlerRole", "sqs", "send_message", True),
        ("ApiHandlerRole", "sqs", "send_message pushes", False),
        ("ApiHandlerRole", "sqs", "receive_message", False),
        ("ApiHandlerRole", "scheduler", "delete_schedule", False),
        ("RelayRole", "sqs", "send_message_batch", True),
        ("RelayRole", "sqs", "receive_message", False),
        ("RelayRole", "dynamodb", "query", False),
        ("RelayRole", "dynamodb", "put_item told", False),
        ("PushRole", "dynamodb", "batch_get_item", True),
        ("PushRole", "dynamodb", "query", False),
        ("PushRole", "dynamodb", "put_item told", False),
        ("PushRole", "sqs", "send_message", False),
        ("RemindRole", "dynamodb", "put_item told", True),
        ("RemindRole", "dynamodb", "query", False),
        ("RemindRole", "dynamodb", "delete_item told", False),
        *(("RemindRole", "dynamodb", each, True) for each in (*CHATS, "query chats", "delete_item chat")),
        ("RemindRole", "dynamodb", "put_item record", True),
        ("RemindRole", "dynamodb", "update_item", False),
        ("RemindRole", "dynamodb", "batch_get_item", False),
        ("RemindRole", "sqs", "send_message", True),
        ("RemindRole", "sqs", "send_message pushes", False),
        ("RemindRole", "scheduler", "delete_schedule", True),
        ("RemindRole", "scheduler", "list_schedules", False),
        ("TickRole", "dynamodb", "query by_timer", True),
        ("TickRole", "dynamodb", "query", False),
        ("TickRole", "dynamodb", "put_item told", False),
        ("TickRole", "dynamodb", "query chats", False),
        ("TickRole", "dynamodb", "update_item chat", False),
        ("TickRole", "sqs", "send_message", True),
        ("WebsocketConnectRole", "dynamodb", "delete_item", True),
        ("WebsocketConnectRole", "dynamodb", "query", False),
        ("WebsocketConnectRole", "dynamodb", "put_item told", False),
        ("WebsocketMessageRole", "dynamodb", "get_item", True),
        *(("WebsocketMessageRole", "dynamodb", each, True) for each in (*CHATS, "query chats", "delete_item chat")),
        ("WebsocketMessageRole", "dynamodb", "put_item record", True),
        ("WebsocketMessageRole", "dynamodb", "update_item", False),
        ("WebsocketMessageRole", "dynamodb", "batch_get_item", False),
        ("WebsocketMessageRole", "dynamodb", "query", False),
        ("WebsocketMessageRole", "dynamodb", "put_item told", False),
        ("WebsocketMessageRole", "sqs", "send_message", True),
        ("WebsocketMessageRole", "sqs", "send_message pushes", False),
        ("WebsocketMessageRole", "sqs", "receive_message", False),
        ("WebsocketDisconnectRole", "dynamodb", "delete_item", True),
        *(("WebsocketDisconnectRole", "dynamodb", each, True) for each in CHATS),
        ("WebsocketDisconnectRole", "dynamodb", "query chats", False),
        ("WebsocketDisconnectRole", "dynamodb", "put_item record", False),
        ("WebsocketDisconnectRole", "dynamodb", "put_item told", False),
        ("WebsocketDisconnectRole", "sqs", "send_message", True),
        ("WebsocketDisconnectRole", "sqs", "send_message pushes", False),
        ("WebsocketDisconnectRole", "sqs", "receive_message", False),
    ],
)
def test_a_role_may_do_what_its_function_does_and_no_more(
    running: Running,
    role: str,
    service: str,
    operation: str,
    is_allowed: bool,  # noqa: FBT001 - the table above
) -> None:
    running.agent_token("nino")
    outputs = running.stack.deployment.outputs()
    table, bucket = {"TableName": outputs["TicketsTableName"]}, {"Bucket": outputs["AttachmentsBucketName"]}
    query = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "x"}}}
    live_key = {"TableName": outputs["LiveTableName"], "Key": {"pk": {"S": "test"}, "sk": {"S": "iam"}}}
    told_key = {**live_key, "TableName": outputs["NotificationsTableName"]}
    chat_key = {**live_key, "Key": {"pk": {"S": "chat#iam"}, "sk": {"S": "iam"}}}
    record_key = {**chat_key, "TableName": table["TableName"], "Key": {"pk": {"S": "chats#iam"}, "sk": {"S": "iam"}}}
    queue, group = {"QueueUrl": outputs["TimersQueueUrl"]}, f"{running.facts['stack_name']}-timers"
    message = '{"type": "fire", "timer": {"table": "tickets", "pk": "x", "sk": "x", "name": "x"}}'
    calls: dict[str, dict[str, Any]] = {
        "send_message": {**queue, "MessageBody": message},
        "send_message pushes": {"QueueUrl": outputs["PushesQueueUrl"], "MessageBody": message},
        "send_message_batch": {**queue, "Entries": [{"Id": "0", "MessageBody": message}]},
        "receive_message": queue,
        "delete_schedule": {"Name": "x", "GroupName": group},
        "list_schedules": {"GroupName": group},
        "put_item told": {"TableName": told_key["TableName"], "Item": told_key["Key"]},
        "put_item chat": {"TableName": chat_key["TableName"], "Item": chat_key["Key"]},
        "put_item record": {"TableName": record_key["TableName"], "Item": record_key["Key"]},
        "get_item chat": chat_key,
        "update_item chat": chat_key,
        "update_item told": told_key,
        "update_item faq": {**table, "Key": {"pk": {"S": "faq#iam"}, "sk": {"S": "iam"}}},
        "delete_item chat": chat_key,
        "batch_get_item chat": {"RequestItems": {outputs["LiveTableName"]: {"Keys": [chat_key["Key"]]}}},
        "query chats": {
            **query,
            "TableName": outputs["LiveTableName"],
            "ExpressionAttributeValues": {":pk": {"S": "chats#iam"}},
        },
        "delete_item": live_key,
        "delete_item told": told_key,
        "scan": table,
        "get_item": {"TableName": outputs["LiveTableName"], "Key": {"pk": {"S": "keys"}, "sk": {"S": "x"}}},
        "query": {**table, **query},
        "delete_table": table,
        "batch_get_item": {
            "RequestItems": {outputs["TicketsTableName"]: {"Keys": [{"pk": {"S": "x"}, "sk": {"S": "x"}}]}}
        },
        "update_item": {**table, "Key": {"pk": {"S": "x"}, "sk": {"S": "x"}}},
        "admin_get_user": {"UserPoolId": outputs["AgentsPoolId"], "Username": "nino"},
        "list_users": {"UserPoolId": outputs["AgentsPoolId"]},
        "list_objects_v2": bucket,
        "put_object": {**bucket, "Key": "test/iam", "Body": b"x"},
        "delete_object": {**bucket, "Key": "test/iam"},
    }
    calls |= {
        f"query by_{name}": _index_query(outputs, f"by_{name}")
        for name in (*LISTS, "sweep", "timer", "state", "ticket")
    }
    arguments = calls[operation]
    with closing(_as_role(running, role, service)) as client:
        call = getattr(client, operation.split(" ", maxsplit=1)[0])
        if is_allowed:
            # Whether there is such a schedule, only who may delete it is told.
            with contextlib.suppress(
                *([client.exceptions.ResourceNotFoundException] if service == "scheduler" else [])
            ):
                call(**arguments)
        else:
            with pytest.raises(ClientError, match="AccessDenied"):
                call(**arguments)


WRITES = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")


@pytest.mark.parametrize(
    ("role", "written"),
    [
        ("WebsocketMessageRole", {"chat#*", "chats#*", "frames#*", "socket#*", "sockets#*"}),
        ("WebsocketDisconnectRole", {"chat#*", "chats#*", "socket#*", "sockets#*"}),
        ("RemindRole", {"chat#*", "chats#*"}),
        ("TickRole", set()),
    ],
)
def test_a_function_that_changes_chats_writes_nothing_else_of_the_live_table(role: str, written: set[str]) -> None:
    """Which keys they are is a condition, which MiniStack does not look at: so it is read here."""
    from infra import build

    template = json.loads(build.ensure_package(build.LOCAL)[1].read_text())
    found = set()
    for policy in template["Resources"][role]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            if "LiveTable" in json.dumps(statement["Resource"]) and not {*WRITES}.isdisjoint(actions):
                assert set(statement["Condition"]) == {"ForAllValues:StringLike"}
                found.update(statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])
    assert found == written


def test_of_the_tickets_table_the_api_changes_in_place_nothing_but_the_counters() -> None:
    """A condition too: its transactions put whole items, and what counts up is in no ticket."""
    from infra import build

    template = json.loads(build.ensure_package(build.LOCAL)[1].read_text())
    (policy,) = template["Resources"]["ApiHandlerRole"]["Properties"]["Policies"]
    conditions = [
        statement.get("Condition")
        for statement in policy["PolicyDocument"]["Statement"]
        if "TicketsTable" in json.dumps(statement["Resource"]) and "dynamodb:UpdateItem" in statement["Action"]
    ]
    assert conditions == [{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["faq#*"]}}]


def test_no_policy_of_ours_says_star_where_aws_takes_less() -> None:
    from infra import build

    template = json.loads(build.ensure_package(build.LOCAL)[1].read_text())
    policies = [
        statement
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Role"
        for policy in resource["Properties"].get("Policies", ())
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    assert policies
    for statement in policies:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not any("*" in action for action in actions), statement
        if statement["Resource"] == "*":
            assert {action.split(":")[0] for action in actions} == {"xray"}, "X-Ray takes no resource"
