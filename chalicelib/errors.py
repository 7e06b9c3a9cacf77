"""Every error a caller can meet, with its HTTP status and its stable code.

DeskbellError
├── InvalidRequest 400      a field or a parameter is wrong
├── Unauthorized 401        no token, or one that is not good
├── Forbidden 403           the wrong kind of token
├── NotFound 404            unknown, malformed, or another account's
├── Conflict 409            true when it was asked, not now
│   ├── IdempotencyKeyReused
│   ├── TicketClosed
│   ├── TicketChanged
│   ├── UploadUsed
│   └── UploadMissing
├── UnsupportedMediaType 415
├── VersionRequired 428     an agent's change must say which ticket it has seen
├── TooManyRequests 429     its address had its share; the same call works later
└── TryAgain 503            busy or out of reach; the same call works later
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class DeskbellError(Exception):
    """The root; a leaf says its status, its code and its sentence."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    sentence: ClassVar[str] = "Something went wrong on our side. Please try again."
    retry_after: int | None = None
    """Seconds after which the same call may work."""

    def __init__(self, message: str | None = None, **details: Any) -> None:
        super().__init__(message or self.sentence)
        self.message = message or self.sentence
        self.details: Mapping[str, Any] = details


class InvalidRequest(DeskbellError):
    """A field or a parameter is wrong; `fields` says which and how."""

    status = 400
    code = "invalid_request"
    sentence = "The request has a field that cannot be used. See details.fields."

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(fields=fields)


class Unauthorized(DeskbellError):
    """No token, or one that is not good; the API never says why."""

    status = 401
    code = "unauthorized"
    sentence = "A valid bearer token is needed."


class Forbidden(DeskbellError):
    """The token is good but of the wrong kind for this route."""

    status = 403
    code = "forbidden"
    sentence = "This token is not for this route."


class NotFound(DeskbellError):
    """Unknown, malformed, or another account's: the three are one."""

    status = 404
    code = "not_found"
    sentence = "There is nothing here."


class Conflict(DeskbellError):
    """The state of the thing does not allow it."""

    status = 409
    code = "conflict"


class IdempotencyKeyReused(Conflict):
    """The key was used for another body within the last 24 hours."""

    code = "idempotency_key_reused"
    sentence = "This Idempotency-Key was used for another request. Use a new key."


class TicketClosed(Conflict):
    """The ticket was closed more than 14 days ago; `follow_up_of` names it."""

    code = "ticket_closed"
    sentence = "This ticket was closed too long ago to reopen. Open a new one that follows it up."


class TicketChanged(Conflict):
    """Somebody changed the ticket since the version that the caller knows."""

    code = "ticket_changed"
    sentence = "The ticket changed meanwhile. Look at what is new, then send again."


class UploadUsed(Conflict):
    """The upload already became an attachment."""

    code = "upload_used"
    sentence = "This file already belongs to a message. Upload it again to send it once more."


class UploadMissing(Conflict):
    """The upload was declared, but its bytes never arrived."""

    code = "upload_missing"
    sentence = "The file has not arrived yet. Upload its bytes, then send again."


class UnsupportedMediaType(DeskbellError):
    """A file, or a body, of a type that is not taken here."""

    status = 415
    code = "unsupported_media_type"
    sentence = "This type of file is not taken here, or the content is of another type."


class VersionRequired(DeskbellError):
    """An agent's change must name the version that the agent has seen."""

    status = 428
    code = "version_required"
    sentence = "Send If-Match with the version of the ticket that you have seen."


class TooManyRequests(DeskbellError):
    """This address had its share of the time that ends `retry_after` seconds from now."""

    status = 429
    code = "too_many_requests"
    sentence = "Too many requests. Please try again later."

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class TryAgain(DeskbellError):
    """A dependency is busy or out of reach; nothing was changed that a repeat would double."""

    status = 503
    code = "try_again"
    sentence = "The service is busy. Please try again in a moment."
    retry_after = 2
