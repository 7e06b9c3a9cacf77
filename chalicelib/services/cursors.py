"""The cursors of this deployment's lists: sealed with its key, refused with the name of the parameter."""

from chalicelib.domain import cursor as cursors
from chalicelib.errors import InvalidRequest
from chalicelib.settings import settings


def seal(position: str | None, scope: str) -> str | None:
    """The cursor of a position in the list that `scope` names; None when the list ends."""
    return None if position is None else cursors.seal(position, scope=scope, key=settings().signing_key)


def unseal(cursor: str | None, scope: str, *, parameter: str = "cursor") -> str | None:
    """The position that a caller's cursor stands for; InvalidRequest when it is none of this list's."""
    if cursor is None:
        return None
    position = cursors.unseal(cursor, scope=scope, key=settings().signing_key)
    if position is None:
        raise InvalidRequest({parameter: "is not a cursor of this list"})
    return position
