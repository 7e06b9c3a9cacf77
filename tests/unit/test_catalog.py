"""The catalog as it ships: complete in five languages, held together, and answered by somebody."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest

from chalicelib import catalog
from chalicelib.domain.calendar import Hours, Interval, is_open, next_change
from chalicelib.domain.rules import REOPEN_WITHIN
from chalicelib.domain.text import LANGUAGES
from chalicelib.domain.ticket import Importance, Status

MOSCOW = ZoneInfo("Europe/Moscow")
TBILISI = ZoneInfo("Asia/Tbilisi")
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
WORKDAYS = (1, 2, 3, 4, 5)
KINDS: dict[str, Callable[[], Mapping[str, Any]]] = {
    "topics": catalog.topics,
    "teams": catalog.teams,
    "statuses": catalog.statuses,
    "importances": catalog.importances,
    "texts": catalog.texts,
    "services": catalog.services,
    "phones": catalog.phones,
    "emails": catalog.emails,
}

ALL_TEXTS = {
    **{f"topic {each.id}": each.label for each in catalog.topics().values()},
    **{f"status {each.id}": each.label for each in catalog.statuses().values()},
    **{f"importance {each.id}": each.label for each in catalog.importances().values()},
    **{f"meaning of {each.id}": each.meaning for each in catalog.importances().values()},
    **{f"team {each.id}": each.label for each in catalog.teams().values()},
    **{f"service {each.id}": each.label for each in catalog.services().values()},
    **{f"country {each.id}": each.country for each in catalog.phones().values()},
    **{f"note of {each.id}": each.note for each in catalog.phones().values()},
    **{f"purpose of {each.id}": each.purpose for each in catalog.emails().values()},
    **{f"text {each.id}": each.text for each in catalog.texts().values()},
}
LETTERS = {"ka": "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ", "ru": "абвгдежзийклмнопрстуфхцчшщъыьэюяё"}
ONLY_RUSSIAN, ONLY_UKRAINIAN = set("ыэъё"), set("іїєґ")


def moscow(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW).astimezone(UTC)


def texts(text: str = "text") -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, text)


def raw_topic() -> dict[str, Any]:
    return {"id": "x", "team": "support", "label": texts()}


def raw_phone() -> dict[str, Any]:
    return {"id": "UA", "number": "+38 (044) 390-0014", "country": texts(), "note": texts()}


def raw_email() -> dict[str, Any]:
    return {"id": "info@otelms.com", "purpose": texts()}


def raw_service(**changes: Any) -> dict[str, Any]:
    """A service that answers for `support` in office hours."""
    return {
        "id": "s",
        "label": texts(),
        "teams": ["support"],
        "languages": ["en"],
        "zone": "Europe/Moscow",
        "weekly": [{"days": [1], "from": "08:00", "to": "17:00"}],
    } | changes


def a_topic(team: str = "support") -> dict[str, catalog.Topic]:
    return {"x": msgspec.convert(raw_topic() | {"team": team}, catalog.Topic)}


def the_teams(*ids: str) -> dict[str, catalog.Team]:
    label = msgspec.convert(texts(), catalog.Texts)
    return {id_: catalog.Team(id_, label) for id_ in ids}


def the_services(*each: dict[str, Any]) -> dict[str, catalog.Service]:
    return {f"s{n}": msgspec.convert(raw | {"id": f"s{n}"}, catalog.Service) for n, raw in enumerate(each)}


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


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """An empty catalog."""
    monkeypatch.setattr(catalog, "_HERE", tmp_path)
    return tmp_path


def write_teams(folder, *ids):
    labels = "\n".join(f'{locale} = "text"' for locale in LANGUAGES)
    entries = (f'[[team]]\nid = "{id_}"\n[team.label]\n{labels}\n' for id_ in ids)
    (folder / "teams.toml").write_text("".join(entries), "utf-8")


@pytest.mark.parametrize("ids", [("a", "a"), ("a", "b", "a")])
def test_an_id_given_twice_does_not_load(folder, ids):
    write_teams(folder, *ids)
    with pytest.raises(ValueError, match=r"^teams\.toml: a stands there twice$"):
        catalog._load("teams.toml", "team", catalog.Team)
    write_teams(folder, "b", "a")
    assert list(catalog._load("teams.toml", "team", catalog.Team)) == ["b", "a"]


@pytest.mark.parametrize("kind", ["topics", "teams", "services", "statuses", "importances"])
def test_no_two_entries_read_alike(kind):
    for locale in LANGUAGES:
        labels = [each.label.in_(locale) for each in KINDS[kind]().values()]
        assert len(labels) == len(set(labels)) > 1


def test_no_two_countries_and_no_two_purposes_read_alike():
    for locale in LANGUAGES:
        countries = {phone.country.in_(locale) for phone in catalog.phones().values()}
        purposes = {email.purpose.in_(locale) for email in catalog.emails().values()}
        assert (len(countries), len(purposes)) == (len(catalog.phones()), len(catalog.emails())) == (3, 3)


def test_each_country_is_called_on_its_number():
    numbers = {id_: phone.number for id_, phone in catalog.phones().items()}
    assert numbers == {"UA": "+38 (044) 390-0014", "PL": "+48 (22) 390-6200", "GE": "+995 (32) 205-3204"}


def test_a_phone_s_id_is_the_country_it_names():
    countries = {id_: phone.country.en for id_, phone in catalog.phones().items()}
    assert countries == {"UA": "Ukraine", "PL": "Poland", "GE": "Georgia"}


@pytest.mark.parametrize(
    ("locale", "operator"),
    [
        ("ka", "ოპერატორის ტარიფ"),
        ("en", "operator's rate"),
        ("ru", "оператора"),
        ("uk", "оператора"),
        ("pl", "operatora"),
    ],
)
def test_every_phone_says_that_the_caller_s_own_operator_sets_the_price(locale, operator):
    notes = [phone.note.in_(locale) for phone in catalog.phones().values()]
    assert [operator in note for note in notes] == [True, True, True]


def test_each_address_has_its_purpose():
    purposes = {id_: email.purpose.en for id_, email in catalog.emails().items()}
    assert purposes == {
        "info@otelms.com": "General questions",
        "billing@otelms.com": "Payments, debts for using the system, contracts and acceptance certificates",
        "service@otelms.com": "Questions about BSO's additional services, buying internet acquiring",
    }


def test_who_answers_in_which_language_at_which_hours_is_as_the_product_says():
    table = {id_: (each.teams, each.languages, each.weekly) for id_, each in catalog.services().items()}
    around_the_clock = (Interval(days=EVERY_DAY, start="00:00", end="24:00"),)
    of_support = ("support", "billing")
    assert table == {
        "support-en-ru": (of_support, ("en", "ru"), around_the_clock),
        "support-ka": (("support",), ("ka",), (Interval(days=WORKDAYS, start="08:00", end="17:00"),)),
        "support-uk-pl": (("support",), ("uk", "pl"), ()),
        "additional-services": (("services",), LANGUAGES, (Interval(days=WORKDAYS, start="09:00", end="18:00"),)),
    }


def test_hours_are_those_of_moscow_and_no_holiday_is_known():
    assert {(each.zone, each.holidays) for each in catalog.services().values()} == {("Europe/Moscow", ())}


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("team", ["support", "services"])
def test_every_language_of_every_team_is_one_service_s(team, locale):
    named = [each.id for each in catalog.services().values() if team in each.teams and locale in each.languages]
    assert len(named) == 1


def test_at_half_past_six_on_friday_in_tbilisi_georgian_is_back_on_monday_at_nine():
    friday = datetime(2026, 11, 20, 18, 30, tzinfo=TBILISI)
    georgian = catalog.services()["support-ka"]
    assert not is_open(georgian, friday)
    assert next_change(georgian, friday) == datetime(2026, 11, 23, 9, tzinfo=TBILISI)
    assert is_open(georgian, friday - timedelta(minutes=31))


def test_at_half_past_six_on_friday_in_tbilisi_russian_and_english_are_answered_now():
    friday = datetime(2026, 11, 20, 18, 30, tzinfo=TBILISI)
    assert is_open(catalog.services()["support-en-ru"], friday)
    assert next_change(catalog.services()["support-en-ru"], friday) is None
    assert not is_open(catalog.services()["support-uk-pl"], friday)


def test_the_teams_are_those_of_the_product():
    labels = {id_: team.label.en for id_, team in catalog.teams().items()}
    assert labels == {"support": "Technical support", "billing": "Billing", "services": "Additional services"}


def test_every_entry_stands_under_its_own_id():
    for kind, entries in KINDS.items():
        assert entries(), kind
        assert [each.id for each in entries().values()] == list(entries())


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


def test_georgian_of_a_saturday_counts_from_monday_at_eight():
    saturday = moscow("2026-11-21 12:00")
    assert catalog.due_at(saturday, "critical", "support", ["ka"]) == moscow("2026-11-23 08:30")
    assert catalog.due_at(saturday, "normal", "support", ["ka"]) == moscow("2026-11-23 16:00")
    assert catalog.due_at(saturday, "low", "support", ["ka"]) == moscow("2026-11-25 14:00")


@pytest.mark.parametrize("locale", LANGUAGES)
def test_billing_is_answered_every_day_and_all_day_as_everything_else(locale):
    saturday = moscow("2026-11-21 12:00")
    assert catalog.due_at(saturday, "critical", "billing", [locale]) == saturday + timedelta(minutes=30)


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
    raw = raw_topic()
    assert msgspec.convert(raw, catalog.Topic).label.in_(locale) == "text"
    raw["label"] = {each: "text" for each in LANGUAGES if each != locale}
    with pytest.raises(msgspec.ValidationError, match=f"`{locale}`"):
        msgspec.convert(raw, catalog.Topic)


def test_an_entry_with_a_field_too_many_does_not_load():
    assert msgspec.convert(raw_topic(), catalog.Topic).team == "support"
    with pytest.raises(msgspec.ValidationError, match="`labels`"):
        msgspec.convert(raw_topic() | {"labels": {}}, catalog.Topic)


def test_a_text_in_another_language_is_the_english_one():
    label = catalog.statuses()["new"].label
    assert label.in_("de") == label.in_("") == label.en
    assert label.in_("pl") == label.pl != label.en


def test_a_text_is_not_looked_up_by_an_attribute_s_name():
    label = catalog.statuses()["new"].label
    assert label.in_("in_") == label.in_("__class__") == label.en


@pytest.mark.parametrize("empty", ["", " ", "\n", " text", "text ", "\ttext"])
def test_a_text_that_is_empty_or_ends_in_white_space_does_not_load(empty):
    assert msgspec.convert(texts("a text\nin two lines"), catalog.Texts).ka == "a text\nin two lines"
    assert msgspec.convert(texts("x"), catalog.Texts).ka == "x"
    with pytest.raises(msgspec.ValidationError, match="regex"):
        msgspec.convert(texts() | {"pl": empty}, catalog.Texts)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "ua"},
        {"id": "UKR"},
        {"id": ""},
        {"number": "380443900014"},
        {"number": "+"},
        {"number": "+38 044 390 0014 ext. 2"},
        {"number": "tel:+38"},
        {"number": ""},
    ],
    ids=str,
)
def test_a_phone_of_another_shape_does_not_load(wrong):
    assert msgspec.convert(raw_phone(), catalog.Phone).id == "UA"
    with pytest.raises(msgspec.ValidationError, match="regex"):
        msgspec.convert(raw_phone() | wrong, catalog.Phone)


@pytest.mark.parametrize(
    "address", ["", "info", "@otelms.com", "info@", "a@b@c", "in fo@otelms.com", "info@otelms.com "]
)
def test_an_e_mail_of_another_shape_does_not_load(address):
    assert msgspec.convert(raw_email(), catalog.Email).id == "info@otelms.com"
    with pytest.raises(msgspec.ValidationError, match="regex"):
        msgspec.convert(raw_email() | {"id": address}, catalog.Email)


@pytest.mark.parametrize(
    "wrong",
    [
        {"languages": ["de"]},
        {"languages": ["KA"]},
        {"weekly": [{"days": [0], "from": "08:00", "to": "17:00"}]},
        {"weekly": [{"days": [1], "from": "24:00", "to": "17:00"}]},
        {"weekly": [{"days": [1], "from": "8:00", "to": "17:00"}]},
        {"holidays": ["2027-02-29"]},
        {"hours": []},
    ],
    ids=str,
)
def test_a_service_of_another_shape_does_not_load(wrong):
    assert msgspec.convert(raw_service(), catalog.Service).holidays == ()
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(raw_service() | wrong, catalog.Service)


@pytest.mark.parametrize("missing", ["id", "label", "teams", "languages", "zone", "weekly"])
def test_a_service_says_everything_but_its_holidays(missing):
    assert msgspec.convert(raw_service(), catalog.Service).id == "s"
    with pytest.raises(msgspec.ValidationError, match=f"`{missing}`"):
        msgspec.convert({name: value for name, value in raw_service().items() if name != missing}, catalog.Service)


def test_holidays_may_be_written_as_toml_writes_dates():
    service = msgspec.convert(raw_service(holidays=[date(2027, 1, 1), "2027-01-07"]), catalog.Service)
    assert service.holidays == (date(2027, 1, 1), date(2027, 1, 7))
    assert isinstance(service, Hours)


def test_the_catalog_as_it_ships_has_no_fault():
    catalog.check()


@pytest.mark.parametrize("kind", KINDS)
def test_a_catalog_without_one_of_its_kinds_is_refused(monkeypatch, kind):
    def nothing() -> dict[str, object]:
        return {}

    catalog.check()
    nothing.__name__ = kind
    monkeypatch.setattr(catalog, kind, nothing)
    with pytest.raises(ValueError, match=f"^the catalog has no {kind}$"):
        catalog.check()


def test_the_check_looks_for_faults(monkeypatch):
    monkeypatch.setattr(catalog, "topics", lambda: a_topic("kitchen"))
    with pytest.raises(ValueError, match="kitchen"):
        catalog.check()
    monkeypatch.setattr(catalog, "topics", lambda: a_topic("billing"))
    catalog.check()


def test_a_topic_of_an_unknown_team_is_a_fault():
    teams, services = the_teams("support"), the_services(raw_service())
    catalog.find_fault(a_topic("support"), teams, services)
    with pytest.raises(ValueError, match=r"^topics\.toml: x goes to the team kitchen,"):
        catalog.find_fault(a_topic("kitchen"), teams, services)


def test_a_service_of_an_unknown_team_is_a_fault():
    services = the_services(raw_service(teams=["support", "kitchen"]))
    with pytest.raises(ValueError, match=r"^services\.toml: s0 names kitchen,"):
        catalog.find_fault(a_topic(), the_teams("support"), services)
    catalog.find_fault(a_topic(), the_teams("support", "kitchen"), services)


@pytest.mark.parametrize(
    "zone", ["Europe/Atlantis", "europe moscow", "", "Europe", "../zoneinfo/UTC", "/etc/passwd", "UTC\0", "x" * 300]
)
def test_an_unknown_zone_is_a_fault(zone):
    with pytest.raises(ValueError, match=r"^services\.toml: s0 has the unknown zone "):
        catalog.find_fault(a_topic(), the_teams("support"), the_services(raw_service(zone=zone)))
    catalog.find_fault(a_topic(), the_teams("support"), the_services(raw_service(zone="Asia/Tbilisi")))


@pytest.mark.parametrize(
    "services",
    [
        the_services(),
        the_services(raw_service(weekly=[])),
        the_services(raw_service(teams=["billing"])),
        the_services(raw_service(teams=[])),
        the_services(raw_service(teams=["billing"]), raw_service(weekly=[])),
    ],
    ids=["none", "no hours", "of another team", "of no team", "hours of another, none of its own"],
)
def test_a_team_that_nobody_with_hours_answers_for_is_a_fault(services):
    teams = the_teams("support", "billing")
    of_both = the_services(raw_service(teams=["billing", "support"]))
    catalog.find_fault(a_topic(), teams, of_both)
    catalog.find_fault(a_topic(), teams, services | {"another": of_both["s0"]})
    with pytest.raises(ValueError, match=r"^services\.toml: nobody with known hours answers for the team support$"):
        catalog.find_fault(a_topic(), teams, services)


def test_hours_of_no_day_do_not_load():
    weekly = {"days": [1], "from": "08:00", "to": "17:00"}
    assert msgspec.convert(raw_service(weekly=[weekly]) | {"id": "s"}, catalog.Service).weekly
    with pytest.raises(msgspec.ValidationError, match="days"):
        msgspec.convert(raw_service(weekly=[weekly | {"days": []}]) | {"id": "s"}, catalog.Service)


@pytest.mark.parametrize(
    ("type_", "raw", "field"),
    [
        (catalog.Texts, dict.fromkeys(LANGUAGES, "text"), "pl"),
        (catalog.Phone, {"number": "+38", "id": "UA"}, "id"),
        (catalog.Phone, {"number": "+38", "id": "UA"}, "number"),
        (catalog.Email, {"id": "a@b.example"}, "id"),
    ],
)
def test_a_line_end_behind_it_does_not_load(type_, raw, field):
    texts = dict.fromkeys(LANGUAGES, "text")
    raw = {**raw, **{name: texts for name in ("country", "note", "purpose") if name in type_.__struct_fields__}}
    assert msgspec.convert(raw, type_)
    with pytest.raises(msgspec.ValidationError, match=field):
        msgspec.convert(raw | {field: f"{raw[field]}\n"}, type_)


@pytest.mark.parametrize("entries", [catalog.statuses, catalog.importances])
def test_a_catalog_without_a_status_or_an_importance_is_a_fault(monkeypatch, entries):
    catalog.check()
    less = dict(list(entries().items())[:-1])
    stub = lambda: less  # noqa: E731 - with the name of what it stands for
    stub.__name__ = entries.__name__
    monkeypatch.setattr(catalog, entries.__name__, stub)
    with pytest.raises(ValueError, match=f"{entries.__name__}.toml must have"):
        catalog.check()


@pytest.mark.parametrize("id_", ["pending_reminder", "pending_closed"])
def test_what_deskbell_writes_itself_calls_the_ticket_what_the_hotel_calls_it(id_):
    words = {"ka": "მიმართვა", "en": "case", "ru": "обращени", "uk": "звернен", "pl": "powiadomieni"}
    text = catalog.texts()[id_].text
    for locale, word in words.items():
        assert word in text.in_(locale)
        assert not text.in_(locale).startswith("\n")


def test_the_closing_says_for_how_long_a_reply_reopens():
    for locale in LANGUAGES:
        assert f" {REOPEN_WITHIN.days} " in catalog.texts()["pending_closed"].text.in_(locale)
