"""The catalog as it ships: complete in five languages, and answered by somebody."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest

from chalicelib import catalog
from chalicelib.domain.text import LANGUAGES
from chalicelib.domain.ticket import Importance, Status

MOSCOW = ZoneInfo("Europe/Moscow")

ALL_TEXTS = {
    **{f"topic {each.id}": each.label for each in catalog.topics().values()},
    **{f"status {each.id}": each.label for each in catalog.statuses().values()},
    **{f"importance {each.id}": each.label for each in catalog.importances().values()},
    **{f"meaning of {each.id}": each.meaning for each in catalog.importances().values()},
}
LETTERS = {"ka": "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ", "ru": "абвгдежзийклмнопрстуфхцчшщъыьэюяё"}
ONLY_RUSSIAN, ONLY_UKRAINIAN = set("ыэъё"), set("іїєґ")


def moscow(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW).astimezone(UTC)


def a_topic() -> dict[str, object]:
    return {"id": "x", "team": "support", "label": dict.fromkeys(LANGUAGES, "text")}


@pytest.mark.parametrize("what", ALL_TEXTS)
def test_a_text_exists_in_all_five_languages(what):
    texts = ALL_TEXTS[what]
    for locale in LANGUAGES:
        assert texts.in_(locale).strip() == texts.in_(locale) != ""


@pytest.mark.parametrize("locale", [locale for locale in LANGUAGES if locale != "en"])
def test_no_text_was_left_in_english(locale):
    left = [what for what, texts in ALL_TEXTS.items() if texts.in_(locale) == texts.en]
    assert left == []


@pytest.mark.parametrize("what", ALL_TEXTS)
def test_each_text_is_written_in_its_own_letters(what):
    texts = ALL_TEXTS[what]
    georgian, cyrillic = set(LETTERS["ka"]), set(LETTERS["ru"]) | ONLY_UKRAINIAN
    assert georgian & set(texts.ka)
    assert cyrillic & set(texts.ru.lower())
    assert cyrillic & set(texts.uk.lower())
    assert not (georgian | cyrillic) & set((texts.en + texts.pl).lower())
    assert not ONLY_RUSSIAN & set(texts.uk.lower())
    assert not ONLY_UKRAINIAN & set(texts.ru.lower())


def test_no_ukrainian_text_is_the_russian_one():
    assert [what for what, texts in ALL_TEXTS.items() if texts.uk == texts.ru] == []


def test_closed_is_the_georgian_word_that_users_know():
    assert catalog.statuses()["closed"].label.ka == "დახურული"


def test_the_hotel_reads_each_status_in_the_product_s_words():
    labels = {id_: each.label.en for id_, each in catalog.statuses().items()}
    assert labels == {
        "new": "Received",
        "open": "In progress",
        "pending": "Waiting for your answer",
        "closed": "Closed",
    }


def test_every_status_and_importance_of_a_ticket_has_its_entry():
    assert tuple(catalog.statuses()) == get_args(Status)
    assert tuple(catalog.importances()) == get_args(Importance)


def test_no_two_entries_of_a_file_share_an_id():
    here = Path(catalog.__file__).parent
    for entry, file in (
        ("topic", "topics"),
        ("status", "statuses"),
        ("importance", "importances"),
        ("service", "services"),
    ):
        ids = [each["id"] for each in tomllib.loads((here / f"{file}.toml").read_text("utf-8"))[entry]]
        assert len(ids) == len(set(ids)) > 0


def test_no_two_topics_read_alike():
    for locale in LANGUAGES:
        labels = [topic.label.in_(locale) for topic in catalog.topics().values()]
        assert len(labels) == len(set(labels))


def test_topics_go_to_the_teams_of_the_product():
    teams = {id_: topic.team for id_, topic in catalog.topics().items()}
    assert teams == {
        "bookings": "support",
        "rates": "support",
        "channels": "support",
        "guests": "support",
        "reports": "support",
        "users": "support",
        "integrations": "support",
        "suggestion": "support",
        "billing": "billing",
        "services": "services",
        "acquiring": "services",
        "other": "support",
    }


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_topic_is_answered_by_a_service_with_hours(locale):
    for topic in catalog.topics().values():
        service = catalog.answering(topic.team, [locale])
        assert topic.team in service.teams
        assert service.weekly


def test_goals_are_half_an_hour_and_two_and_eight_and_twenty_four_hours():
    goals = {id_: each.goal_minutes for id_, each in catalog.importances().items()}
    assert goals == {"critical": 30, "high": 120, "normal": 480, "low": 1440}


@pytest.mark.parametrize("since", ["2026-11-20 12:00", "2026-11-21 03:00", "2026-11-22 23:50", "2027-01-01 00:00"])
@pytest.mark.parametrize("locale", ["en", "ru"])
def test_english_and_russian_are_answered_at_any_hour(since, locale):
    due_at = catalog.due_at(moscow(since), "critical", "support", [locale])
    assert due_at == moscow(since) + timedelta(minutes=30)


@pytest.mark.parametrize("team", ["support", "billing"])
def test_georgian_of_a_saturday_counts_from_monday_at_eight(team):
    saturday = moscow("2026-11-21 12:00")
    assert catalog.due_at(saturday, "critical", team, ["ka"]) == moscow("2026-11-23 08:30")
    assert catalog.due_at(saturday, "normal", team, ["ka"]) == moscow("2026-11-23 16:00")
    assert catalog.due_at(saturday, "low", team, ["ka"]) == moscow("2026-11-25 14:00")


def test_georgian_on_a_working_day_ends_at_five():
    assert catalog.due_at(moscow("2026-11-20 16:30"), "critical", "support", ["ka"]) == moscow("2026-11-20 17:00")
    assert catalog.due_at(moscow("2026-11-20 16:31"), "critical", "support", ["ka"]) == moscow("2026-11-23 08:01")


@pytest.mark.parametrize("locale", ["uk", "pl"])
def test_a_language_without_known_hours_is_answered_by_a_service_that_has_some(locale):
    saturday = moscow("2026-11-21 12:00")
    assert catalog.answering("support", [locale]).id == "support-en-ru"
    assert catalog.due_at(saturday, "high", "support", [locale]) == saturday + timedelta(hours=2)


def test_the_first_language_with_known_hours_counts():
    assert catalog.answering("support", ["ka", "en"]).id == "support-ka"
    assert catalog.answering("support", ["en", "ka"]).id == "support-en-ru"
    assert catalog.answering("support", ["uk", "ka", "en"]).id == "support-ka"


@pytest.mark.parametrize("locale", LANGUAGES)
def test_additional_services_answer_on_working_days_from_nine_to_six(locale):
    assert catalog.due_at(moscow("2026-11-20 08:00"), "critical", "services", [locale]) == moscow("2026-11-20 09:30")
    assert catalog.due_at(moscow("2026-11-20 17:30"), "critical", "services", [locale]) == moscow("2026-11-20 18:00")
    assert catalog.due_at(moscow("2026-11-20 17:45"), "critical", "services", [locale]) == moscow("2026-11-23 09:15")


@pytest.mark.parametrize("locale", LANGUAGES)
def test_an_entry_without_one_of_the_languages_does_not_load(locale):
    raw = a_topic()
    assert msgspec.convert(raw, catalog.Topic).label.in_(locale) == "text"
    raw["label"] = {each: "text" for each in LANGUAGES if each != locale}
    with pytest.raises(msgspec.ValidationError, match=f"`{locale}`"):
        msgspec.convert(raw, catalog.Topic)


def test_an_entry_with_a_field_too_many_does_not_load():
    with pytest.raises(msgspec.ValidationError, match="`labels`"):
        msgspec.convert(a_topic() | {"labels": {}}, catalog.Topic)


def test_a_text_in_another_language_is_the_english_one():
    label = catalog.statuses()["new"].label
    assert label.in_("de") == label.in_("") == label.en
    assert label.in_("pl") == label.pl != label.en


def test_a_text_is_not_looked_up_by_an_attribute_s_name():
    label = catalog.statuses()["new"].label
    assert label.in_("in_") == label.in_("__class__") == label.en
