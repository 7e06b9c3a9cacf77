"""Cursors: where a list goes on, sealed so that a caller can neither forge one nor take it to another list."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64

_SEAL_BYTES = 16


def seal(position: str, *, scope: str, key: bytes) -> str:
    """An opaque cursor for a position in the list named by `scope` (account, route, filters)."""
    return urlsafe_b64encode(_mac(position, scope, key) + position.encode()).rstrip(b"=").decode()


def unseal(cursor: str, *, scope: str, key: bytes) -> str | None:
    """The position, or None when the cursor was forged or belongs to another list."""
    try:
        position = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[_SEAL_BYTES:].decode()
    except (BadBase64, ValueError):
        return None
    genuine = seal(position, scope=scope, key=key)
    return position if hmac.compare_digest(genuine.encode(), cursor.encode()) else None


def _mac(position: str, scope: str, key: bytes) -> bytes:
    text = f"{len(scope)}:{scope}{position}".encode()
    return hmac.new(key, text, hashlib.sha256).digest()[:_SEAL_BYTES]
