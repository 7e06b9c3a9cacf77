"""Whose signature counts: tokens good and bad, before the authorizer itself."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from tests.contract.conftest import Hotel

pytestmark = pytest.mark.usefixtures("api")

ISSUER, AUDIENCE = "https://pms.test", "deskbell"
BEGAN = 1_800_000_000
"""A moment of the keys' clock, in whole seconds, for what ends at an exact one."""
RSA, EC, ED = (
    rsa.generate_private_key(65537, 2048),
    ec.generate_private_key(ec.SECP256R1()),
    ed25519.Ed25519PrivateKey.generate(),
)


def _jwk(key: Any, kid: str) -> dict[str, Any]:
    algorithms: dict[Any, tuple[Any, str]] = {
        rsa.RSAPrivateKey: (RSAAlgorithm, "RS256"),
        ec.EllipticCurvePrivateKey: (ECAlgorithm, "ES256"),
        ed25519.Ed25519PrivateKey: (OKPAlgorithm, "EdDSA"),
    }
    algorithm, name = next(found for kind, found in algorithms.items() if isinstance(key, kind))
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "alg": name, "use": "sig"}


def _claims(**others: Any) -> dict[str, Any]:
    now = int(time.time())
    base = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 600, "sub": "anna", "account": "1", "name": "Anna"}
    return {name: value for name, value in {**base, **others}.items() if value is not None}


def _sign(key: Any = EC, alg: str = "ES256", kid: str | None = "ec", headers: Any = None, **claims: Any) -> str:
    return jwt.encode(
        _claims(**claims), key, algorithm=alg, headers={**({"kid": kid} if kid else {}), **(headers or {})}
    )


def _by_hmac(secret: bytes) -> str:
    """The classic swap: the public key, which everybody has, as a shared secret. No library would sign it."""
    parts = [json.dumps(each).encode() for each in ({"alg": "HS256", "kid": "rsa"}, _claims())]
    signed = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = urlsafe_b64encode(hmac.digest(secret, signed, "sha256")).rstrip(b"=")
    return (signed + b"." + signature).decode()


@pytest.fixture
def read() -> Callable[[str], Any]:
    """Reads a token as the authorizer does, trusting one PMS with three inline keys."""
    import msgspec

    from chalicelib.adapters.issuer_keys import published_key
    from chalicelib.adapters.tokens import read_token
    from chalicelib.domain.issuer import Issuer

    issuer = {"id": "test", "kind": "hotel", "issuer": ISSUER, "audience": AUDIENCE}
    issuer["keys"] = [_jwk(RSA, "rsa"), _jwk(EC, "ec"), _jwk(ED, "ed")]  # type: ignore[assignment]
    known = [msgspec.convert(issuer, Issuer)]
    return lambda token: read_token(token, known, datetime.now(UTC), published_key)


def _refused(read: Callable[[str], Any], token: str) -> str:
    from chalicelib.domain.issuer import Refused

    with pytest.raises(Refused) as refused:
        read(token)
    return str(refused.value)


@pytest.mark.parametrize(("key", "alg", "kid"), [(RSA, "RS256", "rsa"), (EC, "ES256", "ec"), (ED, "EdDSA", "ed")])
def test_the_three_algorithms_are_taken(read: Callable[[str], Any], key: Any, alg: str, kid: str) -> None:
    assert read(_sign(key, alg, kid)).account == "test/1"


def test_no_signature_and_a_shared_secret_are_refused(read: Callable[[str], Any]) -> None:
    assert _refused(read, _sign(None, "none")).startswith("alg")
    public = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert _refused(read, _by_hmac(public)).startswith("alg")
    head, payload, _ = _sign().split(".")
    assert _refused(read, f"{head}.{payload}.")


def test_a_key_serves_its_own_algorithm_only(read: Callable[[str], Any]) -> None:
    assert _refused(read, _sign(RSA, "RS512", "rsa")).startswith("alg")
    assert _refused(read, _sign(RSA, "PS256", "rsa")).startswith("alg")
    assert _refused(read, _sign(RSA, "RS256", "ec")).startswith("alg")
    assert _refused(read, _sign(EC, "ES256", "rsa")).startswith("alg")


def test_another_keys_signature_is_refused(read: Callable[[str], Any]) -> None:
    assert "ignature" in _refused(read, _sign(ec.generate_private_key(ec.SECP256R1())))


def test_a_key_that_the_token_itself_offers_is_not_followed(read: Callable[[str], Any]) -> None:
    own = ec.generate_private_key(ec.SECP256R1())
    for headers in (
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"jwk": _jwk(own, "ec")},
        {"kid": "../../ec"},
        {"kid": "unknown"},
    ):
        assert _refused(read, _sign(own, headers=headers))
    assert read(_sign(headers={"jku": "https://evil.example/keys"})), "the header is ignored, not obeyed"


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://other.test"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"aud": [AUDIENCE, "other"]},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"account": None},
        {"name": None},
        {"sub": ""},
        {"name": " "},
        {"account": "x" * 129},
    ],
)
def test_a_wrong_or_missing_claim_is_refused(read: Callable[[str], Any], wrong: dict[str, Any]) -> None:
    assert _refused(read, _sign(**wrong))
    assert read(_sign())


def test_an_expired_an_early_and_a_long_lived_token_are_refused(read: Callable[[str], Any]) -> None:
    now = int(time.time())
    assert _refused(read, _sign(iat=now - 600, exp=now - 1)).startswith("exp")
    assert _refused(read, _sign(iat=now + 120, exp=now + 600)).startswith("iat")
    assert _refused(read, _sign(nbf=now + 120)).startswith("nbf")
    assert _refused(read, _sign(iat=now, exp=now + 3601)).startswith("exp")
    assert read(_sign(iat=now + 50, exp=now + 600, nbf=now + 50))
    assert read(_sign(iat=now, exp=now + 3600))


def test_the_reason_says_to_an_operator_what_is_wrong(read: Callable[[str], Any]) -> None:
    shared = jwt.encode(_claims(), "s" * 64, algorithm="HS512")
    assert _refused(read, "x" * 8193) == "the token is too long"
    assert _refused(read, "x" * 8192).startswith("not a JWT: ")
    assert _refused(read, shared) == "alg: must be one of RS256, ES256, EdDSA"
    assert _refused(read, _sign(iss="https://other.test")) == "iss: 'https://other.test' is not a trusted issuer"
    assert _refused(read, _sign(kid="new")) == "kid: test has no key 'new'"


def test_what_is_no_token_is_refused(read: Callable[[str], Any]) -> None:
    junk = urlsafe_b64encode(b"\xff").decode()
    for token in ("", "x", "a.b.c", f"{junk}.{junk}.{junk}", "." * 100, "x" * 9000, _sign() + "." + "x"):
        assert _refused(read, token)


def test_only_a_bearer_token_is_looked_at(hotel: Hotel) -> None:
    from chalicelib.domain.issuer import Refused
    from chalicelib.services.identity import identify

    for scheme in ("Bearer ", "bearer ", "BEARER  "):
        assert identify(f"{scheme}{hotel.anna} ", datetime.now(UTC)).id == "anna"
    for scheme in ("", "Basic ", "Bearer", " Bearer ", "Bearer x "):
        with pytest.raises(Refused):
            identify(f"{scheme}{hotel.anna}", datetime.now(UTC))


def test_a_refusal_is_told_in_api_gateways_own_word(hotel: Hotel) -> None:
    hotel.api.get("/v1/catalog", hotel.anna)
    hotel.api.call("GET", "/v1/catalog", token=f"{hotel.anna}x").problem(401, "unauthorized")


def test_a_policy_lets_each_kind_of_caller_call_its_own_routes_and_says_who_it_is() -> None:
    import msgspec

    from chalicelib.domain.people import AccountId, Agent, HotelUser
    from chalicelib.services.identity import policy_for

    facts: Any = {"id": "ნინო", "name": "ნინო", "expires_at": datetime.now(UTC)}
    agent, user = Agent(**facts), HotelUser(account=AccountId("pms/1"), **facts)
    api, action = "arn:aws:execute-api:eu-central-1:1:id/stage", "execute-api:Invoke"
    all_routes = {"Effect": "Allow", "Action": action, "Resource": f"{api}/*/v1/*"}
    agents_routes = {"Action": action, "Resource": f"{api}/*/v1/agent/*"}
    expected: list[tuple[Agent | HotelUser, str, list[dict[str, str]]]] = [
        (agent, "agent", [{"Effect": "Allow", **agents_routes}]),
        (user, "hotel", [all_routes, {"Effect": "Deny", **agents_routes}]),
    ]
    for caller, principal, statements in expected:
        policy = policy_for(caller, f"{api}/GET/v1/tickets/1")
        told = policy.pop("context")["caller"]
        document = {"Version": "2012-10-17", "Statement": statements}
        assert policy == {"principalId": principal, "policyDocument": document}
        assert told.isascii(), "API Gateway hands nothing else on"
        assert msgspec.json.decode(told, type=Agent | HotelUser) == caller


class _KeyServer:
    """A PMS's key server: what it publishes, how often it was asked, and whether it is up."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.asked = 0
        self.is_up = True
        self.status = 200
        self.speaks_http = True
        self.answer: bytes | None = None
        self.is_awake = Event()
        self.is_awake.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                outer.is_awake.wait(5)
                if not outer.speaks_http:
                    self.wfile.write(b"nonsense\r\n\r\n")
                    return
                is_elsewhere = self.path == "/elsewhere.json"
                self.send_response(200 if is_elsewhere else outer.status if outer.is_up else 503)
                self.send_header("Location", "/elsewhere.json")
                self.end_headers()
                keys = json.dumps({"keys": outer.keys}).encode() if outer.answer is None else outer.answer
                self.wfile.write(keys if outer.is_up else b"")

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/jwks.json"

    def stop(self) -> None:
        self.is_awake.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[_KeyServer]:
    running = _KeyServer()
    yield running
    running.stop()


@pytest.fixture
def remote(server: _KeyServer, account: str) -> Iterator[Any]:
    """Reads a token trusting a PMS that publishes its keys; `now` is the keys' clock, `forget` a cold start."""
    import msgspec

    from chalicelib.adapters import issuer_keys
    from chalicelib.adapters.tokens import read_token
    from chalicelib.domain.issuer import Issuer

    class Remote:
        now = time.time()

        def __init__(self) -> None:
            facts = {
                "id": account[:32],
                "kind": "hotel",
                "issuer": ISSUER,
                "audience": AUDIENCE,
                "jwks_url": server.url,
            }
            self._issuer = msgspec.convert(facts, Issuer)

        def read(self, token: str) -> Any:
            find_key = partial(issuer_keys.kept_key, now=self.now)
            return read_token(token, [self._issuer], datetime.now(UTC), find_key)

        def forget(self) -> None:
            issuer_keys._known.clear()

        @contextmanager
        def in_another_process(self) -> Iterator[None]:
            own = dict(issuer_keys._known)
            self.forget()
            yield
            self.forget()
            issuer_keys._known.update(own)

    reader = Remote()
    reader.forget()
    yield reader
    reader.forget()


def test_only_a_single_key_in_the_trust_itself_needs_no_id(server: _KeyServer) -> None:
    from chalicelib.adapters.issuer_keys import kept_key, published_key
    from chalicelib.domain.issuer import Issuer

    facts: Any = {"id": "pms", "kind": "hotel", "issuer": ISSUER, "audience": AUDIENCE}
    ec_key, rsa_key = _jwk(EC, "ec"), _jwk(RSA, "rsa")
    server.keys = [ec_key]
    one, two = Issuer(keys=(ec_key,), **facts), Issuer(keys=(ec_key, rsa_key), **facts)
    address = Issuer(jwks_url=server.url, **facts)
    assert [published_key(issuer, None) for issuer in (one, two, address)] == [ec_key, None, None]
    assert [published_key(issuer, "ec") for issuer in (one, two, address)] == [ec_key, ec_key, ec_key]
    assert [published_key(issuer, "rsa") for issuer in (one, two, address)] == [None, rsa_key, None]
    assert [kept_key(one, key_id, BEGAN) for key_id in (None, "ec", "rsa")] == [ec_key, ec_key, None]


def test_published_keys_are_fetched_once_and_kept(remote: Any, server: _KeyServer) -> None:
    server.keys = [_jwk(EC, "ec")]
    for _ in range(3):
        assert remote.read(_sign())
    assert server.asked == 1


def test_a_rotated_key_is_found_without_downtime(remote: Any, server: _KeyServer) -> None:
    server.keys = [_jwk(EC, "ec")]
    assert remote.read(_sign())
    server.keys = [_jwk(EC, "ec"), _jwk(RSA, "new")]
    remote.now += 61
    assert remote.read(_sign(RSA, "RS256", "new"))
    assert remote.read(_sign())


def test_an_unknown_key_asks_again_at_most_once_a_minute(remote: Any, server: _KeyServer) -> None:
    server.keys = [_jwk(EC, "ec")]
    assert remote.read(_sign())
    for _ in range(5):
        assert _refused(remote.read, _sign(RSA, "RS256", "new")).endswith("has no key 'new'")
    assert server.asked == 1, "it was just fetched"
    remote.now += 61
    for _ in range(5):
        assert _refused(remote.read, _sign(RSA, "RS256", "new"))
        remote.forget()
    assert server.asked == 2, "neither more often nor anew with each cold start"


def test_a_set_counts_for_an_hour_and_no_longer(remote: Any, server: _KeyServer) -> None:
    remote.now, server.keys = BEGAN, [_jwk(EC, "ec")]
    assert remote.read(_sign())
    server.keys = [_jwk(RSA, "new")]
    remote.now = BEGAN + 3600
    assert remote.read(_sign())
    remote.now += 1
    assert _refused(remote.read, _sign()), "the key was taken back"


def test_the_table_is_asked_only_for_what_the_process_does_not_know(
    remote: Any, server: _KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.adapters import issuer_keys

    load, loaded = issuer_keys._load, list[str]()

    def counted(issuer: Any) -> Any:
        loaded.append(issuer.id)
        return load(issuer)

    monkeypatch.setattr(issuer_keys, "_load", counted)
    remote.now, server.keys = BEGAN, [_jwk(EC, "ec")]
    assert remote.read(_sign())
    assert loaded
    loaded.clear()
    remote.now = BEGAN + 59
    assert _refused(remote.read, _sign(RSA, "RS256", "new"))
    for later in (60, 3600):
        remote.now = BEGAN + later
        assert remote.read(_sign())
    assert not loaded
    remote.now += 1
    assert remote.read(_sign())
    assert loaded


def test_an_unknown_key_asks_again_once_the_minute_is_over(remote: Any, server: _KeyServer) -> None:
    remote.now, server.keys = BEGAN, [_jwk(EC, "ec")]
    assert remote.read(_sign())
    for now, asked in ((BEGAN + 59, 1), (BEGAN + 60, 2), (BEGAN + 119, 2), (BEGAN + 120, 3)):
        remote.now = now
        assert _refused(remote.read, _sign(RSA, "RS256", "new"))
        assert server.asked == asked


@pytest.mark.parametrize("later", [60, 3600])
def test_what_another_process_has_fetched_is_not_fetched_again(remote: Any, server: _KeyServer, later: int) -> None:
    remote.now, server.keys = BEGAN, [_jwk(EC, "ec")]
    assert remote.read(_sign())
    remote.now += 3601
    with remote.in_another_process():
        assert remote.read(_sign())
    assert server.asked == 2
    remote.now += later
    assert remote.read(_sign())
    assert server.asked == 2
    remote.now += 3601
    assert remote.read(_sign())
    assert server.asked == 3


def test_a_server_that_another_process_found_down_is_left_alone_for_a_minute(remote: Any, server: _KeyServer) -> None:
    remote.now, server.keys = BEGAN, [_jwk(EC, "ec")]
    assert remote.read(_sign())
    server.is_up = False
    remote.now += 7200
    with remote.in_another_process():
        assert remote.read(_sign())
    for later, asked in ((59, 2), (1, 3)):
        remote.now += later
        assert remote.read(_sign())
        assert server.asked == asked


def test_a_key_server_that_is_down_locks_nobody_out(remote: Any, server: _KeyServer) -> None:
    server.keys = [_jwk(EC, "ec")]
    assert remote.read(_sign())
    server.is_up = False
    remote.forget()
    remote.now += 7200
    assert remote.read(_sign()), "a cold start, the set is old, the server is down"
    assert server.asked == 2


@pytest.mark.parametrize(
    "answer", [b"{}", b"[]", b"null", b"<html>", b'{"keys": [1, {"kid": 2}]}', b"\xff", b"[" * 60_000]
)
def test_a_key_server_that_answers_nonsense_locks_nobody_out(remote: Any, server: _KeyServer, answer: bytes) -> None:
    server.keys = [_jwk(EC, "ec")]
    assert remote.read(_sign())
    server.answer = answer
    remote.forget()
    remote.now += 7200
    assert remote.read(_sign())
    assert remote.read(_sign())
    assert server.asked == 2, "and is not asked at each call"


def test_a_key_server_that_speaks_no_http_locks_nobody_out(remote: Any, server: _KeyServer) -> None:
    server.keys = [_jwk(EC, "ec")]
    assert remote.read(_sign())
    server.speaks_http = False
    remote.forget()
    remote.now += 7200
    assert remote.read(_sign())
    assert server.asked == 2


def test_a_key_server_that_does_not_answer_is_not_waited_for(
    remote: Any, server: _KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.adapters import issuer_keys

    monkeypatch.setattr(issuer_keys, "_TIMEOUT_SECONDS", 0.2)
    server.keys = [_jwk(EC, "ec")]
    server.is_awake.clear()
    assert _refused(remote.read, _sign())
    server.is_awake.set()
    remote.now += 61
    assert remote.read(_sign())


def test_of_an_endless_answer_only_the_beginning_is_read(remote: Any, server: _KeyServer) -> None:
    jwks = json.dumps({"keys": [_jwk(EC, "ec")], "x": ""}).removesuffix('"}')
    server.answer = f'{jwks}{"x" * (65_535 - len(jwks))}"}}'.encode()
    assert len(server.answer) == 65_537
    assert _refused(remote.read, _sign())
    remote.now += 61
    server.answer = server.answer.replace(b'xx"', b'x"')
    assert remote.read(_sign())


def test_a_redirect_to_other_keys_is_not_followed(remote: Any, server: _KeyServer) -> None:
    server.keys = [_jwk(EC, "ec")]
    server.status = 302
    assert _refused(remote.read, _sign())
    remote.now += 61
    server.status = 200
    assert remote.read(_sign())


def test_keys_of_an_address_that_was_changed_do_not_count(remote: Any, server: _KeyServer) -> None:
    import msgspec

    server.keys = [_jwk(EC, "ec")]
    assert remote.read(_sign())
    remote.forget()
    remote._issuer = msgspec.structs.replace(remote._issuer, jwks_url=f"{server.url}?new")
    server.keys = [_jwk(RSA, "new")]
    assert _refused(remote.read, _sign())
    assert remote.read(_sign(RSA, "RS256", "new"))


def test_a_broken_and_a_weak_key_are_refused_like_a_bad_token() -> None:
    import msgspec

    from chalicelib.adapters.issuer_keys import published_key
    from chalicelib.adapters.tokens import read_token
    from chalicelib.domain.issuer import Issuer

    weak = rsa.generate_private_key(65537, 1024)
    keys = [
        {"kty": "RSA", "kid": "broken"},
        {**_jwk(EC, "other"), "alg": "RS256"},
        _jwk(weak, "weak"),
        _jwk(RSA, "good"),
    ]
    facts = {"id": "test", "kind": "hotel", "issuer": ISSUER, "audience": AUDIENCE, "keys": keys}
    issuer = msgspec.convert(facts, Issuer)

    def read(token: str) -> Any:
        return read_token(token, [issuer], datetime.now(UTC), published_key)

    assert _refused(read, _sign(RSA, "RS256", "broken"))
    assert _refused(read, _sign(RSA, "RS256", "other"))
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = _sign(weak, "RS256", "weak")
    assert _refused(read, token)
    assert read(_sign(RSA, "RS256", "good"))


def test_a_key_taken_back_stops_counting_within_the_hour(remote: Any, server: _KeyServer) -> None:
    server.keys = [_jwk(EC, "ec"), _jwk(RSA, "old")]
    assert remote.read(_sign(RSA, "RS256", "old"))
    server.keys = [_jwk(EC, "ec")]
    remote.now += 3601
    assert _refused(remote.read, _sign(RSA, "RS256", "old"))
    assert remote.read(_sign())


def test_keys_are_fetched_over_https_or_from_this_machine_only() -> None:
    from chalicelib.adapters import issuer_keys

    for url in ("http://pms.test/keys", "file:///etc/passwd", "ftp://127.0.0.1/keys"):
        with pytest.raises(ValueError, match="not https"):
            issuer_keys._fetch(url)


def test_an_issuer_may_speak_only_for_its_accounts() -> None:
    import msgspec

    from chalicelib.adapters import issuer_keys
    from chalicelib.adapters.tokens import read_token
    from chalicelib.domain.issuer import Issuer

    facts = {"id": "two", "kind": "hotel", "issuer": ISSUER, "audience": AUDIENCE, "accounts": ["1"]}
    issuer = msgspec.convert({**facts, "keys": [_jwk(EC, "ec")]}, Issuer)

    def read(token: str) -> Any:
        return read_token(token, [issuer], datetime.now(UTC), issuer_keys.published_key)

    assert read(_sign(account="1", kid=None)).account == "two/1"
    assert _refused(read, _sign(account="2")).startswith("account")


def test_issuers_that_cannot_be_told_apart_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.services import identity
    from chalicelib.settings import settings

    first = {"id": "a", "kind": "hotel", "issuer": ISSUER, "audience": "x", "keys": [_jwk(EC, "ec")]}
    for name, value in (("AGENTS_ISSUER", "https://pool.test"), ("AGENTS_JWKS", "https://pool.test/keys")):
        monkeypatch.setenv(name, value)
    try:
        for second in ({**first, "id": "b"}, {**first, "issuer": "https://b.test"}):
            monkeypatch.setenv("TRUSTED_ISSUERS", json.dumps([first, second]))
            settings.cache_clear()
            identity.issuers.cache_clear()
            with pytest.raises(ValueError, match="share their"):
                identity.issuers()
        monkeypatch.setenv("TRUSTED_ISSUERS", json.dumps([first, {**first, "id": "b", "issuer": "https://b.test"}]))
        settings.cache_clear()
        assert [each.id for each in identity.issuers()] == ["a", "b", "agents"]
    finally:
        monkeypatch.undo()
        settings.cache_clear()
        identity.issuers.cache_clear()
