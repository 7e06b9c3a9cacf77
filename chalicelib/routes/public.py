"""Routes that need no token."""

from typing import Any, Literal

import msgspec

from chalicelib import VERSION
from chalicelib.routes.http import Incoming, Routes
from chalicelib.routes.openapi import document

routes = Routes(__name__, "everyone")


class Health(msgspec.Struct, frozen=True):
    """The service answers."""

    status: Literal["ok"]
    version: str


@routes.serve("GET", "/v1/health", answer=Health)
def health(_: Incoming) -> Health:
    """Says that the service answers, and which version it is."""
    return Health("ok", VERSION)


@routes.serve("GET", "/v1/openapi.json", answer=dict[str, Any])
def openapi(_: Incoming) -> dict[str, Any]:
    """This document."""
    return document()
