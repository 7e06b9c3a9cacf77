"""Sockets: who may open one, how many, what they answer, and what is known of them."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from tests.contract.conftest import Api, Hotel
from tests.contract.test_logs import Printed, printed
from tests.pages import AGENT, HOTEL, Door, opened_door

__all__ = ["printed"]
MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def door(api: Api) -> Iterator[Door]:
    with opened_door(api) as door:
        yield door


def _caller(token: str) -> Any:
    from chalicelib.services.identity import identify

    return identify(f"Bearer {token}", datetime.now(UTC))


def _now() -> datetime:
    """Now, to the second: then an address counts for its whole time."""
    return datetime.now(UTC).replace(microsecond=0)


def _until(caller: Any, end: datetime) -> Any:
    """The same caller, with a token that ends then."""
    import msgspec

    return msgspec.structs.replace(caller, expires_at=end)


def _offered(caller: Any, at: datetime) -> str:
    from chalicelib.services.sockets import offer_connection

    return offer_connection(caller, at).url


def _opened(door: Door, caller: Any, at: datetime) -> str:
    """A socket that this caller opened at that time; its id."""
    from chalicelib.services.sockets import connect

    id_ = f"socket-{next(door.ids):04d}"
    assert connect(id_, _ticket(_offered(caller, at)), door.site, at)
    return id_


def _ticket(url: str) -> str:
    address, _, ticket = url.partition("?ticket=")
    assert address
    return ticket


def _pongs(door: Door, id_: str) -> bool:
    """Whether this socket is served."""
    before = len(door.wires.frames(id_))
    door.receive(id_, {"action": "ping", "id": "p"})
    return door.wires.frames(id_)[before:] == [{"event": "pong", "id": "p"}]


@pytest.mark.parametrize("at", [HOTEL, AGENT])
def test_an_address_opens_one_socket_and_no_second(hotel: Hotel, door: Door, at: str) -> None:
    url = door.address(hotel.agent if at == AGENT else hotel.anna, at=at)
    id_ = door.connect(url)
    assert id_
    assert door.connect(url) is None
    assert door.knows(id_)
    assert _pongs(door, id_)


def test_each_address_is_another_one_also_with_the_same_key(hotel: Hotel, door: Door) -> None:
    ready = [hotel.api.post("/v1/connections", hotel.anna, key="same") for _ in range(2)]
    assert len({each["url"] for each in ready}) == 2
    assert all(door.connect(each["url"]) for each in ready)
    assert set(ready[0]) == {"url", "expires_at"}
    assert ready[0]["url"].startswith(f"{hotel.api.running.facts['websocket_url']}?ticket=")


@pytest.mark.parametrize("_", range(10))
def test_of_two_that_come_at_once_with_the_same_address_one_is_let_in(hotel: Hotel, door: Door, _: int) -> None:
    url, together = door.address(hotel.anna), Barrier(2)

    def come() -> str | None:
        together.wait(30)
        return door.connect(url)

    with ThreadPoolExecutor(2) as pool:
        ids = [each.result() for each in [pool.submit(come) for _ in range(2)]]
    (let_in,) = filter(None, ids)
    assert door.knows(let_in)


def test_only_the_hash_of_an_address_is_kept(hotel: Hotel, door: Door) -> None:
    ticket = _ticket(door.address(hotel.anna))
    assert len(bytes.fromhex(ticket)) == 16
    kept = json.dumps(door.items())
    assert ticket not in kept
    assert hashlib.sha256(ticket.encode()).hexdigest() in kept


def test_an_address_counts_for_thirty_seconds(hotel: Hotel, door: Door) -> None:
    from chalicelib.services.sockets import connect

    anna, now = _caller(hotel.anna), _now()
    end = now + timedelta(seconds=30)
    assert not connect("late", _ticket(_offered(anna, now)), door.site, end)
    assert connect("just", _ticket(_offered(anna, now)), door.site, end - MOMENT)
    assert door.knows("just")


def test_an_address_counts_as_long_as_it_says_and_never_longer_than_thirty_seconds(hotel: Hotel, door: Door) -> None:
    from chalicelib.services.sockets import connect, offer_connection

    anna, now = _caller(hotel.anna), _now() + timedelta(milliseconds=700)
    ready = [offer_connection(anna, now) for _ in range(2)]
    end = ready[0].expires_at
    assert now + timedelta(seconds=29) < end <= now + timedelta(seconds=30)
    assert not connect("late", _ticket(ready[0].url), door.site, end)
    assert connect("just", _ticket(ready[1].url), door.site, end - MOMENT)


def test_an_old_address_an_unknown_one_and_none_open_nothing(hotel: Hotel, door: Door) -> None:
    anna, now = _caller(hotel.anna), datetime.now(UTC)
    refused = [_offered(anna, now - timedelta(seconds=31)), "?ticket=" + 32 * "0", "?ticket=", "?other=1", ""]
    assert [door.connect(url) for url in refused] == [None] * 5
    assert door.rows() == []
    assert door.connect(_offered(anna, now - timedelta(seconds=20)))


@pytest.mark.parametrize(
    "origin", [None, "", "null", "https://evil.example", "{site}.evil.example", "{site}/", "https://127.0.0.1"]
)
def test_a_page_of_a_foreign_origin_and_one_that_hides_it_open_nothing_and_spoil_nothing(
    hotel: Hotel, door: Door, origin: str | None
) -> None:
    url = door.address(hotel.anna)
    assert door.connect(url, origin=origin and origin.format(site=door.site)) is None
    assert door.rows() == []
    assert door.connect(url), "the page for which it was made may still use it"


def test_each_allowed_origin_may_open_a_socket(hotel: Hotel, door: Door) -> None:
    from chalicelib.settings import settings

    assert door.site in settings().origins
    assert len(settings().origins) > 1
    for origin in settings().origins:
        assert door.connect(door.address(hotel.anna), origin=origin)


def test_an_address_opens_nothing_once_the_token_that_asked_for_it_has_ended(hotel: Hotel, door: Door) -> None:
    from chalicelib.services.sockets import connect

    now = _now()
    end = now + timedelta(seconds=10)
    anna = _until(_caller(hotel.anna), end)
    assert not connect("late", _ticket(_offered(anna, now)), door.site, end)
    assert connect("just", _ticket(_offered(anna, now)), door.site, end - MOMENT)
    assert door.knows("just")


def test_a_socket_is_known_until_its_token_ends(hotel: Hotel, door: Door) -> None:
    door.open(hotel.anna)
    ends = {int(item["expires_at"]["N"]) for item in door.items() if item["pk"]["S"].startswith("socket")}
    assert ends == {int(_caller(hotel.anna).expires_at.timestamp())}


@pytest.mark.parametrize("at", [HOTEL, AGENT])
def test_of_more_than_ten_sockets_of_one_caller_the_oldest_goes(hotel: Hotel, door: Door, at: str) -> None:
    token = hotel.agent if at == AGENT else hotel.anna
    other = hotel.api.running.agent_token("tamar") if at == AGENT else hotel.beka
    others, mine = [door.open(other, at=at)], [door.open(token, at=at) for _ in range(10)]
    assert door.wires.closed == []
    assert door.knows(*others, *mine)
    mine += [door.open(token, at=at), door.open(token, at=at)]
    assert door.wires.closed == mine[:2]
    assert door.knows(*others, *mine[2:])


def test_an_oldest_socket_that_is_gone_makes_room_as_well(hotel: Hotel, door: Door) -> None:
    ids = [door.open(hotel.anna) for _ in range(10)]
    door.wires.gone.add(ids[0])
    ids.append(door.open(hotel.anna))
    assert door.knows(*ids[1:])


def test_a_user_of_another_hotel_or_of_a_longer_name_has_sockets_of_his_own(hotel: Hotel, door: Door) -> None:
    token = hotel.api.running.hotel_token
    ids = [door.open(each) for each in (token(f"{hotel.account}-2"), token(hotel.account, "anna2"))]
    ids += [door.open(hotel.anna) for _ in range(10)]
    assert door.wires.closed == []
    assert door.knows(*ids)


def test_a_closed_socket_is_forgotten_and_another_one_of_the_same_page_is_not(hotel: Hotel, door: Door) -> None:
    old, new, others = door.open(hotel.anna), door.open(hotel.anna), door.open(hotel.beka)
    for _ in range(2):
        door.disconnect(old)
        assert door.knows(new, others)
    assert _pongs(door, new)
    assert _pongs(door, others)


def test_closing_what_nobody_knows_changes_nothing(hotel: Hotel, door: Door) -> None:
    id_ = door.open(hotel.anna)
    door.disconnect("unknown")
    assert door.knows(id_)


def test_a_frame_after_the_tokens_end_is_not_served_and_the_socket_is_closed(hotel: Hotel, door: Door) -> None:
    now = _now()
    ended = _opened(door, _until(_caller(hotel.anna), now - timedelta(minutes=1)), now - timedelta(minutes=2))
    served = _opened(door, _until(_caller(hotel.anna), now + timedelta(minutes=1)), now - timedelta(minutes=2))
    assert door.knows(ended, served)
    assert _pongs(door, served)
    assert not _pongs(door, ended)
    assert door.wires.closed == [ended]
    assert door.knows(served)


def test_a_socket_is_served_until_its_tokens_end_and_not_at_it(hotel: Hotel, door: Door) -> None:
    from chalicelib.services.sockets import receive

    now = _now()
    id_ = _opened(door, _until(_caller(hotel.anna), now + timedelta(seconds=5)), now)
    ping = '{"action":"ping","id":"x"}'
    receive(id_, ping, now + timedelta(seconds=5) - MOMENT)
    assert door.wires.frames(id_) == [{"event": "pong", "id": "x"}]
    receive(id_, ping, now + timedelta(seconds=5))
    assert (len(door.wires.sent), door.wires.closed, door.rows()) == (1, [id_], [])


def test_a_frame_of_an_unknown_socket_closes_it(hotel: Hotel, door: Door) -> None:
    known = door.open(hotel.anna)
    assert not _pongs(door, "unknown")
    assert door.wires.closed == ["unknown"]
    assert _pongs(door, known)


@pytest.mark.parametrize(
    ("frame", "id_"),
    [
        ("hello", None),
        ("[]", None),
        ("{}", None),
        ('{"action":"ping","id":"', None),
        ('{"action":"chat.fly","id":"f-1"}', "f-1"),
        ('{"action":"ping","id":7}', None),
        ('{"action":"ping","id":"ა","more":1}', "ა"),
        (json.dumps({"action": "ping", "id": "x", "more": 32 * 1024 * "x"}), None),
    ],
)
def test_a_bad_frame_is_answered_with_an_error_and_does_nothing(
    hotel: Hotel, door: Door, frame: str, id_: str | None
) -> None:
    socket, other = door.open(hotel.anna), door.open(hotel.anna)
    before = door.items()
    door.receive(socket, frame)
    (answer,) = door.wires.frames(socket)
    message = answer.pop("message")
    assert answer == {"event": "error", "code": "invalid_frame", **({"id": id_} if id_ else {})}
    assert message.endswith(".")
    assert door.wires.frames(other) == []
    assert door.items() == before
    assert _pongs(door, socket)


def test_a_ping_without_an_id_has_no_answer(hotel: Hotel, door: Door) -> None:
    id_ = door.open(hotel.anna)
    door.receive(id_, {"action": "ping"})
    assert door.wires.sent == []
    assert _pongs(door, id_)


def test_a_socket_that_is_gone_when_it_is_answered_is_forgotten(hotel: Hotel, door: Door) -> None:
    gone, other = door.open(hotel.anna), door.open(hotel.anna)
    door.wires.gone.add(gone)
    assert not _pongs(door, gone)
    assert door.knows(other)


def test_a_socket_that_cannot_be_reached_now_is_still_known(hotel: Hotel, door: Door) -> None:
    from chalicelib.observability import Failed

    id_ = door.open(hotel.anna)
    door.wires.silent.add(id_)
    with pytest.raises(Failed):
        door.receive(id_, {"action": "ping", "id": "x"})
    assert door.knows(id_)
    door.wires.silent.clear()
    assert _pongs(door, id_)


def test_the_log_tells_of_sockets_and_neither_of_tickets_nor_of_what_was_said(
    hotel: Hotel, door: Door, printed: Printed
) -> None:
    url = door.address(hotel.anna)
    id_ = door.connect(url)
    assert id_
    assert door.connect(url) is None
    for frame in ("კანარი-7f3a", '{"action":"კანარი-7f3a","id":"კანარი-7f3a"}', '{"action":"ping","id":"კანარი-7f3a"}'):
        door.receive(id_, frame)
    door.disconnect(id_)
    assert [line["status"] for line in printed.lines("connect")] == [200, 403]
    assert [len(printed.lines(route)) for route in ("message", "disconnect")] == [3, 1]
    for secret in (_ticket(url), "კანარი", json.dumps("კანარი")[1:-1], id_):
        assert secret not in printed.text()
