"""The whole site built from a knowledge base: what every language is shown, and what a fault leaves as it was."""

import json
from pathlib import Path

import pytest

import pages.site
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
    assert 'data-article="cases/only-pl" data-locale="pl"' in page, "a vote is on the text that was read"
    assert '<article lang="pl">' in page
    assert f'<html lang="{locale}">' in page
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
    contents = read(site, f"/faq/{locale}/")
    foreign = {} if locale in {"pl", "ka"} else {"cases/only-pl": "pl"}
    assert f'href="/faq/{locale}/cases/only-pl/"' in contents
    assert ("(Polski)" in contents) == bool(foreign)
    assert (f'href="/faq/{locale}/cases/only-pl/" lang="pl"' in contents) == bool(foreign)
    pointer = json.loads((site / f"faq/{locale}/search.json").read_text("utf-8"))
    assert pointer["foreign"] == foreign
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


@pytest.mark.usefixtures("site")
def test_an_imported_article_names_its_source_if_that_is_an_address(kb):
    path = write(kb, "cases/imported")
    written = path.read_text("utf-8")
    for source, is_link in (("https://wiki.example/x", True), ("javascript:alert(1)", False), ("import:wiki/x", False)):
        path.write_text(written.replace("updated:", f"source: {source}\nupdated:"), "utf-8")
        page = read(build_site(kb, kb.parent / "imported"), "/faq/en/cases/imported/")
        assert (f'href="{source}"' in page) == is_link
        assert ("27 November 2026" in page, "javascript" in page) == (True, False)
    path.unlink()
    path.parent.rmdir()


def test_the_site_is_built_anew_only_where_a_source_of_it_changed(tmp_path, monkeypatch):
    built: list[str] = []
    source = tmp_path / "source.md"

    def build() -> None:
        built.append(source.read_text())
        (tmp_path / "site").mkdir(exist_ok=True)

    source.write_text("a")
    monkeypatch.setattr(pages.site, "SITE", tmp_path / "site")
    monkeypatch.setattr(pages.site, "_STAMP", tmp_path / "site.digest")
    monkeypatch.setattr(pages.site, "digest_of", lambda _: source.read_text())
    monkeypatch.setattr(pages.site, "build_site", build)
    for text in ("a", "a", "b", "b", "a"):
        source.write_text(text)
        pages.site.ensure_site()
    assert built == ["a", "b", "a"]


def test_a_fault_leaves_the_site_as_it_was(kb, site):
    before = {each: each.read_bytes() for each in site.rglob("*") if each.is_file()}
    broken = write(kb, "cases/broken", body="[there](../gone/en.md)")
    with pytest.raises(Faults, match="leads to no article"):
        build_site(kb, site)
    broken.unlink()
    broken.parent.rmdir()
    assert {each: each.read_bytes() for each in site.rglob("*") if each.is_file()} == before
