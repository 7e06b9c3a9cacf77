"""What supervisors do: they take an agent's access away, and set what holds for a hotel."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.agents import agent_token
from tests.contract.conftest import Answer, Api, Hotel
from tests.contract.test_sockets import _caller
from tests.pages import AGENT, Door, opened_door

SETTINGS = "/v1/agent/settings"


@pytest.fixture
def door(api: Api) -> Iterator[Door]:
    with opened_door(api) as door:
        yield door


@pytest.fixture
def marta(hotel: Hotel) -> str:
    """A supervisor's token."""
    return hotel.api.running.agent_token("marta", supervisor=True)


@pytest.fixture
def gone(hotel: Hotel) -> str:
    """The token of an agent of this test's own."""
    return hotel.api.running.agent_token(f"gone-{hotel.account}")


def _disable(hotel: Hotel, token: str, id_: str) -> Answer:
    return hotel.api.call("POST", f"/v1/agent/agents/{id_}/disable", token=token)


def _call(hotel: Hotel, token: str) -> Answer:
    """Any call of an agent's."""
    return hotel.api.call("GET", "/v1/agent/catalog", token=token)


def _set(hotel: Hotel, token: str, account: str, shares: Any) -> Answer:
    return hotel.api.call("PUT", SETTINGS, token=token, body={"account": account, "shares_answers": shares})


@pytest.mark.usefixtures("door")
def test_a_disabled_agents_tokens_are_refused_and_nobody_elses(hotel: Hotel, marta: str, gone: str) -> None:
    again = agent_token(hotel.api.running.stack, f"gone-{hotel.account}")
    assert [_call(hotel, token).status for token in (gone, again, hotel.agent)] == [200] * 3
    assert _disable(hotel, marta, _caller(gone).id).ok(204) is None
    for token in (gone, again):
        _call(hotel, token).problem(401, "unauthorized")
    assert [_call(hotel, token).status for token in (hotel.agent, marta)] == [200] * 2
    hotel.view(hotel.open()["number"])


@pytest.mark.usefixtures("door")
def test_a_disabled_agent_gets_no_new_token_and_no_ticket(hotel: Hotel, marta: str, gone: str) -> None:
    number, id_ = hotel.open()["number"], _caller(gone).id
    path, headers = f"/v1/agent/tickets/{number}", {"If-Match": "1"}
    assert _disable(hotel, marta, id_).status == 204
    with pytest.raises(ClientError) as refused:
        agent_token(hotel.api.running.stack, f"gone-{hotel.account}")
    assert refused.value.response["Error"]["Code"] in {"NotAuthorizedException", "UserNotConfirmedException"}
    assert agent_token(hotel.api.running.stack, "nino")
    answer = hotel.api.call("PATCH", path, token=marta, body={"assignee": id_}, headers=headers)
    assert answer.problem(400, "invalid_request")["fields"] == {"assignee": "is not an agent who may sign in"}
    nino = _caller(hotel.agent).id
    hotel.api.call("PATCH", path, token=marta, body={"assignee": nino}, headers=headers).ok()


def test_a_disabled_agents_sockets_are_closed_and_forgotten_and_others_stay(
    hotel: Hotel, door: Door, marta: str, gone: str
) -> None:
    his = [door.open(gone, at=AGENT) for _ in range(3)]
    others = [door.open(hotel.agent, at=AGENT), door.open(marta, at=AGENT), door.open(hotel.anna)]
    assert _disable(hotel, marta, _caller(gone).id).status == 204
    assert sorted(door.wires.closed) == his
    assert door.knows(*others)


def test_an_address_from_before_opens_nothing_for_a_disabled_agent(
    hotel: Hotel, door: Door, marta: str, gone: str
) -> None:
    urls = [door.address(gone, at=AGENT) for _ in range(2)]
    other = door.address(hotel.agent, at=AGENT)
    assert door.connect(urls[0])
    assert _disable(hotel, marta, _caller(gone).id).status == 204
    assert door.connect(urls[1]) is None
    assert door.rows() == []
    assert door.connect(other)


def test_a_socket_that_could_not_be_closed_is_closed_the_next_time(
    hotel: Hotel, door: Door, marta: str, gone: str
) -> None:
    his, id_ = [door.open(gone, at=AGENT) for _ in range(3)], _caller(gone).id
    door.wires.silent.add(his[0])
    _disable(hotel, marta, id_).problem(503, "try_again")
    _call(hotel, gone).problem(401, "unauthorized")
    door.wires.silent.clear()
    assert _disable(hotel, marta, id_).status == 204
    assert sorted(door.wires.closed) == his
    assert door.rows() == []


@pytest.mark.usefixtures("door")
def test_disabling_twice_is_the_same(hotel: Hotel, marta: str, gone: str) -> None:
    id_ = _caller(gone).id
    assert [_disable(hotel, marta, id_).status for _ in range(2)] == [204, 204]
    _call(hotel, gone).problem(401, "unauthorized")


def test_only_a_supervisor_may_disable(hotel: Hotel, door: Door, marta: str, gone: str) -> None:
    socket, id_ = door.open(gone, at=AGENT), _caller(gone).id
    _disable(hotel, hotel.agent, id_).problem(403, "forbidden")
    _disable(hotel, gone, id_).problem(403, "forbidden")
    _disable(hotel, hotel.anna, id_).problem(403, "forbidden")
    assert _call(hotel, gone).status == 200
    assert (door.knows(socket), door.wires.closed) == (True, [])
    assert _disable(hotel, marta, id_).status == 204


@pytest.mark.usefixtures("door")
def test_a_supervisor_cannot_disable_himself(hotel: Hotel) -> None:
    name = f"boss-{hotel.account}"
    boss = hotel.api.running.agent_token(name, supervisor=True)
    fields = _disable(hotel, boss, _caller(boss).id).problem(400, "invalid_request")["fields"]
    assert set(fields) == {"id"}
    _disable(hotel, boss, name).problem(404, "not_found")
    assert _call(hotel, boss).status == 200


@pytest.mark.usefixtures("door")
def test_one_supervisor_can_disable_another(hotel: Hotel, marta: str) -> None:
    boss = hotel.api.running.agent_token(f"boss-{hotel.account}", supervisor=True)
    assert _disable(hotel, marta, _caller(boss).id).status == 204
    _call(hotel, boss).problem(401, "unauthorized")


@pytest.mark.usefixtures("door")
@pytest.mark.parametrize("id_", ["00000000-0000-4000-8000-000000000000", "nobody", "x" * 200, "%20", "ნინო"])
def test_whom_nobody_knows_cannot_be_disabled(hotel: Hotel, marta: str, id_: str) -> None:
    _disable(hotel, marta, id_).problem(404, "not_found")


@pytest.mark.usefixtures("door")
def test_a_hotels_settings_hold_for_that_hotel(hotel: Hotel, marta: str) -> None:
    account, other = f"demo/{hotel.account}", f"demo/{hotel.account}-2"
    assert hotel.api.get(SETTINGS, hotel.agent, account=account) == {"shares_answers": True}
    assert _set(hotel, marta, account, shares=False).ok() == {"shares_answers": False}
    assert hotel.api.get(SETTINGS, hotel.agent, account=account) == {"shares_answers": False}
    assert hotel.api.get(SETTINGS, hotel.agent, account=other) == {"shares_answers": True}
    assert _set(hotel, marta, account, shares=True).ok() == {"shares_answers": True}
    assert hotel.api.get(SETTINGS, marta, account=account) == {"shares_answers": True}


@pytest.mark.usefixtures("door")
def test_only_a_supervisor_sets_what_holds_for_a_hotel(hotel: Hotel, marta: str) -> None:
    account = f"demo/{hotel.account}"
    for token in (hotel.agent, hotel.anna):
        _set(hotel, token, account, shares=False).problem(403, "forbidden")
    hotel.api.call("GET", SETTINGS, token=hotel.anna, query={"account": account}).problem(403, "forbidden")
    assert hotel.api.get(SETTINGS, hotel.agent, account=account) == {"shares_answers": True}
    assert _set(hotel, marta, account, shares=False).status == 200


@pytest.mark.usefixtures("door")
@pytest.mark.parametrize("account", ["", "hotel", "demo", "demo/", "nobody/1", "/1", "agents/1"])
def test_an_account_that_no_pms_can_have_has_no_settings(hotel: Hotel, marta: str, account: str) -> None:
    for answer in (
        hotel.api.call("GET", SETTINGS, token=hotel.agent, query={"account": account}),
        _set(hotel, marta, account, shares=False),
    ):
        assert set(answer.problem(400, "invalid_request")["fields"]) == {"account"}


@pytest.mark.usefixtures("door")
@pytest.mark.parametrize(
    ("change", "field"),
    [({"shares_answers": "no"}, "shares_answers"), ({"shares_answers": None}, "shares_answers"), ({"more": 1}, "more")],
)
def test_settings_that_make_no_sense_are_refused(hotel: Hotel, marta: str, change: dict[str, Any], field: str) -> None:
    body = {"account": f"demo/{hotel.account}", "shares_answers": False, **change}
    answer = hotel.api.call("PUT", SETTINGS, token=marta, body=body)
    assert set(answer.problem(400, "invalid_request")["fields"]) == {field}
    assert hotel.api.get(SETTINGS, marta, account=f"demo/{hotel.account}") == {"shares_answers": True}


@pytest.mark.usefixtures("door")
@pytest.mark.parametrize("shares", [True, False])
def test_answers_go_to_the_whole_hotel_unless_its_settings_say_no(hotel: Hotel, marta: str, *, shares: bool) -> None:
    assert _set(hotel, marta, f"demo/{hotel.account}", shares=shares).status == 200
    hotel.answer(hotel.open(importance="critical")["number"])
    assert len(hotel.api.get("/v1/notifications", hotel.beka)["items"]) == int(shares)
    assert len(hotel.api.get("/v1/notifications", hotel.anna)["items"]) == 1
