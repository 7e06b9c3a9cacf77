"""The whole site built from a knowledge base: what every language is shown, and what a fault leaves as it was."""

import json
from pathlib import Path

import pytest

from pages.articles import Faults
from pages.site import build_site
from tests.unit.test_articles import LOCALES, picture, write, write_section


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two articles of which one is in Polish and Georgian only, and one whose picture travels along."""
    folder = tmp_path_factory.mktemp("site") / "kb"
    write_section(folder, "cases", "only-pl", "whole")
    for locale in ("pl", "ka"):
        write(folder, "cases/only-pl", locale, title="Faktura zaliczkowa", body="O fakturze i zapłacie.")
    for locale in LOCALES:
        write(folder, "cases/whole", locale, title=f"Whole {locale}", body="![A tile](tile.png)")
    picture(folder, "cases/whole/tile.png")
    return folder


@pytest.fixture(scope="module")
def site(kb: Path) -> Path:
    return build_site(kb, kb.parent / "site")


def read(site: Path, address: str) -> str:
    return (site / address.lstrip("/") / "index.html").read_text("utf-8")


@pytest.mark.parametrize("locale", ["en", "ru", "uk"])
def test_a_missing_translation_is_shown_in_the_next_best_language_and_says_so(site, locale):
    page = read(site, f"/faq/{locale}/cases/only-pl/")
    assert "Faktura zaliczkowa" in page
    assert "O fakturze i zapłacie." in page
    assert '<article lang="pl">' in page
    notice = page.partition('class="notice"')[2].partition("</div>")[0]
    assert "Polski" in notice
    for exists in ("pl", "ka"):
        assert f'href="/faq/{exists}/cases/only-pl/"' in notice


@pytest.mark.parametrize("locale", ["pl", "ka"])
def test_an_article_in_the_readers_language_says_nothing_of_others(site, locale):
    """The control."""
    page = read(site, f"/faq/{locale}/cases/only-pl/")
    assert 'class="notice"' not in page
    assert "<article>" in page


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_not_translated_is_listed_and_found_all_the_same(site, locale):
    assert f'href="/faq/{locale}/cases/only-pl/"' in read(site, f"/faq/{locale}/")
    pointer = json.loads((site / f"faq/{locale}/search.json").read_text("utf-8"))
    assert "cases/only-pl" in (site / pointer["index"].lstrip("/")).read_text("utf-8")


@pytest.mark.parametrize("locale", LOCALES)
def test_similar_articles_stand_below_each_and_never_the_article_itself(site, locale):
    for name, other in (("only-pl", "whole"), ("whole", "only-pl")):
        similar = read(site, f"/faq/{locale}/cases/{name}/").partition('class="similar"')[2]
        assert f'href="/faq/{locale}/cases/{other}/"' in similar
        assert f"cases/{name}/" not in similar.partition("</section>")[0]


def test_pictures_travel_along_and_addresses_lead_to_files(site):
    page = read(site, "/faq/en/cases/whole/")
    addresses = [part.split('"')[0] for part in page.split('="/')[1:]]
    assert any(address.startswith("faq/media/cases/whole/tile.") for address in addresses)
    missing = [each for each in addresses if not (site / each.partition("#")[0]).exists()]
    assert missing == []


def test_the_same_sources_build_the_same_site(kb, site):
    again = build_site(kb, kb.parent / "again")
    files = {each.relative_to(site): each.read_bytes() for each in site.rglob("*") if each.is_file()}
    assert {each.relative_to(again): each.read_bytes() for each in again.rglob("*") if each.is_file()} == files


def test_a_fault_leaves_the_site_as_it_was(kb, site):
    before = {each: each.read_bytes() for each in site.rglob("*") if each.is_file()}
    broken = write(kb, "cases/broken", body="[there](../gone/en.md)")
    with pytest.raises(Faults, match="leads to no article"):
        build_site(kb, site)
    broken.unlink()
    broken.parent.rmdir()
    assert {each: each.read_bytes() for each in site.rglob("*") if each.is_file()} == before
