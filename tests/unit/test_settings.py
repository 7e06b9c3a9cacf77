"""What the environment says is what the functions know."""

import json
from typing import get_type_hints

import pytest

from chalicelib.settings import Settings, settings

AGENTS = {
    "AGENTS_ISSUER": "https://pool.example",
    "AGENTS_AUDIENCE": "page",
    "AGENTS_JWKS": "https://pool.example/keys",
}
PMS = {"id": "pms", "kind": "hotel", "issuer": "https://pms.example", "audience": "deskbell", "jwks_url": "https://k"}


@pytest.fixture
def environment(monkeypatch):
    """Sets variables and gives the settings that they make; without any, what nothing was said about."""
    for name in Settings.__struct_fields__:
        monkeypatch.delenv(name.upper(), raising=False)

    def read(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        return settings()

    yield read
    settings.cache_clear()


def test_each_setting_is_read_from_the_variable_of_its_name(environment):
    types = get_type_hints(Settings)
    said = {name.upper(): "17" if types[name] is int else f"value of {name}" for name in Settings.__struct_fields__}
    read = environment(**said)
    assert {name.upper(): str(getattr(read, name)) for name in Settings.__struct_fields__} == said
    assert {type(getattr(read, name)) for name in Settings.__struct_fields__} == {str, int}


def test_without_an_environment_the_defaults_hold(environment):
    assert environment() == Settings()


def test_other_variables_are_not_read(environment):
    assert environment(tickets_table="lower", UNKNOWN="x") == Settings()


def test_the_environment_is_read_once(environment, monkeypatch):
    first = environment(FAQ_URL="https://one.example")
    monkeypatch.setenv("FAQ_URL", "https://two.example")
    assert settings() is first
    settings.cache_clear()
    assert settings().faq_url == "https://two.example"


def test_the_signing_key_is_the_secret(environment):
    assert environment(SECRET="ა secret").signing_key == "ა secret".encode()


@pytest.mark.parametrize("variables", [{}, {"SECRET": ""}], ids=["not set", "empty"])
def test_without_a_secret_nothing_is_signed(environment, variables):
    without = environment(**variables)
    with pytest.raises(RuntimeError, match="SECRET"):
        _ = without.signing_key


@pytest.mark.parametrize(
    ("said", "origins"),
    [
        ("", ()),
        ("https://help.example", ("https://help.example",)),
        ("https://help.example,https://pms.example", ("https://help.example", "https://pms.example")),
        (",https://help.example,,", ("https://help.example",)),
    ],
)
def test_origins_are_told_apart_by_commas(environment, said, origins):
    assert environment(ALLOWED_ORIGINS=said).origins == origins


def test_the_agents_pool_comes_after_the_issuers_that_the_operator_wrote(environment):
    other = PMS | {"id": "other", "issuer": "https://other.example"}
    issuers = environment(TRUSTED_ISSUERS=json.dumps([PMS, other]), **AGENTS).issuers()
    assert issuers[:2] == [PMS, other]
    assert issuers[2:] == [
        {
            "id": "agents",
            "kind": "agent",
            "issuer": "https://pool.example",
            "audience": "page",
            "jwks_url": "https://pool.example/keys",
        }
    ]


def test_without_a_pool_there_are_no_agents(environment):
    assert environment(TRUSTED_ISSUERS=json.dumps([PMS])).issuers() == [PMS]


def test_without_anything_nobody_is_trusted(environment):
    assert environment().issuers() == []
