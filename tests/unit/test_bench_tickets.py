from collections import Counter
from datetime import UTC, datetime

from bench.load import number
from bench.tickets import HOTEL, sample, samples
from chalicelib import catalog
from chalicelib.domain.number import parse_number


def test_the_same_index_is_the_same_ticket():
    assert list(samples(range(50, 60))) == list(samples(range(100)))[50:60]
    assert sample(0).subject.endswith(" · 0")


def test_they_come_in_the_order_of_opening_and_none_from_the_future():
    opened = [each.opened_at for each in samples(range(100))]
    assert opened == sorted(set(opened))
    assert sample(99_999).opened_at < datetime(2026, 11, 1, tzinfo=UTC)


def test_nine_of_ten_are_one_hotels():
    accounts = Counter(each.account for each in samples(range(1_000)))
    assert accounts[HOTEL] == 900
    assert len(accounts) == 3


def test_statuses_and_topics_are_the_catalogs_and_every_language_occurs():
    tickets = list(samples(range(1_000)))
    assert {each.status for each in tickets} == set(catalog.statuses())
    assert {each.topic for each in tickets} == set(catalog.topics())
    assert {language for each in tickets for language in each.languages} == {"ka", "ru", "uk", "pl", "en"}


def test_numbers_are_valid_and_none_comes_twice():
    numbers = {number(index) for index in range(10_000)}
    assert len(numbers) == 10_000
    assert all(parse_number(each) == each for each in numbers)
