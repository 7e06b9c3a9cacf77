"""Declaring a file before its bytes go straight to the bucket."""

from typing import Literal

import msgspec

from chalicelib.domain.moment import rfc3339
from chalicelib.errors import IdempotencyKeyReused, UnsupportedMediaType
from chalicelib.routes.http import Incoming, Routes
from chalicelib.services.uploads import DeclareUpload, declare_upload
from chalicelib.services.wire import Time

hotel = Routes(__name__, "hotel")
agent = Routes(__name__, "agent")


class UploadAnswer(msgspec.Struct, frozen=True):
    """Where to put the file, and the headers to send as they are."""

    upload_id: str
    method: Literal["PUT"]
    url: str
    headers: dict[str, str]
    expires_at: Time


def _declare(incoming: Incoming) -> UploadAnswer:
    ready = declare_upload(incoming.once, incoming.body)
    return UploadAnswer(ready.upload_id, "PUT", ready.url, ready.headers, rfc3339(ready.expires_at))


_FACTS = {
    "body": DeclareUpload,
    "answer": UploadAnswer,
    "status": 201,
    "takes_key": True,
    "errors": (UnsupportedMediaType, IdempotencyKeyReused),
}


@hotel.serve("POST", "/v1/uploads", **_FACTS)
def hotel_upload(incoming: Incoming) -> UploadAnswer:
    """Declares a file of 1 byte to 50 MiB; the answer is an address for one PUT of exactly these bytes."""
    return _declare(incoming)


@agent.serve("POST", "/v1/agent/uploads", **_FACTS)
def agent_upload(incoming: Incoming) -> UploadAnswer:
    """Declares a file of 1 byte to 50 MiB; the answer is an address for one PUT of exactly these bytes."""
    return _declare(incoming)
