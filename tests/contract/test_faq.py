"""Votes on articles, and searches that found nothing: counted exactly, limited per address, without a word of whose."""

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra import build
from tests.contract.conftest import Answer, Api, Hotel, items_of
from tests.contract.test_logs import ALWAYS, Printed, printed

__all__ = ["printed"]
VOTES, MISSES = "/v1/faq/votes", "/v1/faq/misses"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EDGE = "203.0.113.9"


@pytest.fixture
def article() -> str:
    """One that no other test votes on."""
    return f"test/{uuid.uuid4().hex}"


@pytest.fixture
def now() -> datetime:
    """A moment of a day that no other test counts on."""
    return datetime(2031, 1, 1, 13, 20, tzinfo=UTC) + (uuid.uuid4().int % 1_000_000) * DAY


def _somebody() -> str:
    """The address of somebody who has not said anything yet."""
    return f"2001:db8:{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}::1"


def _vote(api: Api, article: str, *, helpful: bool = True, locale: str = "ka", **call: Any) -> Answer:
    return api.call("POST", VOTES, body={"article": article, "locale": locale, "helpful": helpful}, **call)


def _counters(api: Api, days: Iterable[datetime]) -> dict[str, dict[str, int]]:
    """What was counted on these days, by sort key."""
    deployment = api.running.stack.deployment
    found: dict[str, Counter[str]] = {}
    for day in {f"{each:%Y-%m-%d}" for each in days}:
        items = deployment.client("dynamodb").query(
            TableName=deployment.outputs()["TicketsTableName"],
            ConsistentRead=True,
            KeyConditionExpression="pk = :day",
            ExpressionAttributeValues={":day": {"S": f"faq#{day}"}},
        )["Items"]
        for item in items:
            numbers = {name: int(value["N"]) for name, value in item.items() if "N" in value}
            assert set(item) == {"pk", "sk", *numbers}
            found.setdefault(item["sk"]["S"], Counter()).update(numbers)
    return {sort_key: dict(counted) for sort_key, counted in found.items()}


def _say(now: datetime, article: str, *, reader: str | None = None, edge: str | None = None, times: int = 1) -> int:
    """How often it was taken when a reader votes so often at this moment, from behind an edge or directly."""
    from chalicelib.domain.address import Addresses
    from chalicelib.domain.faq import Vote
    from chalicelib.errors import TooManyRequests
    from chalicelib.services.faq import count_vote

    reader = reader or _somebody()
    addresses = Addresses(edge, f"{reader}, {edge}") if edge else Addresses(reader, reader)
    taken = 0
    for _ in range(times):
        try:
            count_vote(Vote(article, "ka", helpful=True), addresses, now)
        except TooManyRequests:
            continue
        taken += 1
    return taken


def _use_up(address: str, share: int, place: Callable[[str], str], *moments: datetime) -> None:
    """As if this address had said so much in the hours of these moments."""
    from chalicelib.adapters.counting import count
    from chalicelib.domain.address import network_of

    for moment in moments:
        count(place(network_of(address) or address), share, moment, HOUR)


def test_a_vote_is_counted_for_its_article_in_its_language_as_yes_or_as_no(api: Api, article: str) -> None:
    began = datetime.now(UTC)
    for helpful, locale in ((True, "ka"), (True, "ka"), (False, "ka"), (False, "pl")):
        answer = _vote(api, article, helpful=helpful, locale=locale)
        assert (answer.ok(204), answer.headers["Access-Control-Allow-Origin"]) == (None, api.running.facts["site_url"])
    _vote(api, f"{article}-other").ok(204)
    found = _counters(api, (began, datetime.now(UTC)))
    assert found[f"vote#ka#{article}"] == {"yes": 2, "no": 1}
    assert found[f"vote#pl#{article}"] == {"yes": 0, "no": 1}
    assert found[f"vote#ka#{article}-other"] == {"yes": 1, "no": 0}


def test_a_search_that_found_nothing_is_counted_for_its_language(api: Api) -> None:
    began = datetime.now(UTC)
    before = _counters(api, (began, began + DAY))
    for locale in ("uk", "uk", "en"):
        api.call("POST", MISSES, body={"locale": locale}).ok(204)
    after = _counters(api, (began, began + DAY))
    more = {
        key: counted["counted"] - before.get(key, {}).get("counted", 0)
        for key, counted in after.items()
        if key.startswith("miss#")
    }
    assert {key: number for key, number in more.items() if number} == {"miss#uk": 2, "miss#en": 1}


def test_each_day_of_utc_has_counters_of_its_own(api: Api, article: str, now: datetime) -> None:
    midnight = now.replace(hour=0, minute=0) + DAY
    for moment in (now, midnight - timedelta(milliseconds=1), midnight):
        _say(moment, article)
    assert _counters(api, [now]) == {f"vote#ka#{article}": {"yes": 2, "no": 0}}
    assert _counters(api, [midnight]) == {f"vote#ka#{article}": {"yes": 1, "no": 0}}


def test_whoever_votes_at_the_same_moment_no_vote_is_lost(api: Api, article: str, now: datetime) -> None:
    with ThreadPoolExecutor(8) as readers:
        assert sum(readers.map(lambda _: _say(now, article), range(40))) == 40
    assert _counters(api, [now]) == {f"vote#ka#{article}": {"yes": 40, "no": 0}}


def test_a_reader_is_heard_thirty_times_in_an_hour_and_everybody_else_goes_on(
    api: Api, article: str, now: datetime
) -> None:
    reader, end = _somebody(), now.replace(minute=0) + HOUR
    assert _say(now, article, reader=reader, times=29) == 29
    last_moment = end - timedelta(milliseconds=1)
    assert [_say(last_moment, article, reader=reader) for _ in range(3)] == [1, 0, 0]
    assert _say(last_moment, article) == 1
    assert _say(end, article, reader=reader, times=31) == 30
    assert _counters(api, [now]) == {f"vote#ka#{article}": {"yes": 61, "no": 0}}, "what was refused is not counted"


def test_thirty_are_heard_also_when_all_come_at_the_same_moment(api: Api, article: str, now: datetime) -> None:
    reader = _somebody()
    with ThreadPoolExecutor(8) as tabs:
        assert sum(tabs.map(lambda _: _say(now, article, reader=reader), range(40))) == 30
    assert _counters(api, [now])[f"vote#ka#{article}"]["yes"] == 30


def test_who_is_told_to_wait_is_told_until_when(api: Api, article: str, printed: Printed) -> None:
    from chalicelib.adapters import places

    reader, now = _somebody(), datetime.now(UTC)
    _use_up(reader, 30, places.reader, now, now + HOUR)
    for path, said in ((VOTES, {"article": article, "locale": "ka", "helpful": True}), (MISSES, {"locale": "ka"})):
        refused = api.call("POST", path, body=said, source=reader, headers={"X-Forwarded-For": reader})
        assert refused.problem(429, "too_many_requests") == {}
        assert 1 <= int(refused.headers["Retry-After"]) <= 3600
        (line,) = (line for line in printed.lines(f"POST {path}") if line["status"] == 429)
        assert (set(line), line["code"], line["level"]) == ({*ALWAYS, "code"}, "too_many_requests", "INFO")
        api.call("POST", path, body=said).ok(204)


@pytest.mark.parametrize(("second", "wait"), [(0, 3600), (1.5, 3599), (3599, 1), (3599.999, 1)])
def test_the_wait_ends_with_the_hour(api: Api, article: str, now: datetime, second: float, wait: int) -> None:
    del api
    from chalicelib.domain.address import Addresses
    from chalicelib.domain.faq import Vote
    from chalicelib.errors import TooManyRequests
    from chalicelib.services.faq import count_vote

    reader, moment = _somebody(), now.replace(minute=0) + timedelta(seconds=second)
    assert _say(moment, article, reader=reader, times=30) == 30
    with pytest.raises(TooManyRequests) as refused:
        count_vote(Vote(article, "ka", helpful=True), Addresses(reader), moment)
    assert refused.value.retry_after == wait
    assert _say(moment + timedelta(seconds=wait), article, reader=reader) == 1


def test_behind_the_edge_each_reader_has_a_share_of_his_own(api: Api, article: str, now: datetime) -> None:
    one, other, edge = _somebody(), _somebody(), _somebody()
    assert _say(now, article, reader=one, edge=edge, times=31) == 30
    assert _say(now, article, reader=other, edge=edge, times=31) == 30
    assert _say(now, article, reader=one, edge=_somebody()) == 0, "whichever edge he comes by"
    assert _counters(api, [now])[f"vote#ka#{article}"]["yes"] == 60


def test_whoever_forges_readers_is_heard_no_more_often_than_an_edge(api: Api, article: str, now: datetime) -> None:
    from chalicelib.adapters import places

    forger = _somebody()
    _use_up(forger, 598, places.sender, now)
    assert [_say(now, article, edge=forger) for _ in range(4)] == [1, 1, 0, 0]
    assert _say(now, article, edge=_somebody()) == 1
    assert _say(now + HOUR, article, edge=forger) == 1
    assert _counters(api, [now])[f"vote#ka#{article}"]["yes"] == 4


def test_what_one_reader_sends_too_much_takes_nothing_from_those_behind_the_same_edge(
    api: Api, article: str, now: datetime
) -> None:
    del api
    from chalicelib.adapters import places

    reader, edge = _somebody(), _somebody()
    _use_up(edge, 569, places.sender, now)
    assert _say(now, article, reader=reader, edge=edge, times=50) == 30
    assert [_say(now, article, edge=edge) for _ in range(2)] == [1, 0], "599 were taken, not 619"


def test_a_header_with_forged_readers_is_counted_at_the_apps_door(api: Api, article: str) -> None:
    from chalicelib.adapters import places

    forger, now = _somebody(), datetime.now(UTC)
    _use_up(forger, 600, places.sender, now, now + HOUR)
    for header in ("X-Forwarded-For", "x-forwarded-for"):
        for forged in (f"{_somebody()}, {forger}", f"{_somebody()}, {_somebody()}, {forger}", "nobody, at all", ""):
            refused = _vote(api, article, source=forger, headers={header: forged})
            refused.problem(429, "too_many_requests")
    reader = _somebody()
    _use_up(reader, 30, places.reader, now, now + HOUR)
    _vote(api, article, source=EDGE, headers={"X-Forwarded-For": f"{reader}, {EDGE}"}).problem(429, "too_many_requests")
    _vote(api, article, source=EDGE, headers={"X-Forwarded-For": f"{reader}, {_somebody()}, {EDGE}"}).ok(204)


def test_nothing_of_an_address_is_kept_or_printed(hotel: Hotel, article: str, printed: Printed) -> None:
    from chalicelib.adapters import places
    from chalicelib.domain.address import network_of
    from chalicelib.observability import keyed_hash, one_line

    reader, edge = (f"198.18.{uuid.uuid4().int % 256}.{uuid.uuid4().int % 256}" for _ in range(2))
    later = _somebody()
    network = network_of(later) or ""
    headers = [{"X-Forwarded-For": f"{told}, {edge}"} for told in (reader, later)]
    now = datetime.now(UTC)
    for each in headers:
        _vote(hotel.api, article, source=edge, headers=each).ok(204)
    _use_up(edge, 600, places.sender, now, now + HOUR)
    for each in headers:
        _vote(hotel.api, article, source=edge, headers=each).problem(429, "too_many_requests")
    hidden = (reader, edge, later, network.removesuffix("::/64"))
    kept = str(items_of(hotel.api.running))
    assert not [each for each in hidden if each in kept or each in printed.text()]
    for address in (reader, edge, network):
        assert keyed_hash(address) in kept, "what is kept in its place is found"
        assert keyed_hash(address) not in printed.text()
    with one_line("POST /v1/faq/votes", "one") as line:
        line["address"] = reader
    assert reader in printed.text(), "and so would be what was printed"


def test_what_was_said_is_kept_without_an_end_and_who_said_it_for_two_hours(
    api: Api, article: str, now: datetime
) -> None:
    from chalicelib.adapters import places
    from chalicelib.adapters.tables import LiveItem
    from chalicelib.domain.address import network_of

    reader = _somebody()
    _say(now, article, reader=reader)
    address = network_of(reader) or ""
    for place in (places.reader(address), places.sender(address)):
        (item,) = LiveItem.query(place, consistent_read=True)
        assert (item.counted, item.expires_at) == (1, int((now.replace(minute=0) + 2 * HOUR).timestamp()))
    assert set(_counters(api, [now])) == {f"vote#ka#{article}"}


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        (VOTES, "article", "requests"),
        (VOTES, "article", "requests/New"),
        (VOTES, "article", "requests/new\n"),
        (VOTES, "article", "a/" + "b" * 99),
        (VOTES, "article", None),
        (VOTES, "locale", "de"),
        (VOTES, "helpful", "true"),
        (VOTES, "helpful", 1),
        (VOTES, "comment", "ძალიან კარგი"),
        (MISSES, "locale", "KA"),
        (MISSES, "query", "ჯავშანი"),
    ],
)
def test_a_wrong_field_is_named_and_counts_for_nothing(
    api: Api, article: str, path: str, field: str, value: Any
) -> None:
    from chalicelib.adapters import places

    reader, now = _somebody(), datetime.now(UTC)
    good: dict[str, Any] = {"locale": "ka"} if path == MISSES else {"article": article, "locale": "ka", "helpful": True}
    _use_up(reader, 29, places.reader, now, now + HOUR)
    for _ in range(3):
        wrong = api.call("POST", path, body={**good, field: value}, source=reader)
        assert set(wrong.problem(400, "invalid_request")["fields"]) == {field}
    api.call("POST", path, body=good, source=reader).ok(204)
    found = _counters(api, (now, datetime.now(UTC)))
    assert found.get(f"vote#ka#{article}", {"yes": 1, "no": 0}) == {"yes": 1, "no": 0}


@pytest.mark.parametrize("path", [VOTES, MISSES])
def test_a_missing_field_a_query_and_another_type_are_refused(api: Api, path: str) -> None:
    good = {"locale": "ka"} if path == MISSES else {"article": "a/b", "locale": "ka", "helpful": True}
    for field in good:
        body = {name: value for name, value in good.items() if name != field}
        fields = api.call("POST", path, body=body).problem(400, "invalid_request")["fields"]
        assert fields == {field: "is missing"}
    api.call("POST", path, body=good, query={"locale": "ka"}).problem(400, "invalid_request")
    text = api.call("POST", path, raw=json.dumps(good).encode(), headers={"Content-Type": "text/plain"})
    text.problem(415, "unsupported_media_type")
    api.call("POST", path, body=good).ok(204)


def test_a_counter_is_no_news_for_anybody(api: Api, now: datetime) -> None:
    del api
    from chalicelib.services import relay

    template = json.loads(build.ensure_package(build.LOCAL)[1].read_text())
    (filter_,) = template["Resources"]["TicketsRelay"]["Properties"]["FilterCriteria"]["Filters"]
    passed = json.loads(filter_["Pattern"])["dynamodb"]["Keys"]["sk"]["S"]
    assert passed == ["ticket"]
    for sort_key in ("vote#ka#requests/new-request", "miss#ka"):
        keys = {"pk": {"S": f"faq#{now:%Y-%m-%d}"}, "sk": {"S": sort_key}}
        change = relay.Change("tickets", keys, {}, {**keys, "counted": {"N": "1"}})
        assert sort_key not in passed
        assert (list(relay.pushes_of(change)), list(relay._timers_of(change))) == ([], [])
