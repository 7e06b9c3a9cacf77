"""The demo PMS: its signing key, made on this machine, and the tokens that it signs for its hotel users."""

import json
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

ISSUER_ID = "demo"
ISSUER = "https://pms.demo.example"
AUDIENCE = "deskbell"
KEY_ID = "demo-1"
LIFE_SECONDS = 3600


def _private_key(state_dir: Path) -> dict[str, Any]:
    path = state_dir / "pms-key.json"
    if not path.exists():
        state_dir.mkdir(parents=True, exist_ok=True)
        key = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()), as_dict=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(key))
    key_: dict[str, Any] = json.loads(path.read_text())
    return key_


def trusted_issuer(state_dir: Path) -> dict[str, Any]:
    """The demo PMS as the stack trusts it: with the public half of its key."""
    public = {name: value for name, value in _private_key(state_dir).items() if name != "d"}
    keys = [{**public, "kid": KEY_ID, "alg": "ES256", "use": "sig"}]
    return {"id": ISSUER_ID, "kind": "hotel", "issuer": ISSUER, "audience": AUDIENCE, "keys": keys}


def sign(state_dir: Path, claims: dict[str, Any]) -> str:
    """A token of these claims, signed by the demo PMS."""
    return jwt.encode(claims, jwt.PyJWK(_private_key(state_dir)), algorithm="ES256", headers={"kid": KEY_ID})


def hotel_token(state_dir: Path, *, account: str, user: str, name: str, **others: str | None) -> str:
    """A bearer token of a hotel user, good for an hour. `others`: account_name, email, phone, locale, zoneinfo."""
    now = int(time.time())
    claims: dict[str, Any] = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + LIFE_SECONDS}
    claims |= {"sub": user, "account": account, "name": name}
    return sign(state_dir, {**claims, **{claim: value for claim, value in others.items() if value is not None}})
