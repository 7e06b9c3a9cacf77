"""The OpenAPI 3.1 document, made from the routes' own types."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from chalicelib import VERSION
from chalicelib.errors import DeskbellError, Forbidden, InvalidRequest, TryAgain, Unauthorized
from chalicelib.routes.answers import Problem
from chalicelib.routes.http import Endpoint

_REF = "#/components/schemas/{name}"
_ENDPOINTS: list[Endpoint] = []
_EXAMPLES = Path(__file__).parent / "examples.json"


@cache
def examples() -> dict[str, dict[str, Any]]:
    """What a good call sends and is answered, by the name of its view."""
    found: dict[str, dict[str, Any]] = msgspec.json.decode(_EXAMPLES.read_bytes())
    return found


def publish(endpoints: Iterable[Endpoint]) -> None:
    """Adds endpoints to the document; app.py does it for every Blueprint that it registers."""
    _ENDPOINTS.extend(endpoints)


@cache
def document() -> dict[str, Any]:
    """The whole document."""
    types = [type_ for each in _ENDPOINTS for type_ in (each.body, each.answer) if type_ is not None]
    schemas, components = msgspec.json.schema_components([*types, Problem], ref_template=_REF)
    by_type = dict(zip(map(repr, [*types, Problem]), schemas, strict=True))
    paths: dict[str, Any] = {}
    for each in _ENDPOINTS:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, by_type)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Deskbell",
            "version": VERSION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {
                "hotel": {"type": "http", "scheme": "bearer", "description": "A hotel user's JWT, signed by the PMS."},
                "agent": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An agent's ID token, from the user pool.",
                },
            },
        },
    }


def _operation(each: Endpoint, by_type: dict[str, Any]) -> dict[str, Any]:
    summary = (each.view.__doc__ or "").strip()
    operation: dict[str, Any] = {"operationId": each.view.__name__, "summary": summary, "responses": {}}
    if each.audience != "everyone":
        operation["security"] = [{each.audience: []}]
    if parameters := [*_path(each), *_query(each), *_headers(each)]:
        operation["parameters"] = parameters
    shown = examples().get(each.view.__name__, {})
    if each.body is not None:
        content = _content(by_type[repr(each.body)], shown.get("request"))
        operation["requestBody"] = {"required": True, "content": content}
    success: dict[str, Any] = {"description": "Done."}
    if each.answer is not None:
        success["content"] = _content(by_type[repr(each.answer)], shown.get("response"))
    operation["responses"][str(each.status)] = success
    for status, errors in _errors(each).items():
        operation["responses"][str(status)] = _problem(errors)
    return operation


def _errors(each: Endpoint) -> dict[int, list[type[DeskbellError]]]:
    everywhere = [InvalidRequest, DeskbellError]
    signed_in = [Unauthorized, Forbidden, TryAgain] if each.audience != "everyone" else []
    by_status: dict[int, list[type[DeskbellError]]] = {}
    errors: list[type[DeskbellError]] = [*everywhere, *signed_in, *each.errors]
    for error in dict.fromkeys(errors):
        by_status.setdefault(error.status, []).append(error)
    return dict(sorted(by_status.items()))


def _problem(errors: list[type[DeskbellError]]) -> dict[str, Any]:
    examples = {
        error.code: {"value": {"code": error.code, "message": error.sentence, "request_id": "c6af9ac6-7b61"}}
        for error in errors
    }
    content = {"application/json": {"schema": {"$ref": _REF.format(name="Problem")}, "examples": examples}}
    return {"description": " ".join(error.sentence for error in errors), "content": content}


def _content(schema: dict[str, Any], example: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema, **({} if example is None else {"example": example})}}


def _path(each: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", each.path)
    ]


def _query(each: Endpoint) -> list[dict[str, Any]]:
    schema = msgspec.json.schema(each.query)
    fields = schema["$defs"][each.query.__name__]["properties"]
    return [{"name": name, "in": "query", "required": False, "schema": field} for name, field in fields.items()]


def _headers(each: Endpoint) -> list[dict[str, Any]]:
    headers = []
    if each.takes_key:
        schema: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 128}
        headers.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema})
    if each.version:
        schema = {"type": "string", "pattern": '^"?[0-9]{1,9}"?$'}
        is_required = each.version == "required"
        headers.append({"name": "If-Match", "in": "header", "required": is_required, "schema": schema})
    return headers
