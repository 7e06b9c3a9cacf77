"""The contacts in Chromium: the file with all else down, the site's page under its policy, and what is open now."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from chalicelib import catalog
from chalicelib.domain.text import LANGUAGES, Language
from pages import contacts
from pages.assets import BUILT, assets_of
from pages.contacts import ENTRY, hours_in_words
from tests.browser.conftest import DESK, NARROW, PHONE, findings, is_wider_than_the_window

FRIDAY_EVENING = "2026-11-20T14:30:00Z"
"""18:30 in Tbilisi, 17:30 in Moscow."""
SITE = "https://help.hotel.test"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("second host") / "contacts.html"
    assert contacts.write_self_contained(out) == out.stat().st_size <= 30720
    return out


@pytest.fixture
def contexts(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A browser of somebody in Tbilisi for whom every address is dead."""
    made: list[BrowserContext] = []

    def make(*, now: str | None = FRIDAY_EVENING, **options: Any) -> BrowserContext:
        tbilisi = {"viewport": DESK, "locale": "ka-GE", "timezone_id": "Asia/Tbilisi"}
        context = browser.new_context(**{**tbilisi, **options})
        made.append(context)
        context.route(lambda url: not url.startswith("file:"), lambda route: route.abort())
        if now:
            context.clock.install(time=now)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def opened(contexts: Callable[..., BrowserContext], file: Path) -> Open:
    """The file in such a browser; `at` is what stands behind its name."""

    def open_(at: str = "", **options: Any) -> Page:
        page = contexts(**options).new_page()
        page.goto(f"{file.as_uri()}{at}")
        return page

    return open_


def missing(page: Page, locale: Language) -> list[str]:
    """Which contacts a reader of this language does not see, or cannot call or write to."""
    seen = page.locator(f"section[lang={locale}]").inner_text() if page.locator(f"#{locale}").is_visible() else ""
    facts = [
        *(each.number for each in catalog.phones().values()),
        *catalog.emails(),
        *(each.label.in_(locale) for each in catalog.services().values()),
        *(hours_in_words(each, locale) for each in catalog.services().values()),
    ]
    links = [*(f"tel:{each}" for each in ("+380443900014", "+48223906200", "+995322053204"))]
    links += [f"mailto:{each}" for each in catalog.emails()]
    dead = [href for href in links if not page.locator(f'#{locale} a[href="{href}"]').is_visible()]
    return [fact for fact in facts if fact not in seen] + dead


def now(page: Page, service: str, locale: str = "en") -> str:
    """What is said of a service."""
    return page.locator(f'#{locale} [data-service="{service}"]').inner_text().replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("has_script", [True, False])
@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_file_is_whole_with_everything_else_down(opened, locale, has_script):
    page = opened(f"#{locale}", java_script_enabled=has_script, now=None)
    assert missing(page, locale) == []
    assert page.locator("section:visible").count() == 1


def test_a_contact_that_is_gone_is_missed(opened):
    """The control."""
    page = opened("#pl")
    page.locator("#pl a").first.evaluate("link => link.remove()")
    assert missing(page, "pl") == ["+38 (044) 390-0014", "tel:+380443900014"]


def test_without_a_script_and_a_language_all_five_are_there(opened):
    page = opened(java_script_enabled=False, now=None)
    assert [missing(page, locale) for locale in LANGUAGES] == [[]] * 5
    expect(page.get_by_role("heading", level=2)).to_have_count(5)
    page.set_viewport_size(NARROW)
    assert not is_wider_than_the_window(page)
    page.get_by_role("link", name="Українська").click()
    assert page.locator("section:visible").evaluate_all("all => all.map(each => each.lang)") == ["uk"]
    expect(page.get_by_role("heading", level=1)).to_have_text("Контакти", use_inner_text=True)


@pytest.mark.parametrize(
    ("at", "browsers", "shown"),
    [
        ("#pl", "ru-RU", "pl"),
        ("?locale=uk", "ru-RU", "uk"),
        ("?locale=uk#ka", "ru-RU", "ka"),
        ("", "ru-RU", "ru"),
        ("", "de-DE", "en"),
    ],
)
def test_the_readers_language_is_shown(opened, at, browsers, shown):
    page = opened(at, locale=browsers)
    assert page.locator("section:visible").evaluate_all("all => all.map(each => each.lang)") == [shown]
    expect(page.locator("html")).to_have_attribute("lang", shown)
    expect(page.locator("nav [aria-current]")).to_have_attribute("lang", shown)


def test_another_language_is_one_click_away_and_stays_in_the_address(opened):
    page = opened("#ka")
    expect(page).to_have_title("კონტაქტები")
    page.get_by_role("link", name="Polski").click()
    expect(page.locator("#pl")).to_be_visible()
    expect(page.locator("#ka")).to_be_hidden()
    expect(page).to_have_title("Kontakt")
    assert page.url.endswith("#pl")
    assert page.evaluate("scrollY") == 0


def test_on_friday_at_half_past_six_in_tbilisi_georgian_is_back_on_monday_and_the_others_are_there(opened):
    page = opened("#en")
    assert now(page, "support-ka") == "Closed now, again on Monday at 9:00 (your time)"
    assert now(page, "support-en-ru") == "Open now"
    assert now(page, "additional-services") == "Open now, until 19:00 today (your time)"
    expect(page.locator('#en [data-service="support-uk-pl"]')).to_have_count(0)


@pytest.mark.parametrize(
    ("locale", "georgian", "others"),
    [
        ("ka", "ახლა არ მუშაობს, კვლავ ორშაბათს 9:00 საათიდან (თქვენი დროით)", "ახლა მუშაობს"),
        ("ru", "Сейчас не на связи, снова в понедельник с 9:00 (ваше время)", "Сейчас на связи"),  # noqa: RUF001 - Russian
        (
            "uk",
            "Зараз не на зв\N{RIGHT SINGLE QUOTATION MARK}язку, знову в понеділок з 9:00 (ваш час)",
            "Зараз на зв\N{RIGHT SINGLE QUOTATION MARK}язку",
        ),
        ("pl", "Teraz nie odpowiadamy, ponownie w poniedziałek od 9:00 (czas lokalny)", "Teraz odpowiadamy"),
    ],
)
def test_it_is_told_in_the_readers_language(opened, locale, georgian, others):
    page = opened(f"#{locale}")
    assert now(page, "support-ka", locale) == georgian
    assert now(page, "support-en-ru", locale) == others


def test_it_is_told_in_the_readers_zone(opened):
    page = opened("#en", timezone_id="Europe/Warsaw")
    assert now(page, "support-ka") == "Closed now, again on Monday at 6:00 (your time)"
    page = opened("#en", timezone_id="America/Los_Angeles")
    assert now(page, "support-ka") == "Closed now, again on Sunday at 21:00 (your time)"


@pytest.mark.parametrize(
    ("start", "last_minute", "before", "after"),
    [
        (
            "2026-11-20T13:58:00Z",
            "2026-11-20T13:59:59Z",
            "Open now, until 18:00 today (your time)",
            "Closed now, again on Monday at 9:00 (your time)",
        ),
        (
            "2026-11-23T04:58:00Z",
            "2026-11-23T04:59:59Z",
            "Closed now, again today at 9:00 (your time)",
            "Open now, until 18:00 today (your time)",
        ),
    ],
)
def test_at_the_edge_of_the_hours_the_page_changes_by_itself_and_nothing_moves(
    opened, start, last_minute, before, after
):
    page = opened("#en", now=start)
    page.clock.pause_at(last_minute)
    assert now(page, "support-ka") == before
    places = tops(page)
    page.clock.run_for(1000)
    assert now(page, "support-ka") == after
    assert tops(page) == places


def tops(page: Page) -> list[float]:
    """Where each contact begins."""
    found: list[float] = page.locator("section:visible dt").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().top)"
    )
    return found


def test_the_place_of_what_is_told_is_kept_for_it(opened):
    page = opened("#en")
    places = tops(page)
    page.locator("[data-service]").evaluate_all("all => all.forEach(each => each.replaceChildren())")
    assert tops(page) == places
    page.locator("[data-service]").evaluate_all("all => all.forEach(each => { each.style.minHeight = 0 })")
    assert tops(page) != places


def test_a_page_that_slept_over_a_change_tells_it_when_it_is_seen_again(opened):
    page = opened("#en", now="2026-11-20T13:00:00Z")
    page.clock.set_system_time("2026-11-20T14:00:00Z")
    assert now(page, "support-ka").startswith("Open now")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert now(page, "support-ka").startswith("Closed now")


def test_hours_in_a_zone_that_the_browser_does_not_know_are_there_as_text(contexts, file, tmp_path):
    page = contexts().new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    other = tmp_path / "other.html"
    other.write_text(
        file.read_text("utf-8").replace(
            '"support-ka":{"zone":"Europe/Moscow"', '"support-ka":{"zone":"Europe/Atlantis"'
        ),
        "utf-8",
    )
    page.goto(f"{other.as_uri()}#en")
    assert now(page, "support-ka") == ""
    assert now(page, "support-en-ru") == "Open now"
    assert missing(page, "en") == []
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", LANGUAGES)
def test_axe_finds_nothing(opened, locale, scheme):
    page = opened(f"#{locale}", color_scheme=scheme, bypass_csp=True, now=None)
    assert findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_all_five_are_there(opened, scheme):
    page = opened(color_scheme=scheme, bypass_csp=True, now=None)
    page.locator("html").evaluate("html => html.removeAttribute('data-locale')")
    assert page.locator("section:visible").count() == 5
    assert findings(page) == []


@pytest.mark.parametrize(("scheme", "faint"), [("light", "#ccc"), ("dark", "#333")])
def test_a_text_too_faint_to_read_is_found(opened, scheme, faint):
    """The control."""
    page = opened("#en", color_scheme=scheme, bypass_csp=True, now=None)
    page.locator("#en .now").first.evaluate("(place, faint) => { place.firstChild.style.color = faint }", faint)
    assert any(found.startswith("color-contrast:") for found in findings(page))


@pytest.mark.parametrize("locale", LANGUAGES)
def test_it_can_be_used_at_320_pixels(opened, locale):
    page = opened(f"#{locale}", viewport=NARROW)
    assert not is_wider_than_the_window(page)
    assert missing(page, locale) == []
    page.locator("main").evaluate("main => { main.style.width = '400px' }")
    assert is_wider_than_the_window(page)


def test_a_finger_hits_every_link(opened):
    page = opened("#ka", viewport=PHONE, has_touch=True, is_mobile=True)
    heights = page.locator("a:visible").evaluate_all("all => all.map(each => each.getBoundingClientRect().height)")
    assert len(heights) == 11
    assert min(heights) >= 44


def test_no_request_leaves_the_file_and_its_policy_would_stop_one(contexts, file):
    page = contexts().new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(file.as_uri())
    page.clock.run_for(3_600_000)
    assert asked == [file.as_uri()]
    assert said == []
    with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        page.evaluate("document.body.append(Object.assign(new Image(), { src: 'https://example.com/x.png' }))")
    assert asked == [file.as_uri(), "https://example.com/x.png"]


def test_on_paper_there_are_the_contacts_and_nothing_to_click(opened):
    page = opened("#uk")
    expect(page.locator("nav")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("nav")).to_be_hidden()
    assert missing(page, "uk") == []


def served(route: Route) -> None:
    """The site's page and what Vite built for it, under the site's policy."""
    path = urlsplit(route.request.url).path
    if path == "/contacts/":
        content = contacts.page(assets_of(ENTRY))
        route.fulfill(body=content, content_type="text/html", headers={"Content-Security-Policy": POLICY})
    else:
        route.fulfill(path=BUILT / path.lstrip("/"))


@pytest.mark.usefixtures("file")
def test_the_sites_page_tells_the_same_under_the_sites_policy(contexts):
    context = contexts()
    context.route(f"{SITE}/**", served)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{SITE}/contacts/#en")
    assert missing(page, "en") == []
    assert now(page, "support-ka") == "Closed now, again on Monday at 9:00 (your time)"
    expect(page.locator("#en").get_by_role("link", name="Questions and answers")).to_have_attribute("href", "/faq/en/")
    assert said == []
    with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        page.evaluate("document.body.append(Object.assign(document.createElement('script'), { text: '1' }))")


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize("lost", ["js", "css"])
def test_the_sites_page_is_whole_when_its_script_or_its_styles_do_not_come(contexts, lost):
    context = contexts()
    context.route(f"{SITE}/**", served)
    context.route(f"{SITE}/**/*.{lost}", lambda route: route.abort())
    page = context.new_page()
    page.goto(f"{SITE}/contacts/#ru")
    assert missing(page, "ru") == []
