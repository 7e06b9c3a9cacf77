"""Bearer tokens: whose they are, by the signature of a trusted issuer. The only room that knows PyJWT."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import jwt

from chalicelib.domain.issuer import ALGORITHMS, Issuer, Refused, caller_of
from chalicelib.domain.people import Caller

_MAX_TOKEN = 8192
FindKey = Callable[[Issuer, str | None], dict[str, Any] | None]


def read_token(token: str, issuers: Sequence[Issuer], now: datetime, find_key: FindKey) -> Caller:
    """Who the token names. Refused says why not; nothing in the token's own header is followed or trusted."""
    if len(token) > _MAX_TOKEN:
        raise Refused("the token is too long")
    header, unverified = _peek(token)
    if header.get("alg") not in ALGORITHMS:
        raise Refused(f"alg: must be one of {', '.join(ALGORITHMS)}")
    candidates = [each for each in issuers if each.issuer == unverified.get("iss")]
    if not candidates:
        raise Refused(f"iss: {unverified.get('iss')!r} is not a trusted issuer")
    issuer = candidates[0]
    claims = _verified(token, issuer, header, find_key)
    return caller_of(issuer, claims, now)


def _peek(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        unverified = jwt.decode_complete(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise Refused(f"not a JWT: {error}") from None
    return unverified["header"], unverified["payload"]


def _verified(token: str, issuer: Issuer, header: dict[str, Any], find_key: FindKey) -> dict[str, Any]:
    key_id = header.get("kid")
    jwk = find_key(issuer, key_id if isinstance(key_id, str) else None)
    if jwk is None:
        raise Refused(f"kid: {issuer.id} has no key {key_id!r}")
    try:
        key = jwt.PyJWK(jwk)
        if key.algorithm_name != header["alg"]:
            raise Refused(f"alg: the key {key_id!r} is for {key.algorithm_name}")
        # The times are ours to check: strictly for exp, with leeway for iat and nbf.
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            audience=issuer.audience,
            options={
                "require": ["iss", "aud", "iat", "exp", "sub"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "strict_aud": True,
                "enforce_minimum_key_length": True,
            },
        )
    except (jwt.PyJWTError, ValueError) as error:  # a key that is none is refused like a token that is none
        raise Refused(str(error)) from None
    return claims
