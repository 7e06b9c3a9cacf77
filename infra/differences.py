"""What is otherwise on one machine: every difference between the template for AWS and the local one, and why."""

from collections.abc import Callable, Iterator
from typing import Any

Template = dict[str, Any]


def _properties(template: Template, name: str) -> dict[str, Any]:
    properties: dict[str, Any] = template["Resources"][name]["Properties"]
    return properties


def _let_data_go(template: Template) -> None:
    for name in (
        "TicketsTable",
        "NotificationsTable",
        "AttachmentsBucket",
        "PagesBucket",
        "PagesBucketPolicy",
        "AgentsPool",
        "Secret",
        "ApiAccount",
        "ApiLogsRole",
    ):
        template["Resources"][name] |= {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}
    for name in ("TicketsTable", "NotificationsTable"):
        _properties(template, name)["DeletionProtectionEnabled"] = False
    _properties(template, "AgentsPool")["DeletionProtection"] = "INACTIVE"


def _allow_plain_http(template: Template) -> None:
    del template["Resources"]["AttachmentsBucketPolicy"]
    policy = _properties(template, "PagesBucketPolicy")["PolicyDocument"]
    policy["Statement"] = [each for each in policy["Statement"] if each["Sid"] != "TlsOnly"]
    headers = _properties(template, "PagesHeaders")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    del headers["StrictTransportSecurity"]


def _look_in_the_bucket_alone(template: Template) -> None:
    site = _properties(template, "Distribution")["DistributionConfig"]
    del site["OriginGroups"]
    site["Origins"] = [each for each in site["Origins"] if each["Id"] != "no-page"]
    site["DefaultCacheBehavior"]["TargetOriginId"] = "pages"
    site["CustomErrorResponses"][0]["ErrorCode"] = 403
    del _properties(template, "RestAPI")["DefinitionBody"]["paths"]["/no-page/{proxy+}"]


def _sign_in_by_password(template: Template) -> None:
    _properties(template, "AgentsPool")["MfaConfiguration"] = "OFF"
    del _properties(template, "AgentsPool")["EnabledMfas"]
    _properties(template, "AgentsClient")["ExplicitAuthFlows"].append("ALLOW_ADMIN_USER_PASSWORD_AUTH")


def _statements(template: Template) -> Iterator[dict[str, Any]]:
    roles = [each for each in template["Resources"].values() if each["Type"] == "AWS::IAM::Role"]
    for role in roles:
        for policy in role["Properties"].get("Policies", ()):
            yield from policy["PolicyDocument"]["Statement"]


def _name_batches(template: Template) -> None:
    for statement in _statements(template):
        if statement["Action"] == "sqs:SendMessage":
            statement["Action"] = ["sqs:SendMessage", "sqs:SendMessageBatch"]


def _name_the_default_group(template: Template) -> None:
    default = "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/default/*"
    for statement in _statements(template):
        if "scheduler:CreateSchedule" in statement["Action"]:
            statement["Resource"] = [statement["Resource"], {"Fn::Sub": default}]


DIFFERENCES: tuple[tuple[str, Callable[[Template], None]], ...] = (
    (
        "tables, bucket, user pool and secret may be deleted with the stack: `make reset` forgets everything",
        _let_data_go,
    ),
    ("buckets take plain http, pages do not ask for https: 127.0.0.1 has no certificate", _allow_plain_http),
    (
        "a page that the bucket does not have is told by the bucket itself: MiniStack has no origin groups",
        _look_in_the_bucket_alone,
    ),
    ("who may send messages may send batches: AWS asks for one right for both, MiniStack for two", _name_batches),
    ("who may make schedules may in the default group: MiniStack looks for each there", _name_the_default_group),
    ("agents sign in without a second factor, and `python -m local token` by password", _sign_in_by_password),
)


def apply(template: Template) -> list[str]:
    """Makes the template the local one; returns the differences in words."""
    for _, change in DIFFERENCES:
        change(template)
    return [words for words, _ in DIFFERENCES]
