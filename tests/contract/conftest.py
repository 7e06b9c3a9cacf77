"""The app in this process, called through its public edge, against the shared stack's tables and bucket."""

import base64
import contextlib
import fnmatch
import hashlib
import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.conftest import Running

STAGE_ARN = "arn:aws:execute-api:eu-central-1:000000000000:api-id/api"


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]

    def problem(self, status: int, code: str) -> Any:
        """Asserts the one error shape, and gives its details."""
        assert (self.status, self.body.get("code")) == (status, code), self.body
        assert set(self.body) <= {"code", "message", "request_id", "details"}
        assert self.body["request_id"]
        assert self.body["message"].endswith((".", "?"))
        assert self.headers["Access-Control-Allow-Origin"]
        if status in {429, 503}:
            assert int(self.headers["Retry-After"]) > 0
        return self.body.get("details", {})

    def ok(self, status: int = 200) -> Any:
        assert self.status == status, self.body
        return self.body


def _gateway_problem(status: int, code: str) -> Answer:
    body = {"code": code, "message": "API Gateway's own.", "request_id": "gateway"}
    return Answer(status, body, {"Access-Control-Allow-Origin": "*"})


@dataclass(frozen=True)
class Api:
    """What API Gateway does for a request, in a few lines: route, authorize, call."""

    app: Any
    authorize: Any
    running: Running

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: Any = None,
        raw: bytes | None = None,
        query: Mapping[str, str | list[str]] | None = None,
        headers: dict[str, str] | None = None,
        authorizer: dict[str, Any] | None = None,
        source: str | None = None,
    ) -> Answer:
        resource, parameters = self._route(path)
        if resource is None or method not in self.app.routes[resource]:
            return _gateway_problem(404, "not_found")
        if self.app.routes[resource][method].authorizer is not None and authorizer is None:
            refused, authorizer = self._authorize(method, path, token)
            if refused is not None:
                return refused
        content = raw if raw is not None else (b"" if body is None else json.dumps(body).encode())
        event = self._event(
            method=method,
            resource=resource,
            path=path,
            parameters=parameters,
            content=content,
            query=query,
            headers=headers,
            authorizer=authorizer,
            source=source or str(IPv6Address(uuid.uuid4().int)),  # one that no limit knows yet
        )
        answer = self.app(event, SimpleNamespace(aws_request_id="lambda"))
        text = answer["body"]
        flat = {**answer.get("headers", {}), **{k: v[0] for k, v in answer.get("multiValueHeaders", {}).items()}}
        return Answer(answer["statusCode"], json.loads(text) if text else None, flat)

    def get(self, path: str, token: str, **query: str) -> Any:
        return self.call("GET", path, token=token, query=dict(query)).ok()

    def post(self, path: str, token: str, body: Any = None, *, key: str | None = None, status: int = 201) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        return self.call("POST", path, token=token, body=body, headers=headers).ok(status)

    def upload(self, token: str, content: bytes, type_: str, *, name: str = "ფაილი", prefix: str = "/v1") -> str:
        """Declares a file and puts its bytes; gives its upload_id."""
        ready = self.post(f"{prefix}/uploads", token, declaration(content, type_, name))
        httpx.put(ready["url"], content=content, headers=ready["headers"], trust_env=False).raise_for_status()
        return str(ready["upload_id"])

    def _route(self, path: str) -> tuple[str | None, dict[str, str]]:
        for resource in self.app.routes:
            pattern = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", resource)
            if found := re.fullmatch(pattern, path):
                return resource, found.groupdict()
        return None, {}

    def _authorize(self, method: str, path: str, token: str | None) -> tuple[Answer | None, dict[str, Any]]:
        arn = f"{STAGE_ARN}/{method}{path}"
        if token is None:
            return _gateway_problem(401, "unauthorized"), {}
        try:
            event = {"type": "TOKEN", "authorizationToken": f"Bearer {token}", "methodArn": arn}
            answer = self.authorize(event, SimpleNamespace(aws_request_id="authorizer"))
        except Exception as error:  # noqa: BLE001 - the text is looked at
            assert str(error) == "Unauthorized", error  # noqa: PT017 - the text is API Gateway's contract
            return _gateway_problem(401, "unauthorized"), {}
        statements = answer["policyDocument"]["Statement"]
        effects = {each["Effect"] for each in statements if fnmatch.fnmatchcase(arn, each["Resource"])}
        if effects != {"Allow"}:
            return _gateway_problem(403, "forbidden"), {}
        return None, answer["context"]

    @staticmethod
    def _event(
        *,
        method: str,
        resource: str,
        path: str,
        parameters: dict[str, str],
        content: bytes,
        query: Mapping[str, str | list[str]] | None,
        headers: dict[str, str] | None,
        authorizer: dict[str, Any] | None,
        source: str,
    ) -> dict[str, Any]:
        given = {"Content-Type": "application/json", **(headers or {})}
        many = {name: value if isinstance(value, list) else [value] for name, value in (query or {}).items()}
        try:
            body, is_base64 = content.decode(), False
        except UnicodeDecodeError:
            body, is_base64 = base64.b64encode(content).decode(), True
        return {
            "resource": resource,
            "path": path,
            "httpMethod": method,
            "headers": given,
            "multiValueHeaders": {name: [value] for name, value in given.items()},
            "queryStringParameters": {name: values[-1] for name, values in many.items()} or None,
            "multiValueQueryStringParameters": many or None,
            "pathParameters": {name: quote(value, safe="%") for name, value in parameters.items()} or None,
            "stageVariables": None,
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "resourcePath": resource,
                "httpMethod": method,
                "path": f"/api{path}",
                "authorizer": authorizer or {},
                "identity": {"sourceIp": source},
            },
            "body": body or None,
            "isBase64Encoded": is_base64,
        }


def declaration(content: bytes, type_: str, name: str) -> dict[str, Any]:
    return {"name": name, "type": type_, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def function_environment(running: Running) -> dict[str, str]:
    """What the deployed API function has in its environment, and where this machine's AWS is."""
    deployment = running.stack.deployment
    name = deployment.outputs()["APIHandlerName"]
    configuration = deployment.client("lambda").get_function_configuration(FunctionName=name)
    return {
        **configuration["Environment"]["Variables"],
        "AWS_DEFAULT_REGION": running.facts["region"],
        "AWS_ENDPOINT_URL": running.facts["gateway_url"],
    }


@contextlib.contextmanager
def nothing_happens_by_itself(running: Running) -> Iterator[None]:
    """Tests of this folder live at times of their own: the deployed clock and streams, which know but one, rest."""
    deployment = running.stack.deployment
    functions, events = deployment.client("lambda"), deployment.client("events")
    found = functions.list_event_source_mappings()["EventSourceMappings"]
    streams = [each["UUID"] for each in found if ":dynamodb:" in each["EventSourceArn"]]
    clocks = [
        each["Name"] for each in events.list_rules()["Rules"] if each.get("ScheduleExpression") == "rate(1 minute)"
    ]
    assert (len(streams), len(clocks)) == (2, 1)
    for stream in streams:
        functions.update_event_source_mapping(UUID=stream, Enabled=False)
    for clock in clocks:
        events.disable_rule(Name=clock)
    yield
    for stream in streams:
        functions.update_event_source_mapping(UUID=stream, Enabled=True)
    for clock in clocks:
        events.enable_rule(Name=clock)


@pytest.fixture(scope="session")
def api(running: Running) -> Iterator[Api]:
    """The app of this process, with the deployed function's environment."""
    with nothing_happens_by_itself(running), pytest.MonkeyPatch.context() as patch:
        for name, value in function_environment(running).items():
            patch.setenv(name, value)
        from chalicelib.settings import settings

        settings.cache_clear()
        import app

        yield Api(app.app, app.authorize, running)
        settings.cache_clear()


@dataclass(frozen=True)
class Hotel:
    """A hotel account with two users, and an agent who may answer it."""

    api: Api
    account: str
    anna: str
    beka: str
    agent: str
    request: dict[str, Any] = field(
        default_factory=lambda: {
            "topic": "bookings",
            "subject": "ორმაგი ჯავშანი",
            "text": "ნომერი 204 ორჯერ დაიჯავშნა.\nრა ვქნათ?",
            "importance": "normal",
        }
    )

    def open(self, token: str | None = None, *, key: str | None = None, **others: Any) -> Any:
        return self.api.post("/v1/tickets", token or self.anna, {**self.request, **others}, key=key)

    def answer(self, number: str, text: str = "გასაგებია.", **others: Any) -> Any:
        return self.api.post(f"/v1/agent/tickets/{number}/messages", self.agent, {"text": text, **others})

    def reply(self, number: str, text: str = "მადლობა.", token: str | None = None) -> Any:
        return self.api.post(f"/v1/tickets/{number}/messages", token or self.anna, {"text": text})

    def view(self, number: str, token: str | None = None) -> Any:
        return self.api.get(f"/v1/tickets/{number}", token or self.anna)

    def agent_view(self, number: str) -> Any:
        return self.api.get(f"/v1/agent/tickets/{number}", self.agent)


@pytest.fixture
def hotel(api: Api, account: str, agent_bearer: str) -> Hotel:
    running = api.running
    return Hotel(
        api, account, running.hotel_token(account), running.hotel_token(account, "beka", name="ბექა"), agent_bearer
    )


def items_of(running: Running, *names: str) -> dict[str, list[str]]:
    """Every item of every table as text, to see that nothing changed; those alone that one of the names stands in.

    What belongs to other tests may change by itself: TTL takes it away, and timers go off.
    """
    deployment = running.stack.deployment
    outputs, dynamodb = deployment.outputs(), deployment.client("dynamodb")
    return {
        table: sorted(
            text
            for page in dynamodb.get_paginator("scan").paginate(TableName=outputs[table])
            for text in (json.dumps(item, sort_keys=True) for item in page["Items"])
            if not names or any(name in text for name in names)
        )
        for table in ("TicketsTableName", "NotificationsTableName", "LiveTableName")
    }


assert os.environ.get("AWS_REGION") is None, "the tests must not look at anybody's AWS"
