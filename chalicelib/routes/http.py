"""What every route shares: parsing by types, one error shape, CORS, one log line, and the facts for OpenAPI."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, ClassVar, Literal
from urllib.parse import unquote

import msgspec
from chalice.app import AuthRequest, Blueprint, ChaliceAuthorizer, CORSConfig, Request, Response

from chalicelib.domain.address import Addresses
from chalicelib.domain.moment import to_millisecond
from chalicelib.domain.people import Agent, Caller, HotelUser
from chalicelib.errors import DeskbellError, Forbidden, Unauthorized
from chalicelib.observability import cause, one_line
from chalicelib.routes.answers import for_details
from chalicelib.routes.parsing import parse_body, parse_if_match, parse_key, parse_query
from chalicelib.services.hashes import hashed
from chalicelib.services.once import Call
from chalicelib.settings import settings

Audience = Literal["everyone", "hotel", "agent"]
CORS = CORSConfig(
    allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match"],
    expose_headers=["Retry-After"],
    max_age=86400,
)


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No field at all."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One route as OpenAPI tells it."""

    method: str
    path: str
    audience: Audience
    view: Callable[..., Any]
    body: Any = None
    query: Any = Nothing
    answer: Any = None
    status: int = 200
    errors: tuple[type[DeskbellError], ...] = ()
    takes_key: bool = False
    version: Literal["optional", "required"] | None = None


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A request as its view sees it: checked and typed."""

    who: Caller | None
    path: Mapping[str, str]
    query: Any
    body: Any
    call: Call | None
    version: int | None
    now: datetime
    addresses: Addresses

    @property
    def caller(self) -> Caller:
        """Whoever calls."""
        assert self.who is not None
        return self.who

    @property
    def user(self) -> HotelUser:
        """The hotel user who calls."""
        assert isinstance(self.who, HotelUser)
        return self.who

    @property
    def agent(self) -> Agent:
        """The agent who calls."""
        assert isinstance(self.who, Agent)
        return self.who

    @property
    def once(self) -> Call:
        """The call as one that may be repeated."""
        assert self.call is not None
        return self.call


class Asked(AuthRequest):
    """What API Gateway asks an authorizer, and the id of the invocation."""

    def __init__(self, event: Mapping[str, str], context: Any) -> None:
        super().__init__(event["type"], event["authorizationToken"], event["methodArn"])
        self.request_id: str = context.aws_request_id


def with_context(authorizer: ChaliceAuthorizer) -> Callable[[Mapping[str, str], Any], Any]:
    """The authorizer as Lambda calls it: Chalice's own drops the context."""
    return lambda event, context: authorizer.func(Asked(event, context))


class Routes(Blueprint):
    """A Blueprint whose views take an `Incoming` and answer with a struct."""

    gate: ClassVar[ChaliceAuthorizer]
    """Set by app.py before the blueprints are registered."""

    def __init__(self, import_name: str, audience: Audience) -> None:
        super().__init__(import_name)
        self.audience = audience
        self.endpoints: list[Endpoint] = []

    def serve(self, method: str, path: str, **facts: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Registers a view; `facts` are the fields of `Endpoint`."""

        def keep(view: Callable[..., Any]) -> Callable[..., Any]:
            self.endpoints.append(Endpoint(method=method, path=path, audience=self.audience, view=view, **facts))
            return view

        return keep

    def register(self, app: Any, options: dict[str, Any]) -> None:
        """Chalice's own step, with the authorizer that app.py made."""
        for endpoint in self.endpoints:
            is_open = endpoint.audience == "everyone"
            self.route(
                endpoint.path,
                methods=[endpoint.method],
                authorizer=None if is_open else Routes.gate,
                cors=CORS,
                content_types=["*/*"],
                name=endpoint.view.__name__,
            )(self._endpoint(endpoint))
        super().register(app, options)

    def _endpoint(self, endpoint: Endpoint) -> Callable[..., Response]:
        def respond(**_: str) -> Response:
            return _respond(endpoint, self.current_request)

        return respond


def _respond(endpoint: Endpoint, request: Request) -> Response:
    request_id = str(request.context["requestId"])
    headers: dict[str, str] = {}
    with one_line(f"{endpoint.method} {endpoint.path}", request_id) as line:
        try:
            who = _caller(endpoint, request)
            line.update(hashed(who))
            answer = endpoint.view(_incoming(endpoint, request, who))
            status, body = endpoint.status, _json(answer)
        except DeskbellError as error:
            status, body, headers = _refusal(error, request_id)
            line.update(code=error.code, **(cause(error) if status >= HTTPStatus.INTERNAL_SERVER_ERROR else {}))
        except Exception as error:  # noqa: BLE001 - the edge: whatever it is, the caller gets our shape
            status, body, headers = _refusal(DeskbellError(), request_id)
            line.update(cause(error))
        line["status"] = status
    return Response(body, {**headers, **_cors(request), "Content-Type": "application/json"}, status)


def _caller(endpoint: Endpoint, request: Request) -> Caller | None:
    if endpoint.audience == "everyone":
        return None
    encoded = (request.context.get("authorizer") or {}).get("caller")
    if not encoded:
        raise Unauthorized
    who = msgspec.json.decode(encoded, type=HotelUser | Agent)
    if who.expires_at <= datetime.now(UTC):
        raise Unauthorized
    if isinstance(who, Agent) != (endpoint.audience == "agent"):
        raise Forbidden
    return who


def _incoming(endpoint: Endpoint, request: Request, who: Caller | None) -> Incoming:
    raw = request.raw_body
    raw = raw.encode() if isinstance(raw, str) else raw
    now = to_millisecond(datetime.now(UTC))
    path = {name: unquote(value) for name, value in (request.uri_params or {}).items()}
    body = parse_body(endpoint.body, raw, request.headers.get("content-type"))
    call = None
    if endpoint.takes_key and who is not None:
        key = parse_key(request.headers.get("idempotency-key"))
        # Chalice's request.path is the route's pattern; a key belongs to the path that was called.
        route = f"{endpoint.method} {endpoint.path.format(**path)}"
        call = Call(who=who, route=route, key=key, digest=hashlib.sha256(raw).hexdigest(), now=now)
    return Incoming(
        who=who,
        path=path,
        query=parse_query(endpoint.query, request.query_params),
        body=body,
        call=call,
        version=parse_if_match(request.headers.get("if-match")) if endpoint.version else None,
        now=now,
        addresses=Addresses(request.context["identity"]["sourceIp"], request.headers.get("x-forwarded-for", "")),
    )


def _json(answer: Any) -> str:
    return "" if answer is None else msgspec.json.encode(answer).decode()


def _refusal(error: DeskbellError, request_id: str) -> tuple[int, str, dict[str, str]]:
    body: dict[str, Any] = {"code": error.code, "message": error.message, "request_id": request_id}
    if error.details:
        body["details"] = for_details(error.details)
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    return error.status, msgspec.json.encode(body).decode(), headers


def _cors(request: Request) -> dict[str, str]:
    origins = settings().origins
    origin = request.headers.get("origin")
    allowed = origin if origin in origins else (origins[0] if origins else "")
    return {"Access-Control-Allow-Origin": allowed, "Vary": "Origin"} if allowed else {"Vary": "Origin"}
