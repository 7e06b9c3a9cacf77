"""The contacts page as it is written: whole in five languages, of the catalog's data alone, safe to open anywhere."""

import base64
import hashlib
import re
import tomllib
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from bs4 import BeautifulSoup, Tag

from chalicelib import catalog
from chalicelib.catalog import Texts
from chalicelib.domain.calendar import Hours, Interval
from pages import contacts
from pages.assets import Assets, CannotBuild
from pages.contacts import hours_in_words
from pages.contacts_texts import ContactsTexts, contacts_texts
from tests.html import html_faults

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "pages" / "contacts_texts.toml"
LOCALES = ("ka", "en", "ru", "uk", "pl")
ASSETS = Assets(("/assets/contacts.0a1b2c3d.css",), ("/assets/contacts.4e5f6a7b.js",))
CSS, JS = "b{color:red}", 'document.title="<b>"'
WORKDAYS = (1, 2, 3, 4, 5)
DASH, JOINER = "\N{EN DASH}", "\N{WORD JOINER}"
PLAIN = str.maketrans({DASH: "-", JOINER: None, "\N{RIGHT SINGLE QUOTATION MARK}": "'"})
PAGES = {"site": contacts.page(ASSETS, "/assets/icon.7c8d9e0f.svg"), "file": contacts.self_contained(CSS, JS)}


def parsed(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def section(html: str, locale: str) -> Tag:
    found = parsed(html).find("section", id=locale)
    assert isinstance(found, Tag)
    assert found["lang"] == locale
    return found


def links(tag: Tag, scheme: str) -> dict[str, str]:
    """Every address of this scheme with the link's text."""
    found = {str(link["href"]): link.get_text() for link in tag.find_all("a")}
    return {href.removeprefix(scheme): text for href, text in found.items() if href.startswith(scheme)}


def hours(*intervals: Interval, zone: str = "Europe/Moscow", holidays: tuple[date, ...] = ()) -> Hours:
    return Hours(zone=zone, weekly=intervals, holidays=holidays)


def on(days: tuple[int, ...], start: str, end: str) -> Interval:
    return Interval(days=days, start=start, end=end)


@pytest.mark.parametrize("html", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("locale", LOCALES)
def test_all_contacts_stand_in_every_language(html, locale):
    text = section(html, locale).get_text()
    facts = [
        *(each.country.in_(locale) for each in catalog.phones().values()),
        *(each.note.in_(locale) for each in catalog.phones().values()),
        *(each.purpose.in_(locale) for each in catalog.emails().values()),
        *(each.label.in_(locale) for each in catalog.services().values()),
        *(hours_in_words(each, locale) for each in catalog.services().values()),
    ]
    assert [fact for fact in facts if fact not in text] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_a_number_is_dialled_by_its_digits_and_an_address_written_to(locale):
    its = section(PAGES["file"], locale)
    assert links(its, "tel:") == {
        "+380443900014": "+38 (044) 390-0014",
        "+48223906200": "+48 (22) 390-6200",
        "+995322053204": "+995 (32) 205-3204",
    }
    assert links(its, "mailto:") == {each: each for each in catalog.emails()}


def test_a_note_that_all_phones_share_is_said_once_and_others_by_each_phone(monkeypatch):
    shared = next(iter(catalog.phones().values())).note.en
    assert str(section(PAGES["file"], "en")).count(shared) == 1
    first, *rest = catalog.phones().values()
    other = msgspec.structs.replace(first, note=Texts(*["Free of charge"] * 5))
    monkeypatch.setattr(catalog, "phones", lambda: {each.id: each for each in (other, *rest)})
    its = str(section(contacts.page(ASSETS), "en"))
    assert its.count("Free of charge") == 1
    assert its.count(shared) == len(rest)


def test_the_pages_are_valid_html(tmp_path):
    broken = PAGES["file"].replace('<h2 id="in-uk">', '<h2 id="in-ru">')
    for name, html in {**PAGES, "broken": broken}.items():
        (tmp_path / f"{name}.html").write_text(html, "utf-8")
    faults = html_faults(*tmp_path.iterdir())
    assert {fault.partition(".")[0] for fault in faults} == {"broken"}, faults


def test_a_text_that_lacks_a_language_does_not_load():
    raw = tomllib.loads(TEXTS.read_text("utf-8"))
    assert msgspec.convert(raw, ContactsTexts) == contacts_texts()
    del raw["weekday"][6]["on"]["uk"]
    with pytest.raises(msgspec.ValidationError, match="missing required field `uk`"):
        msgspec.convert(raw, ContactsTexts)


FACT = re.compile(r"@|\d:\d\d|(?:\d\W*){5}|https?:")


def test_the_texts_hold_no_number_address_or_hour_of_their_own():
    assert FACT.findall(TEXTS.read_text("utf-8").replace("\\u00a0", "").replace("\\u2060", "")) == []
    for fact in (*(each.number for each in catalog.phones().values()), *catalog.emails(), "8:00"):
        assert FACT.search(f"Please use {fact} until then")


@pytest.mark.parametrize(
    ("weekly", "words"),
    [
        ([on((1, 2, 3, 4, 5, 6, 7), "00:00", "24:00")], "Every day, 24 hours"),
        ([on(WORKDAYS, "08:00", "17:00")], "Monday to Friday, 8:00 to 17:00 Moscow time"),
        ([on((5, 1, 2, 4, 3), "10:30", "24:00")], "Monday to Friday, 10:30 to 24:00 Moscow time"),
        ([on((6, 7), "22:00", "06:00")], "Saturday, Sunday, 22:00 to 6:00 Moscow time"),
        ([on((1, 3, 4, 5, 7), "09:00", "12:00")], "Monday, Wednesday to Friday, Sunday, 9:00 to 12:00 Moscow time"),
        (
            [on(WORKDAYS, "09:00", "13:00"), on(WORKDAYS, "14:00", "18:00"), on((6,), "10:00", "14:00")],
            "Monday to Friday, 9:00 to 13:00, 14:00 to 18:00; Saturday, 10:00 to 14:00 Moscow time",
        ),
        ([on((6, 7), "00:00", "24:00")], "Saturday, Sunday, 24 hours Moscow time"),
    ],
)
def test_hours_are_told_by_days_and_times_in_the_clock_of_their_zone(weekly, words):
    assert hours_in_words(hours(*weekly), "en") == words


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("ka", "ორშაბათი-პარასკევი, 8:00-17:00 მოსკოვის დროით"),
        ("ru", "Понедельник-пятница, 8:00-17:00 по московскому времени"),
        ("uk", "Понеділок-п'ятниця, 8:00-17:00 за московським часом"),
        ("pl", "Poniedziałek-piątek, 8:00-17:00 czasu moskiewskiego"),
    ],
)
def test_hours_are_told_in_the_readers_language(locale, words):
    told = hours_in_words(hours(on(WORKDAYS, "08:00", "17:00")), locale)
    assert told.translate(PLAIN) == words
    assert f"8:00{JOINER}{DASH}{JOINER}17:00" in told


def test_hours_that_nobody_knows_offer_english_and_russian_and_ones_own_language():
    words = hours_in_words(catalog.services()["support-uk-pl"], "en")
    assert "English and in Russian" in words
    assert "your own language" in words
    assert "own language" not in hours_in_words(catalog.services()["support-ka"], "en")


def test_holidays_are_told_with_the_hours():
    days = (date(2027, 1, 1), date(2027, 5, 26))
    closed = hours(on(WORKDAYS, "08:00", "17:00"), holidays=days)
    assert hours_in_words(closed, "en").endswith(" Moscow time. Closed on 1 January 2027, 26 May 2027")
    assert hours_in_words(closed, "ka").endswith(". არ მუშაობს: 2027 წლის 1 იანვარს, 2027 წლის 26 მაისს")


def test_a_zone_that_has_no_text_is_told_by_its_name():
    office = on(WORKDAYS, "08:00", "17:00")
    assert hours_in_words(hours(office, zone="Asia/Yerevan"), "pl").endswith("17:00 (Asia/Yerevan)")
    assert hours_in_words(hours(office, zone="Asia/Tbilisi"), "pl").endswith("17:00 czasu tbiliskiego")


def policy_of(html: str) -> dict[str, list[str]]:
    meta = parsed(html).find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert isinstance(meta, Tag)
    return {name: sources for name, *sources in (each.split() for each in str(meta["content"]).split("; "))}


def is_allowed(html: str, tag: str) -> bool:
    """Whether the policy names the digest of what this element holds."""
    element = parsed(html).find(tag)
    assert isinstance(element, Tag)
    digest = base64.b64encode(hashlib.sha256(str(element.string).encode()).digest()).decode()
    return policy_of(html)[{"style": "style-src", "script": "script-src"}[tag]] == [f"'sha256-{digest}'"]


def test_the_file_may_run_its_own_style_and_script_and_load_nothing():
    html = PAGES["file"]
    assert is_allowed(html, "style")
    assert is_allowed(html, "script")
    assert {name: policy_of(html)[name] for name in ("default-src", "base-uri", "form-action")} == {
        "default-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    assert html.index("Content-Security-Policy") < html.index("<style")


@pytest.mark.parametrize(("tag", "content"), [("style", CSS), ("script", JS)])
def test_a_changed_style_or_script_is_not_allowed_any_more(tag, content):
    changed = PAGES["file"].replace(content, f"{content} ")
    assert changed != PAGES["file"]
    assert not is_allowed(changed, tag)


def test_what_would_end_its_element_is_refused():
    for css, js in (("/*</STYLE>*/", JS), (CSS, '"</script>"'), (CSS, '"<!--"')):
        with pytest.raises(ValueError, match="end in the middle"):
            contacts.self_contained(css, js)
    assert contacts.self_contained(CSS, JS)


@pytest.mark.parametrize("html", PAGES.values(), ids=PAGES)
def test_nothing_comes_from_elsewhere(html):
    found = [str(tag.get("src") or tag.get("href")) for tag in parsed(html).find_all(["script", "link", "img", "a"])]
    ours = ("None", "/assets/", "/faq/", "#", "tel:", "mailto:")
    assert [each for each in found if not each.startswith(ours)] == []
    assert {"#ka", "#en", "#ru", "#uk", "#pl"} < set(found)
    assert "://" not in html


def test_the_sites_page_has_nothing_inline_that_its_policy_would_stop():
    page = parsed(PAGES["site"])
    assert page.find("style") is None
    assert [tag.get("src") for tag in page.find_all("script") if not tag.get("type")] == list(ASSETS.scripts)
    assert [
        tag for tag in page.find_all(True) if any(name == "style" or name.startswith("on") for name in tag.attrs)
    ] == []


def test_the_scripts_data_is_the_catalogs():
    found = parsed(PAGES["file"]).find(id="data")
    assert isinstance(found, Tag)
    data = msgspec.json.decode(str(found.string))
    known = {id_: each for id_, each in catalog.services().items() if each.weekly}
    assert set(data["hours"]) == set(known)
    assert data["hours"]["support-ka"]["weekly"] == [{"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "17:00"}]
    assert set(data["words"]) == set(LOCALES)


def test_a_text_cannot_become_a_part_of_the_page(monkeypatch):
    text = "</script><i>here</i>"
    texts = msgspec.structs.replace(contacts_texts(), title=Texts(*[text] * 5))
    monkeypatch.setattr(contacts, "contacts_texts", lambda: texts)
    page = parsed(contacts.page(ASSETS))
    assert page.find("i") is None
    assert text in str(page.h1.get_text() if page.h1 else "")


@pytest.fixture
def built(monkeypatch):
    """What Vite has built: a script of `length` bytes."""
    facts = SimpleNamespace(length=100)
    monkeypatch.setattr(contacts, "build_web", lambda: None)
    monkeypatch.setattr(contacts, "assets_of", lambda _: ASSETS)
    monkeypatch.setattr(
        contacts, "_built", lambda addresses: "x" * facts.length if addresses == ASSETS.scripts else CSS
    )
    return facts


def test_the_file_is_written_with_its_size(built, tmp_path):
    out = tmp_path / "new" / "contacts.html"
    size = contacts.write_self_contained(out)
    assert out.stat().st_size == size
    built.length += contacts.MOST_BYTES - size
    assert contacts.write_self_contained(out) == 30720


def test_a_file_of_more_than_30_kb_is_refused_and_not_written(built, tmp_path):
    out = tmp_path / "contacts.html"
    built.length += contacts.MOST_BYTES - contacts.write_self_contained(out) + 1
    out.unlink()
    with pytest.raises(CannotBuild, match="30,721 bytes"):
        contacts.write_self_contained(out)
    assert not out.exists()
