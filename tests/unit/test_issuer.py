"""Whose claims count, and for how long."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.issuer import Issuer, Refused, account_named, caller_of, is_account, is_user_id
from chalicelib.domain.people import Agent, HotelUser

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
PMS = Issuer(
    id="pms", kind="hotel", issuer="https://pms.example", audience="deskbell", jwks_url="https://pms.example/k"
)
POOL = Issuer(
    id="agents", kind="agent", issuer="https://pool.example", audience="page", jwks_url="https://pool.example"
)
OTHER_PMS = msgspec.structs.replace(PMS, id="other", accounts=("1", "2/b"))
NOT_ZONES: list[Any] = [
    None,
    "",
    "Europe/Atlantis",
    "europe tbilisi",
    "Europe",
    "../Asia/Tbilisi",
    "/usr/share/zoneinfo/Asia/Tbilisi",
    "UTC\0",
    "\ud800",
    "x" * 300,
    4,
    ["UTC"],
    {},
]
NOT_IDS = ["", " ", "\n\t", "a\0", "a\r", "a\x7f", "\x85", "\ud800", "a" * 129, "ა" * 57, "\U0001f600" * 43]
"""Nothing in them, control characters, half a character, and too long: 57 Georgian letters are 513 bytes encoded."""
LONGEST = "ა" * 56 + "a" * 8
"""512 bytes encoded."""
IDS = [LONGEST, "a", "anna", " a ", "a\nb", "1/2", "ანა", "a" * 128, "ა" * 56, "\U0001f600" * 42, "%2F", "<script>"]
NOT_TIMES: list[Any] = [
    None,
    "",
    str(SECONDS),
    True,
    False,
    [],
    {},
    float("nan"),
    float("inf"),
    float("-inf"),
    1e300,
    10**400,
]


def hotel_claims(**changes: Any) -> dict[str, Any]:
    return {
        "iat": SECONDS - 60,
        "exp": SECONDS + 600,
        "sub": "anna",
        "account": "1",
        "name": "Anna",
        "account_name": "Hotel",
        "locale": "ka",
        "zoneinfo": "Asia/Tbilisi",
    } | changes


def agent_claims(**changes: Any) -> dict[str, Any]:
    return {
        "iat": SECONDS - 60,
        "exp": SECONDS + 600,
        "sub": "5f0c",
        "name": "Nino",
        "cognito:username": "nino",
        "cognito:groups": ["agents", "team-support"],
        "token_use": "id",
    } | changes


def hotel_user(**changes: Any) -> HotelUser:
    caller = caller_of(PMS, hotel_claims(**changes), NOW)
    assert isinstance(caller, HotelUser)
    return caller


def agent(**changes: Any) -> Agent:
    caller = caller_of(POOL, agent_claims(**changes), NOW)
    assert isinstance(caller, Agent)
    return caller


def without(claims: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name not in names}


def test_the_claims_of_a_hotel_user_name_the_user():
    user = hotel_user()
    assert (user.account, user.id, user.name) == ("pms/1", "anna", "Anna")
    assert (user.account_name, user.locale, user.zone) == ("Hotel", "ka", "Asia/Tbilisi")
    assert user.expires_at == NOW + timedelta(seconds=600)


def test_the_claims_of_an_agent_name_the_agent():
    nino = agent()
    assert (nino.id, nino.name, nino.groups) == ("5f0c", "Nino", ("agents", "team-support"))
    assert nino.expires_at == NOW + timedelta(seconds=600)


def test_the_same_hotel_of_two_installations_is_two_accounts():
    other = msgspec.structs.replace(PMS, id="other")
    one, two = (caller_of(issuer, hotel_claims(), NOW) for issuer in (PMS, other))
    assert isinstance(one, HotelUser)
    assert isinstance(two, HotelUser)
    assert (one.account, two.account) == ("pms/1", "other/1")


@pytest.mark.parametrize("claim", ["iat", "exp", "sub", "account", "name"])
def test_a_hotel_user_s_token_without_a_required_claim_is_refused_and_the_claim_named(claim):
    assert hotel_user().id
    with pytest.raises(Refused, match=rf"^{claim}:"):
        caller_of(PMS, without(hotel_claims(), claim), NOW)


@pytest.mark.parametrize("claim", ["iat", "exp", "sub", "cognito:groups", "token_use"])
def test_an_agent_s_token_without_a_required_claim_is_refused_and_the_claim_named(claim):
    assert agent().id
    with pytest.raises(Refused, match=rf"^{claim}:"):
        caller_of(POOL, without(agent_claims(), claim), NOW)


def test_an_agent_without_a_name_is_called_by_the_user_name():
    assert agent(name="").name == "nino"
    assert agent(name=None).name == "nino"
    with pytest.raises(Refused, match=r"^name:"):
        caller_of(POOL, without(agent_claims(), "name", "cognito:username"), NOW)


@pytest.mark.parametrize("claim", ["sub", "account", "name"])
@pytest.mark.parametrize("value", ["", " ", "\n\t", None, 1, True, ["anna"], {}])
def test_a_required_claim_is_a_text_that_says_something(claim, value):
    assert hotel_user(**{claim: "x"}).id
    with pytest.raises(Refused, match=rf"^{claim}:"):
        hotel_user(**{claim: value})


@pytest.mark.parametrize(("claim", "limit"), [("sub", 128), ("account", 128), ("name", 100)])
def test_a_required_claim_has_its_limit(claim, limit):
    assert hotel_user(**{claim: "a" * limit}).id
    with pytest.raises(Refused, match=rf"^{claim}:"):
        hotel_user(**{claim: "ა" * (limit + 1)})


@pytest.mark.parametrize(("claim", "limit"), [("sub", 128), ("name", 100)])
def test_an_agent_s_claim_has_its_limit(claim, limit):
    assert agent(**{claim: "a" * limit}).zone == "UTC"
    with pytest.raises(Refused, match=f"^{claim}:"):
        agent(**{claim: "a" * (limit + 1)})


def test_a_token_is_good_until_its_end_and_not_at_it():
    assert hotel_user(exp=SECONDS + 1).id
    for late in (0, -1, -60):
        with pytest.raises(Refused, match=r"^exp:"):
            hotel_user(exp=SECONDS + late)


def test_a_token_may_end_at_a_part_of_a_second():
    assert hotel_user(exp=SECONDS + 0.001).id
    with pytest.raises(Refused, match=r"^exp:"):
        hotel_user(exp=SECONDS - 0.001)


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_the_issuer_s_clock_may_be_up_to_a_minute_ahead(claim):
    for ahead in (-1, 0, 59, 60):
        assert hotel_user(**{claim: SECONDS + ahead}).id
    with pytest.raises(Refused, match=rf"^{claim}:"):
        hotel_user(**{claim: SECONDS + 61})


def test_a_token_without_nbf_is_good_from_the_start():
    assert "nbf" not in hotel_claims()
    assert hotel_user().id


def test_a_token_lives_an_hour_at_most():
    issued = SECONDS - 1800
    assert hotel_user(iat=issued, exp=issued + 3600).id
    with pytest.raises(Refused, match=r"^exp: .* longer"):
        hotel_user(iat=issued, exp=issued + 3601)


def test_a_clock_that_is_ahead_does_not_make_a_life_longer():
    assert hotel_user(iat=SECONDS + 59, exp=SECONDS + 59 + 3600).id
    with pytest.raises(Refused, match=r"^exp:"):
        hotel_user(iat=SECONDS, exp=SECONDS + 3601)


@pytest.mark.parametrize("claim", ["iat", "exp", "nbf"])
@pytest.mark.parametrize("value", NOT_TIMES, ids=lambda value: str(value)[:8])
def test_a_time_is_a_number_of_seconds(claim, value):
    assert hotel_user(**{claim: SECONDS + 30}).id
    with pytest.raises(Refused, match=rf"^{claim}:"):
        hotel_user(**{claim: value})


@pytest.mark.parametrize("claims", [agent_claims(exp=SECONDS), agent_claims(iat=SECONDS - 4000)])
def test_the_times_of_an_agent_s_token_count_the_same(claims):
    assert agent().id
    with pytest.raises(Refused, match=r"^exp:"):
        caller_of(POOL, claims, NOW)


def test_an_issuer_speaks_only_for_its_accounts():
    bound = msgspec.structs.replace(PMS, accounts=("1", "2"))
    assert caller_of(bound, hotel_claims(account="2"), NOW).id
    for account in ("3", "12", "1 ", "pms/1"):
        with pytest.raises(Refused, match=r"^account:"):
            caller_of(bound, hotel_claims(account=account), NOW)
        assert caller_of(PMS, hotel_claims(account=account), NOW).id


def test_an_issuer_with_an_empty_list_of_accounts_speaks_for_none():
    with pytest.raises(Refused, match=r"^account:"):
        caller_of(msgspec.structs.replace(PMS, accounts=()), hotel_claims(), NOW)
    assert caller_of(msgspec.structs.replace(PMS, accounts=None), hotel_claims(), NOW).id


@pytest.mark.parametrize("groups", [["agents"], ["supervisors"], ["team-x", "supervisors"]])
def test_an_agent_is_in_one_of_the_two_groups(groups):
    assert agent(**{"cognito:groups": groups}).groups == tuple(groups)


@pytest.mark.parametrize("groups", [None, [], "agents", {"agents": 1}, ["team-support"], ["Agents"], ["agents "], [1]])
def test_an_agent_of_no_such_group_is_refused(groups):
    with pytest.raises(Refused, match=r"^cognito:groups:"):
        agent(**{"cognito:groups": groups})


def test_a_group_that_is_no_text_is_refused():
    with pytest.raises(Refused, match=r"^cognito:groups:"):
        agent(**{"cognito:groups": [["agents"]]})


@pytest.mark.parametrize("use", ["access", "", None, "ID", ["id"]])
def test_an_agent_s_token_is_an_id_token(use):
    assert agent(token_use="id").id
    with pytest.raises(Refused, match=r"^token_use:"):
        agent(token_use=use)


def test_a_hotel_s_issuer_cannot_make_an_agent():
    claims = hotel_claims() | agent_claims()
    assert isinstance(caller_of(POOL, claims, NOW), Agent)
    assert isinstance(caller_of(PMS, claims, NOW), HotelUser)


@pytest.mark.parametrize("locale", ["ka", "en", "ru", "uk", "pl"])
def test_each_of_the_five_languages_is_kept(locale):
    assert hotel_user(locale=locale).locale == locale


@pytest.mark.parametrize("locale", ["de", "KA", "ka-GE", "", None, 1, ["ka"], {}])
def test_another_language_is_read_as_english(locale):
    assert hotel_user(locale=locale).locale == "en"


def test_what_a_token_may_leave_out_has_its_default():
    caller = caller_of(PMS, without(hotel_claims(), "account_name", "locale", "zoneinfo"), NOW)
    assert isinstance(caller, HotelUser)
    assert (caller.account_name, caller.locale, caller.zone) == ("", "en", "UTC")


def test_what_an_account_name_cannot_show_is_a_space():
    assert hotel_user(account_name="Grand\nHotel\0 თბილისი").account_name == "Grand Hotel  თბილისი"


def test_a_long_account_name_is_cut():
    assert hotel_user(account_name="x" * 101).account_name == "x" * 100
    assert hotel_user(account_name=7).account_name == ""


def test_claims_nobody_asked_for_change_nothing():
    assert hotel_user(**{"cognito:groups": ["supervisors"], "role": "admin"}) == hotel_user()


@pytest.mark.parametrize(
    ("source", "is_good"),
    [
        ({"jwks_url": "https://pms.example/keys"}, True),
        ({"keys": [{"kty": "EC"}]}, True),
        ({}, False),
        ({"jwks_url": "", "keys": []}, False),
        ({"jwks_url": "https://pms.example/keys", "keys": [{"kty": "EC"}]}, False),
    ],
)
def test_an_issuer_gives_its_keys_in_exactly_one_way(source, is_good):
    raw = {"id": "pms", "kind": "hotel", "issuer": "https://pms.example", "audience": "deskbell"} | source
    if is_good:
        assert msgspec.convert(raw, Issuer).id == "pms"
    else:
        with pytest.raises(msgspec.ValidationError, match="jwks_url or keys"):
            msgspec.convert(raw, Issuer)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "pms/1"},
        {"id": ""},
        {"id": "-pms"},
        {"id": "PMS"},
        {"id": "x" * 33},
        {"kind": "admin"},
        {"issuer": ""},
        {"audience": ""},
        {"account": ["1"]},
    ],
    ids=str,
)
def test_an_issuer_of_another_shape_does_not_load(wrong):
    raw = {"id": "pms", "kind": "hotel", "issuer": "i", "audience": "a", "jwks_url": "https://pms.example"}
    assert msgspec.convert(raw, Issuer).accounts is None
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(raw | wrong, Issuer)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"jwks_url": None}, "issuer pms: give jwks_url or keys"),
        ({"jwks_url": "http://pms.example/k"}, "issuer pms: jwks_url must be https"),
        ({"kind": "agent"}, "issuer pms: the id agents is the user pool's, and nobody else's"),
        ({"id": "agents"}, "issuer agents: the id agents is the user pool's, and nobody else's"),
    ],
)
def test_the_operator_is_told_which_issuer_is_wrong_and_how(changes, reason):
    with pytest.raises(ValueError, match=f"^{reason}$"):
        msgspec.structs.replace(PMS, **changes)


def test_an_issuer_s_id_ends_with_its_last_letter():
    raw = {"kind": "hotel", "issuer": "i", "audience": "a", "jwks_url": "https://pms.example"}
    for id_ in ("p", "pms", "x" * 32):
        assert msgspec.convert(raw | {"id": id_}, Issuer).id == id_
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(raw | {"id": f"{id_}\n"}, Issuer)


@pytest.mark.parametrize("value", NOT_ZONES, ids=repr)
def test_an_agent_s_day_is_one_of_the_agent_s_zone_and_else_of_utc(value):
    assert agent(zoneinfo="Asia/Tbilisi").zone == "Asia/Tbilisi"
    assert agent(zoneinfo=value).zone == "UTC"


@pytest.mark.parametrize("value", NOT_ZONES, ids=repr)
def test_a_hotel_user_s_day_is_one_of_the_user_s_zone_and_else_of_utc(value):
    assert hotel_user(zoneinfo="Europe/Kyiv").zone == "Europe/Kyiv"
    assert hotel_user(zoneinfo=value).zone == "UTC"


def test_an_agent_whose_token_names_no_zone_lives_in_utc():
    assert "zoneinfo" not in agent_claims()
    assert agent().zone == "UTC"


@pytest.mark.parametrize("account", IDS)
def test_an_account_is_named_by_its_installation_and_its_own_id(account):
    assert account_named([PMS], f"pms/{account}") == f"pms/{account}"
    assert account_named([PMS], f"pms/{account}") == hotel_user(account=account).account


@pytest.mark.parametrize("account", NOT_IDS, ids=repr)
def test_no_account_is_named_as_no_token_could_name_it(account):
    assert account_named([PMS], "pms/1") == "pms/1"
    assert account_named([PMS], f"pms/{account}") is None
    with pytest.raises(Refused, match=r"^account:"):
        hotel_user(account=account)


@pytest.mark.parametrize("name", ["", "/", "pms", "1", "/1", "pms/", "PMS/1", " pms/1", "pms:1", "pm/s/1", "third/1"])
def test_an_account_of_no_installation_is_none(name):
    assert account_named([PMS, OTHER_PMS], "pms/1") == "pms/1"
    assert account_named([PMS, OTHER_PMS], name) is None


def test_an_account_of_each_installation_is_found():
    assert account_named([OTHER_PMS, PMS, POOL], "pms/1") == "pms/1"
    assert account_named([OTHER_PMS, PMS, POOL], "other/1") == "other/1"


def test_an_installation_that_is_bound_to_accounts_has_no_others():
    assert account_named([PMS, OTHER_PMS], "other/2/b") == "other/2/b"
    assert account_named([PMS, OTHER_PMS], "pms/2") == "pms/2"
    for name in ("other/2", "other/11", "other/1/", "other/b"):
        assert account_named([PMS, OTHER_PMS], name) is None


def test_the_agents_pool_has_no_accounts():
    assert account_named([POOL, PMS], "pms/1") == "pms/1"
    assert account_named([POOL, PMS], "agents/1") is None


def test_where_nobody_is_trusted_there_is_no_account():
    assert account_named([PMS], "pms/1") == "pms/1"
    assert account_named([], "pms/1") is None


@pytest.mark.parametrize("name", IDS)
def test_a_user_s_id_is_what_a_pms_may_call_a_user(name):
    assert is_user_id(name)
    assert hotel_user(sub=name).id == name


@pytest.mark.parametrize("name", NOT_IDS, ids=repr)
def test_what_no_pms_may_call_a_user_is_no_user_s_id(name):
    assert is_user_id("anna")
    assert not is_user_id(name)
    with pytest.raises(Refused, match=r"^sub:"):
        hotel_user(sub=name)


@pytest.mark.parametrize("account", IDS)
def test_an_account_can_be_written_whether_or_not_its_installation_is_trusted(account):
    assert is_account(f"{'p' * 32}/{account}")
    assert is_account(f"0-/{account}")


@pytest.mark.parametrize(
    "name", ["", "/", "pms", "/1", "PMS/1", " pms/1", "pms /1", "-pms/1", f"{'p' * 33}/1", "pms\n/1"]
)
def test_what_no_installation_could_be_called_begins_no_account(name):
    assert is_account("pms/1")
    assert not is_account(name)


@pytest.mark.parametrize("account", NOT_IDS, ids=repr)
def test_what_no_token_could_name_ends_no_account(account):
    assert not is_account(f"pms/{account}")


@given(st.text(max_size=140) | st.text(st.characters(max_codepoint=0x10FF), min_size=40, max_size=70))
def test_ids_are_good_exactly_when_a_token_with_them_is(name):
    def accepted(claim: str) -> bool:
        try:
            return bool(hotel_user(**{claim: name}).id)
        except Refused:
            return False

    assert is_user_id(name) == accepted("sub")
    assert (account_named([PMS], f"pms/{name}") is not None) == accepted("account")
