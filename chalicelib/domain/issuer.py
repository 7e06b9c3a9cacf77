"""A trusted issuer of tokens, and what its claims must say."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from chalicelib.domain.people import AccountId, Agent, Caller, HotelUser
from chalicelib.domain.text import LANGUAGES, text

ALGORITHMS = ("RS256", "ES256", "EdDSA")
"""Asymmetric signatures only."""
LEEWAY = timedelta(seconds=60)
"""How far the clocks of an issuer and ours may be apart for `iat` and `nbf`; nothing is served after `exp`."""
LONGEST_LIFE = timedelta(hours=1)
AGENTS = "agents"
"""The id of the agents' user pool among the issuers."""
GROUPS = frozenset({"agents", "supervisors"})
"""The groups of the user pool whose members are agents."""
_ISSUER_ID = "[a-z0-9][a-z0-9-]{0,31}"
_MAX_ID = 128
_MAX_ID_BYTES = 512
"""An id's length percent-encoded, as it stands in keys: account and user together stay within DynamoDB's 2,048."""
_MAX_NAME = 100


def is_safe_address(url: str) -> bool:
    """Whether keys may be fetched from there: over https, or from this machine."""
    address = urlsplit(url)
    return address.scheme == "https" or (address.scheme, address.hostname) == ("http", "127.0.0.1")


class Issuer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One PMS installation, or the agents' user pool: whose signature counts for what."""

    id: Annotated[str, msgspec.Meta(pattern=f"^{_ISSUER_ID}(?!\\n)$")]
    kind: Literal["hotel", "agent"]
    issuer: Annotated[str, msgspec.Meta(min_length=1)]
    audience: Annotated[str, msgspec.Meta(min_length=1)]
    jwks_url: str | None = None
    keys: tuple[dict[str, Any], ...] = ()
    accounts: tuple[str, ...] | None = None
    """The only accounts that this issuer may speak for; all of its own when not given."""

    def __post_init__(self) -> None:
        if bool(self.jwks_url) == bool(self.keys):
            raise ValueError(f"issuer {self.id}: give jwks_url or keys")
        if self.jwks_url and not is_safe_address(self.jwks_url):
            raise ValueError(f"issuer {self.id}: jwks_url must be https")
        if (self.id == AGENTS) != (self.kind == "agent"):
            raise ValueError(f"issuer {self.id}: the id {AGENTS} is the user pool's, and nobody else's")


def trusted(entries: Sequence[Mapping[str, Any]]) -> tuple[Issuer, ...]:
    """The trusted issuers as an operator wrote them, held to their shape (msgspec.ValidationError, ValueError).

    Two that share an `iss` cannot be told apart, two that share an id would share their hotels: neither is taken.
    """
    issuers = msgspec.convert(entries, tuple[Issuer, ...])
    for field in ("id", "issuer"):
        values = [getattr(issuer, field) for issuer in issuers]
        if len(set(values)) != len(values):
            raise ValueError(f"two trusted issuers share their {field}")
    return issuers


class Refused(Exception):
    """Why a token is refused, in words for `make token-check`; the API never says them."""


def caller_of(issuer: Issuer, claims: dict[str, Any], now: datetime) -> Caller:
    """Who the claims of a well-signed token name; Refused when one is missing, late, early or too long-lived."""
    _check_times(claims, now)
    return _agent(claims) if issuer.kind == "agent" else _hotel_user(issuer, claims)


def _check_times(claims: dict[str, Any], now: datetime) -> None:
    issued, expires = _time(claims, "iat"), _time(claims, "exp")
    if expires <= now:
        raise Refused(f"exp: the token ended at {expires.isoformat()}, and it is {now.isoformat()}")
    if issued > now + LEEWAY:
        raise Refused(f"iat: the token is of {issued.isoformat()}, and it is {now.isoformat()}")
    if "nbf" in claims and _time(claims, "nbf") > now + LEEWAY:
        raise Refused("nbf: the token is not valid yet")
    if expires - issued > LONGEST_LIFE:
        raise Refused(f"exp: the token lives {expires - issued}, longer than {LONGEST_LIFE}")


def _time(claims: dict[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(f"{name}: must be a number of seconds since 1970")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        raise Refused(f"{name}: is not a time") from None


def _text(claims: dict[str, Any], name: str, limit: int) -> str:
    value = claims.get(name)
    try:
        checked: str = msgspec.convert(value, Annotated[str, text(limit, name)])
    except msgspec.ValidationError:
        raise Refused(f"{name}: must be a text of 1 to {limit} characters, none of them a control character") from None
    return checked


def _id(claims: dict[str, Any], name: str) -> str:
    value = _text(claims, name, _MAX_ID)
    if len(quote(value, safe="")) > _MAX_ID_BYTES:
        raise Refused(f"{name}: is longer than {_MAX_ID_BYTES} bytes when percent-encoded")
    return value


def _decoration(claims: dict[str, Any], name: str) -> str:
    """A claim that nothing depends on: what of it can be shown."""
    value = claims.get(name)
    return "".join(char if char.isprintable() else " " for char in value)[:_MAX_NAME] if isinstance(value, str) else ""


def account_named(issuers: Sequence[Issuer], name: str) -> AccountId | None:
    """The account written as `<issuer id>/<account>`; None when no trusted PMS installation can speak for it."""
    issuer_id, _, account = name.partition("/")
    for issuer in issuers:
        if issuer.kind == "hotel" and issuer.id == issuer_id:
            try:
                return _account(issuer, {"account": account})
            except Refused:
                return None
    return None


def is_user_id(name: str) -> bool:
    """Whether a PMS could call one of its users so."""
    try:
        _id({"sub": name}, "sub")
    except Refused:
        return False
    return True


def is_account(name: str) -> bool:
    """Whether an account could be written so; its installation may be one that is no longer trusted."""
    issuer_id, _, account = name.partition("/")
    return bool(re.fullmatch(_ISSUER_ID, issuer_id)) and is_user_id(account)


def _account(issuer: Issuer, claims: dict[str, Any]) -> AccountId:
    account = _id(claims, "account")
    if issuer.accounts is not None and account not in issuer.accounts:
        raise Refused(f"account: {issuer.id} may not speak for {account}")
    return AccountId(f"{issuer.id}/{account}")


def _hotel_user(issuer: Issuer, claims: dict[str, Any]) -> HotelUser:
    locale = claims.get("locale")
    return HotelUser(
        account=_account(issuer, claims),
        id=_id(claims, "sub"),
        name=_text(claims, "name", _MAX_NAME),
        expires_at=_time(claims, "exp"),
        account_name=_decoration(claims, "account_name"),
        locale=locale if locale in LANGUAGES else "en",
        zone=_zone(claims.get("zoneinfo")),
    )


def _zone(value: object) -> str:
    """The zone if it is one; a day of a zone that nobody knows is a day in UTC."""
    try:
        return ZoneInfo(value).key if isinstance(value, str) else "UTC"
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"


def _agent(claims: dict[str, Any]) -> Agent:
    groups = claims.get("cognito:groups")
    groups = tuple(group for group in groups if isinstance(group, str)) if isinstance(groups, list) else ()
    if GROUPS.isdisjoint(groups):
        raise Refused("cognito:groups: must hold agents or supervisors")
    if claims.get("token_use") != "id":
        raise Refused("token_use: must be id")
    name = claims.get("name") or claims.get("cognito:username")
    return Agent(
        id=_text(claims, "sub", _MAX_ID),
        name=_text({"name": name}, "name", _MAX_NAME),
        expires_at=_time(claims, "exp"),
        groups=groups,
        zone=_zone(claims.get("zoneinfo")),
    )
