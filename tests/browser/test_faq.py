"""The knowledge base in Chromium, as the site serves it: read, searched, voted on, and read without any script."""

import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page, Response, expect

from pages.site import KB, SITE
from tests.browser.conftest import NARROW, PHONE, findings, is_wider_than_the_window
from tests.conftest import Running
from tests.html import html_faults

LOCALES = ("ka", "en", "ru", "uk", "pl")
ARTICLE = "requests/importance"
ARTICLES = sorted(path.parent.relative_to(KB).as_posix() for path in KB.glob("*/*/en.md"))
PATHS = [
    *(f"/faq/{locale}/{rest}" for locale in LOCALES for rest in ("", *(f"{each}/" for each in ARTICLES))),
    *("/", "/faq/", "/404.html"),
]
SOME = [path for path in PATHS if "/faq/ka/" in path or path.count("/") < 4]
"""Those of one language, and those that are in no section."""
SEARCHES = {
    "ka": ("ფაილს", "requests/file"),
    "en": ("files", "requests/file"),
    "ru": ("файлов", "requests/file"),
    "uk": ("файлом", "requests/file"),
    "pl": ("pliku", "requests/file"),
}
"""A word as it does not stand in the title, and what it finds first."""
Open = Callable[..., Page]


@pytest.fixture
def faq(running: Running, open_page: Open) -> Open:
    """Opens a page of the site by its path."""

    def opened(path: str, **options: object) -> Page:
        # Readers' votes are limited by their address, so each test has one of its own.
        reader = {"X-Forwarded-For": f"2001:db8:{uuid.uuid4().hex[:4]}::1"}
        return open_page(f"{running.facts['site_url']}{path}", extra_http_headers=reader, **options)

    return opened


def search(page: Page, query: str) -> None:
    page.get_by_role("searchbox").fill(query)


def hits(page: Page) -> list[str]:
    """The addresses of what was found, once something is said about it."""
    expect(page.locator(".search .state")).not_to_be_empty()
    return [str(each.get_attribute("href")) for each in page.locator(".hits a").all()]


def answers(page: Page, path: str, do: Callable[[], None]) -> Response:
    """What the API answered to what the page asked of it."""
    with page.expect_response(lambda response: response.url.endswith(path)) as caught:
        do()
    return caught.value


@pytest.mark.usefixtures("running")
def test_every_page_is_valid_html():
    pages = sorted(SITE.rglob("*.html"))
    assert len(pages) >= 5 * 11
    assert html_faults(*pages) == []


def test_a_fault_of_a_page_is_found(tmp_path: Path):
    """The control."""
    broken = tmp_path / "broken.html"
    broken.write_text((SITE / "faq/en/index.html").read_text("utf-8").replace("</main>", "</div>"), "utf-8")
    assert html_faults(broken)


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing_on_a_page(faq, path):
    assert findings(faq(path, bypass_csp=True)) == []


@pytest.mark.parametrize("path", SOME)
def test_axe_finds_nothing_on_a_page_in_the_dark(faq, path):
    assert findings(faq(path, color_scheme="dark", bypass_csp=True)) == []


@pytest.mark.parametrize("path", SOME)
def test_what_is_pressed_is_as_large_as_a_finger_on_a_phone(faq, path):
    """What stands in a line of text is not held to it."""
    page = faq(path, viewport=PHONE, has_touch=True, is_mobile=True)
    pressed = "nav a, .home, .crumbs a, .articles a, .similar a, .bottom a, .choose a, button, input"
    assert smaller_than(44, page, pressed) == []
    assert smaller_than(60, page, pressed)


def smaller_than(pixels: int, page: Page, selector: str) -> list[str]:
    """What is shown and lower than that."""
    return [
        str(each.inner_text())
        for each in page.locator(selector).all()
        if (box := each.bounding_box()) and box["height"] < pixels
    ]


def test_axe_finds_nothing_among_what_was_found(faq):
    page = faq("/faq/uk/", bypass_csp=True)
    search(page, "файл")
    assert hits(page)
    assert findings(page) == []


def test_what_axe_would_find_is_found(faq):
    """The control."""
    page = faq("/faq/en/", bypass_csp=True)
    page.locator("label").evaluate("label => label.remove()")
    assert any(found.startswith("label:") for found in findings(page))


@pytest.mark.parametrize("path", PATHS)
def test_a_page_can_be_used_in_a_window_of_320_pixels(faq, path):
    page = faq(path, viewport=NARROW)
    assert not is_wider_than_the_window(page)
    for table in page.locator(".table").all():
        assert table.evaluate("table => table.scrollWidth <= table.clientWidth")
    page.locator("main").evaluate("main => main.style.width = '400px'")
    assert is_wider_than_the_window(page)


def test_nothing_is_asked_of_anybody_else_and_the_content_policy_stops_nothing(open_page, running):
    page = open_page("about:blank")
    asked: list[str] = []
    said: list[ConsoleMessage] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message))  # noqa: PLW0108 - Playwright sets attributes of it
    for path in PATHS:
        page.goto(f"{running.facts['site_url']}{path}")
    page.goto(f"{running.facts['site_url']}/faq/ru/")
    search(page, "файл")
    assert hits(page)
    assert [url for url in asked if not url.startswith(f"{running.facts['site_url']}/")] == []
    assert [each.text for each in said] == []
    with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        page.evaluate("document.body.append(Object.assign(new Image(), {src: 'https://example.com/x.png'}))")


@pytest.mark.parametrize("locale", LOCALES)
def test_an_inflected_word_finds_its_article_first_with_the_match_marked(faq, locale):
    word, wanted = SEARCHES[locale]
    page = faq(f"/faq/{locale}/")
    search(page, word)
    assert hits(page)[0] == f"/faq/{locale}/{wanted}/"
    expect(page.locator(".hits mark").first).to_be_visible()
    expect(page.locator(".hits li").first.locator("p")).not_to_be_empty()


def test_what_was_searched_is_there_again_on_the_way_back(faq):
    page = faq("/faq/en/")
    search(page, "file")
    found = hits(page)
    assert "file" not in page.url
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".hits a").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{found[0]}*")
    page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value("file")
    assert hits(page) == found


def test_enter_leads_to_what_the_box_holds_now_however_fast_it_was_typed(faq):
    page = faq("/faq/en/")
    search(page, "file")
    hits(page)
    search(page, "deleted answer")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".hits a").first).to_be_focused()
    expect(page.locator(".hits a").first).to_have_attribute("href", "/faq/en/answers/deleted/")


def test_many_hits_are_said_to_be_more_than_are_shown(faq):
    page = faq("/faq/en/")
    search(page, "case")
    assert len(hits(page)) == 8
    expect(page.locator(".search .state")).to_have_text("Articles found: 8+")
    search(page, "screenshot recording")
    expect(page.locator(".search .state")).not_to_contain_text("+")
    expect(page.locator(".search .state")).to_have_text(f"Articles found: {page.locator('.hits a').count()}")


def test_a_search_that_finds_nothing_says_what_to_do_and_is_counted_once_without_its_words(faq):
    page = faq("/faq/pl/")
    counted = answers(page, "/v1/faq/misses", lambda: search(page, "zzzqqq xxyy"))
    assert counted.status == 204
    assert counted.request.post_data_json == {"locale": "pl"}
    assert hits(page) == []
    expect(page.locator(".search .state")).to_contain_text("Nowe powiadomienie")


def test_a_search_that_could_not_be_loaded_says_so_and_works_again_later(faq):
    page = faq("/faq/en/")
    page.route("**/search.json", lambda route: route.abort())
    search(page, "file")
    expect(page.locator(".search .state")).to_contain_text("could not be loaded")
    page.unroute("**/search.json")
    search(page, "files")
    expect(page.locator(".hits li").first).to_be_visible()


@pytest.mark.parametrize(("button", "helpful"), [("Yes", True), ("No", False)])
def test_a_vote_is_counted_and_thanked_for(faq, button, helpful):
    page = faq(f"/faq/en/{ARTICLE}/")
    counted = answers(page, "/v1/faq/votes", page.get_by_role("button", name=button).click)
    assert counted.status == 204
    assert counted.request.post_data_json == {"article": ARTICLE, "locale": "en", "helpful": helpful}
    expect(page.locator(".vote .state")).to_contain_text("Thank you")
    expect(page.locator(".vote .state")).to_be_focused()
    expect(page.get_by_role("button", name="Yes")).to_be_hidden()
    page.reload()
    expect(page.locator(".vote .state")).to_contain_text("Thank you")
    expect(page.get_by_role("button", name="Yes")).to_be_hidden()
    page.goto(page.url.replace(ARTICLE, "requests/file"))
    expect(page.get_by_role("button", name="Yes")).to_be_visible()


def test_one_vote_too_many_is_thanked_for_like_the_others(faq):
    page = faq(f"/faq/en/{ARTICLE}/")
    page.route("**/v1/faq/votes", lambda route: route.fulfill(status=429))
    page.get_by_role("button", name="Yes").click()
    expect(page.locator(".vote")).to_contain_text("Thank you")


def test_a_link_to_the_contacts_keeps_the_language(faq):
    page = faq("/faq/ka/reach/sign-in/")
    page.locator("article a[href^='/contacts/']").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "ka")


@pytest.mark.parametrize("locale", LOCALES)
def test_a_page_says_which_language_it_is_in(faq, locale):
    page = faq(f"/faq/{locale}/{ARTICLE}/")
    expect(page.locator("html")).to_have_attribute("lang", locale)
    expect(page.locator(".languages [aria-current]")).to_have_attribute("lang", locale)


def test_a_vote_that_could_not_be_sent_can_be_sent_again(faq):
    page = faq(f"/faq/en/{ARTICLE}/")
    page.route("**/v1/faq/votes", lambda route: route.fulfill(status=503))
    page.get_by_role("button", name="Yes").click()
    expect(page.locator(".vote")).to_contain_text("try again")
    page.unroute("**/v1/faq/votes")
    assert answers(page, "/v1/faq/votes", page.get_by_role("button", name="Yes").click).status == 204


@pytest.mark.parametrize("locale", LOCALES)
def test_without_scripts_everything_can_be_read(faq, locale):
    page = faq(f"/faq/{locale}/", java_script_enabled=False)
    expect(page.get_by_role("searchbox")).to_be_hidden()
    links = page.locator(".articles a")
    assert links.count() >= 10
    links.nth(2).click()
    page.wait_for_url(re.compile(rf"/faq/{locale}/{ARTICLE}/"))
    expect(page.locator("article table")).to_be_visible()
    expect(page.locator(".vote")).to_be_hidden()
    page.locator(".languages a", has_text="Polski").click()
    page.wait_for_url(f"**/faq/pl/{ARTICLE}/")


def test_similar_articles_stand_below_each(faq):
    page = faq(f"/faq/en/{ARTICLE}/")
    similar = page.locator(".similar a")
    assert 1 <= similar.count() <= 3
    similar.first.click()
    expect(page.locator("article h1")).to_be_visible()
