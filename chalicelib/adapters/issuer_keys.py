"""Issuers' public keys: given inline, or fetched from their address and kept in the live table.

Kept keys carry a cold start over a key server that is down. An unknown key id fetches again, at most once a minute.
"""

import urllib.request
from http.client import HTTPException
from typing import Any

import msgspec

from chalicelib.adapters.tables import LiveItem, reaching_aws
from chalicelib.domain.issuer import Issuer, is_safe_address

FETCH_EVERY_SECONDS = 60
TRUST_SECONDS = 3600
"""After this long a kept set is fetched anew, so that a key taken back stops counting; if that fails, it stays."""
_TIMEOUT_SECONDS = 3
_MAX_BYTES = 65_536

UNFETCHED = (OSError, ValueError, HTTPException, RecursionError)
"""What a key server that is down, slow, or sends nonsense raises."""

Keys = dict[str, dict[str, Any]]


class KeySet(msgspec.Struct, frozen=True):
    """The keys of an address by their id, when they were fetched, and when that was last tried (epoch seconds)."""

    url: str
    keys: Keys = {}
    fetched_at: float = 0
    tried_at: float = 0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Keys come from the address that the operator wrote, and from nowhere that it points to."""

    def redirect_request(self, *_: Any) -> None:
        """Follows nothing."""


_OPENER = urllib.request.build_opener(_NoRedirect)
_known: dict[str, KeySet] = {}


def published_key(issuer: Issuer, key_id: str | None) -> dict[str, Any] | None:
    """The public JWK with this id as the issuer gives it now, or None. A single inline key needs no id."""
    if key_id is None:
        return issuer.keys[0] if len(issuer.keys) == 1 else None
    return (_fetch(issuer.jwks_url) if issuer.jwks_url else _by_id({"keys": list(issuer.keys)})).get(key_id)


def kept_key(issuer: Issuer, key_id: str | None, now: float) -> dict[str, Any] | None:
    """The public JWK with this id, or None; a set with an address is kept, and fetched again at most once a minute.

    `now` is in epoch seconds.
    """
    if issuer.jwks_url is None or key_id is None:
        return published_key(issuer, key_id)
    kept = _known.get(issuer.id) or _load(issuer)
    is_due = key_id not in kept.keys or now - kept.fetched_at > TRUST_SECONDS
    if is_due and now - kept.tried_at >= FETCH_EVERY_SECONDS:
        kept = _refresh(issuer, _load(issuer), key_id, now)
    _known[issuer.id] = kept
    return kept.keys.get(key_id)


def _refresh(issuer: Issuer, kept: KeySet, key_id: str, now: float) -> KeySet:
    is_fresh = now - kept.fetched_at <= TRUST_SECONDS
    if (key_id in kept.keys and is_fresh) or now - kept.tried_at < FETCH_EVERY_SECONDS:
        return kept
    # Kept before it is tried: a server that never ends its answer must not be asked by every call.
    tried = msgspec.structs.replace(kept, tried_at=now)
    _store(issuer, tried)
    try:
        fetched = KeySet(kept.url, _fetch(kept.url), now, now)
    except UNFETCHED:
        return tried
    _store(issuer, fetched)
    return fetched


def _fetch(url: str) -> Keys:
    if not is_safe_address(url):
        raise ValueError(f"not https: {url}")
    with _OPENER.open(url, timeout=_TIMEOUT_SECONDS) as answer:
        keys = _by_id(msgspec.json.decode(answer.read(_MAX_BYTES)))
    if not keys:
        raise ValueError(f"no keys at {url}")
    return keys


def _by_id(jwks: Any) -> Keys:
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list):
        raise ValueError("not a JWK set")  # noqa: TRY004 - a wrong value that came from outside
    return {key["kid"]: key for key in keys if isinstance(key, dict) and isinstance(key.get("kid"), str)}


def _load(issuer: Issuer) -> KeySet:
    with reaching_aws():
        try:
            item = LiveItem.get("keys", issuer.id, consistent_read=True)
        except LiveItem.DoesNotExist:
            return KeySet(issuer.jwks_url or "")
    kept = msgspec.json.decode(item.data or "", type=KeySet)
    # What was fetched from an address that the operator has changed since does not count.
    return kept if kept.url == issuer.jwks_url else KeySet(issuer.jwks_url or "")


def _store(issuer: Issuer, keys: KeySet) -> None:
    with reaching_aws():
        LiveItem("keys", issuer.id, data=msgspec.json.encode(keys).decode()).save()
