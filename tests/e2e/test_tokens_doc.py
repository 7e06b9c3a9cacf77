"""docs/tokens.md: its scripts sign tokens that count, its tables say what the code does, its tool tells why not.

What reads a token reads its settings at import, so it runs in a process of its own here.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from chalicelib.domain.issuer import Issuer, caller_of
from infra import build
from local import pms

DOC = (build.ROOT / "docs" / "tokens.md").read_text()
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)
KINDS = ("python", "php")
KID, ISSUER, AUDIENCE = "pms-2026-11", "https://pms.example.com", "deskbell"
ACCOUNT, USER, NAME, LOCALE, ZONE = "hotel-17", "anna", "ანა გელაშვილი", "ka", "Asia/Tbilisi"
SIGNER = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
_CHECK = """
import json, sys
from local.token_check import check
print(json.dumps([check(token, issuers) for token, issuers in json.load(sys.stdin)]))
"""

Check = tuple[str, dict[str, Any]]


def _block(kind: str) -> str:
    return next(code for found, code in BLOCKS if found == kind)


def _table(head: str) -> list[list[str]]:
    """The rows of the table whose first column has this head; in the first column without its backticks."""
    rows = DOC.split(f"\n| {head} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


CLAIMS = {row[0].strip("`"): row[1] == "yes" for row in _table("claim")}
REASONS = [row[0].strip("`") for row in _table("reason")]


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _jwk(key: rsa.RSAPrivateKey, kid: str = KID) -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "alg": "RS256", "use": "sig"}


def _issuer(*keys: dict[str, Any], **others: Any) -> dict[str, Any]:
    """A PMS as the operator enters it, by default with the public half of the key that signs."""
    facts = {"id": "pms-eu", "kind": "hotel", "issuer": ISSUER, "audience": AUDIENCE}
    return {**facts, "keys": keys or [_jwk(SIGNER)], **others}


def _run(command: Sequence[str | Path], **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def _checked(*cases: Check) -> list[tuple[bool, str]]:
    """What `token_check.check` says of each token, trusting the issuer beside it."""
    asked = json.dumps([[token, [issuer]] for token, issuer in cases])
    done = _run([sys.executable, "-c", _CHECK], cwd=build.ROOT, input=asked)
    assert done.returncode == 0, done.stderr
    return [(is_good, words) for is_good, words in json.loads(done.stdout)]


def _command(kind: str) -> str:
    if kind == "python":
        return sys.executable
    found = shutil.which("php")
    if found is None:
        pytest.fail("php is not on PATH, and docs/tokens.md has an example in it: apt-get install php-cli")
    return found


def _printed(kind: str, tmp_path: Path) -> str:
    """The token that a script of the document prints."""
    script, key_file = tmp_path / f"deskbell_token.{kind}", tmp_path / "key.pem"
    script.write_text(_block(kind))
    key_file.write_text(_pem(SIGNER))
    facts = (KID, ISSUER, AUDIENCE, ACCOUNT, USER, NAME, LOCALE, ZONE)
    done = _run([_command(kind), script, key_file, *facts], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    return done.stdout.strip()


@pytest.mark.parametrize("kind", KINDS)
def test_a_documented_script_signs_a_token_that_counts(kind: str, tmp_path: Path) -> None:
    printed = _printed(kind, tmp_path)
    ((is_good, words),) = _checked((printed, _issuer()))
    assert is_good, words
    caller = json.loads(words)
    assert (caller["account"], caller["id"], caller["name"]) == (f"pms-eu/{ACCOUNT}", USER, NAME)
    assert (caller["locale"], caller["zone"]) == (LOCALE, ZONE)
    assert jwt.get_unverified_header(printed) == {"alg": "RS256", "typ": "JWT", "kid": KID}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_token_is_refused_where_another_key_is_trusted(kind: str, tmp_path: Path) -> None:
    printed = _printed(kind, tmp_path)
    of_other, of_other_id, good = _checked(
        (printed, _issuer(_jwk(OTHER))), (printed, _issuer(_jwk(SIGNER, "older"))), (printed, _issuer())
    )
    assert of_other == (False, "Signature verification failed")
    assert of_other_id == (False, f"kid: pms-eu has no key '{KID}'")
    assert good[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_documented_script_is_short(kind: str) -> None:
    assert [found for found, _ in BLOCKS].count(kind) == 1
    assert len(_block(kind).splitlines()) < 40


def test_the_documented_command_prints_the_public_half_of_a_key(tmp_path: Path) -> None:
    command = shlex.split("python3 " + _block("sh").split("python3 ", 1)[1])
    (tmp_path / command[-2]).write_text(_pem(SIGNER))
    done = _run([sys.executable, *command[1:]], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    jwk = json.loads(done.stdout)
    assert "d" not in jwk
    assert jwk == {**_jwk(SIGNER), "kid": command[-1]}


def test_the_documented_issuers_have_the_shape_that_is_read() -> None:
    entries = json.loads(_block("json"))
    known = msgspec.convert(entries, tuple[Issuer, ...])
    assert [bool(each.jwks_url) for each in known] == [True, False], "one of each kind"
    assert [jwt.PyJWK(key).algorithm_name for each in known for key in each.keys] == ["ES256"]
    assert not any("d" in key for each in known for key in each.keys)
    assert {name.strip("`") for name, *_ in _table("field")} == {*Issuer.__struct_fields__}
    assert len(json.dumps(entries, separators=(",", ":"))) < 3000
    example = json.loads((build.ROOT / "infra" / "stages" / "example.json").read_text())["TrustedIssuers"]
    assert entries[:1] == example


class _Watched(dict[str, Any]):
    """Claims that know which of them were asked for."""

    def __init__(self, claims: Mapping[str, Any]) -> None:
        super().__init__(claims)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)


def _claims(wrong: Mapping[str, Any]) -> dict[str, Any]:
    """The claims of a good token, but for the wrong ones; None takes one out."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 600, "nbf": now, "sub": USER, "account": ACCOUNT}
    claims |= {"name": NAME, "account_name": "სასტუმრო", "locale": LOCALE, "zoneinfo": ZONE}
    return {name: value for name, value in {**claims, **wrong}.items() if value is not None}


def _sign(key: rsa.RSAPrivateKey = SIGNER, kid: str = KID, **wrong: Any) -> str:
    return jwt.encode(_claims(wrong), key, algorithm="RS256", headers={"kid": kid})


def test_the_table_of_claims_names_those_that_are_read() -> None:
    claims = _Watched(_claims({}))
    caller_of(msgspec.convert(_issuer(), Issuer), claims, datetime.now(UTC))
    assert set(CLAIMS) == claims.asked | {"iss", "aud"}, "iss and aud are compared with the signature"


def test_a_claim_is_needed_where_the_table_says_so() -> None:
    without: list[dict[str, Any]] = [{name: None} for name in CLAIMS]
    answers = _checked(*((_sign(**wrong), _issuer()) for wrong in without))
    assert {name: not is_good for name, (is_good, _) in zip(CLAIMS, answers, strict=True)} == CLAIMS


def _as_shared_secret() -> str:
    return jwt.encode(_claims({}), "a secret that both sides share, as many do", headers={"kid": KID})


def _refusals() -> dict[str, Check]:
    """For each documented reason, in the document's words: a token that is refused for it, and by whom."""
    now = int(time.time())
    of_ec = {**ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True), "kid": KID}
    by_claim: dict[str, dict[str, Any]] = {
        "iss: … is not a trusted issuer": {"iss": f"{ISSUER}/"},
        "Audience doesn't match (strict)": {"aud": "other"},
        "Invalid claim format in token (strict)": {"aud": [AUDIENCE]},
        "exp: the token ended at …": {"iat": now - 600, "exp": now - 1},
        "exp: the token lives …": {"exp": now + 3700},
        "iat: the token is of …": {"iat": now + 300},
        "iat: must be a number of seconds since 1970": {"iat": str(now)},
        "iat: is not a time": {"iat": now * 1000},
        "nbf: the token is not valid yet": {"nbf": now + 300},
        "Token is missing the … claim": {"sub": None},
        "Subject must be a string": {"sub": 17},
        "account: must be a text of 1 to 128 characters, …": {"account": 17},
        "name: must be a text of 1 to 100 characters, …": {"name": "a" * 101},
    }
    return {reason: (_sign(**wrong), _issuer()) for reason, wrong in by_claim.items()} | {
        "not a JWT: …": (_sign().replace(".", ""), _issuer()),
        "alg: must be one of RS256, ES256, EdDSA": (_as_shared_secret(), _issuer()),
        "alg: the key … is for …": (_sign(), _issuer(of_ec)),
        "kid: … has no key …": (_sign(kid="newer"), _issuer()),
        "Signature verification failed": (_sign(OTHER), _issuer()),
        "account: … may not speak for …": (_sign(), _issuer(accounts=["hotel-18"])),
    }


def test_the_documented_reasons_are_those_that_are_told() -> None:
    refusals = _refusals()
    assert sorted(refusals) == sorted(REASONS)
    for reason, (is_good, words) in zip(refusals, _checked(*refusals.values()), strict=True):
        assert not is_good, reason
        assert re.fullmatch(re.escape(reason).replace("…", ".+"), words), f"documented: {reason}; told: {words}"


def _token_check(state_dir: Path, token: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.token_check", "--stage", "local", token]
    return _run(command, cwd=build.ROOT, env={**os.environ, "STATE_DIR": str(state_dir)})


def test_token_check_says_whose_a_good_token_is(tmp_path: Path) -> None:
    token = pms.hotel_token(tmp_path, account="1", user=USER, name=NAME, locale=LOCALE, zoneinfo=ZONE)
    done = _token_check(tmp_path, token)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("good: ")
    assert json.loads(done.stdout.removeprefix("good: "))["account"] == "demo/1"


def test_token_check_says_in_a_line_why_a_token_is_refused(tmp_path: Path) -> None:
    of_another_pms = pms.hotel_token(tmp_path / "other", account="1", user=USER, name=NAME)
    for token, reason in ((of_another_pms, "Signature verification failed"), (_sign(), f"iss: '{ISSUER}' is not")):
        done = _token_check(tmp_path, token)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"refused: {reason}")
        assert done.stderr.count("\n") == 1
