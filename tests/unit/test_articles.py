"""The knowledge base's files: what is taken, and every fault that stops the build."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from pages.articles import Faults, read
from pages.knowledge import Knowledge
from pages.texts import NAMES, preferred, texts

LOCALES = ("ka", "en", "ru", "uk", "pl")
SECTION = """
order = {order}
articles = [{articles}]
[title]
ka = "მიმართვები"
en = "Cases"
ru = "Обращения"
uk = "Звернення"
pl = "Powiadomienia"
"""
ARTICLE = """---
title: {title}
summary: What it is about.
keywords: [case, ticket]
updated: 2026-11-27
---
{body}
"""
Write = Callable[..., Path]


@pytest.fixture
def kb(tmp_path: Path) -> Path:
    folder = tmp_path / "kb"
    write_section(folder, "cases")
    write(folder, "cases/file")
    return folder


def write_section(kb: Path, name: str, *articles: str, order: int = 10) -> Path:
    path = kb / name / "section.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SECTION.format(order=order, articles=", ".join(f'"{each}"' for each in articles)), "utf-8")
    return path


def write(kb: Path, id_: str, locale: str = "en", *, title: str = "The file", body: str = "A file.") -> Path:
    path = kb / id_ / f"{locale}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ARTICLE.format(title=title, body=body), "utf-8")
    return path


def picture(kb: Path, where: str) -> Path:
    path = kb / where
    drawn = BytesIO()
    Image.new("RGB", (30, 20), "teal").save(drawn, "PNG")
    path.write_bytes(drawn.getvalue())
    return path


def faults(kb: Path) -> list[str]:
    """What is wrong, without the folder's own name."""
    try:
        Knowledge(kb, read(kb))
    except Faults as found:
        return [line.replace(f"{kb.resolve()}/", "").replace(f"{kb}/", "") for line in found.lines]
    return []


def html(kb: Path, id_: str = "cases/file", locale: str = "en") -> str:
    knowledge = Knowledge(kb, read(kb))
    article = next(each for each in knowledge.articles if each.id == id_)
    return knowledge.page(article, locale).html  # type: ignore[arg-type]  # one of the five


def test_a_whole_knowledge_base_has_no_fault(kb):
    assert faults(kb) == []


@pytest.mark.parametrize("missing", ["title", "summary", "keywords", "updated"])
def test_an_article_without_one_of_its_facts_stops_the_build(kb, missing):
    path = write(kb, "cases/file")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(missing)))
    assert faults(kb) == [f"cases/file/en.md: Object missing required field `{missing}`"]


@pytest.mark.parametrize("title", ["''", "'   '", "[a, list]"])
def test_an_empty_title_stops_the_build(kb, title):
    write(kb, "cases/file", title=title)
    assert "`$.title`" in faults(kb)[0]


def test_an_article_without_front_matter_stops_the_build(kb):
    write(kb, "cases/file").write_text("Only text.\n")
    assert "between two `---` lines" in faults(kb)[0]


def test_an_article_without_text_stops_the_build(kb):
    write(kb, "cases/file", body="")
    assert faults(kb) == ["cases/file/en.md: has no text"]


def test_an_unknown_language_stops_the_build(kb):
    write(kb, "cases/file", "de")
    assert faults(kb) == ["cases/file/de.md: its name must be one of ka, en, ru, uk, pl"]


def test_a_folder_that_cannot_be_an_address_stops_the_build(kb):
    write(kb, "cases/The_File")
    assert faults(kb) == ["cases/The_File: its name may hold a-z, 0-9 and single hyphens only"]


def test_a_section_without_a_title_in_a_language_stops_the_build(kb):
    path = write_section(kb, "cases")
    path.write_text(path.read_text("utf-8").replace("pl =", "de ="), "utf-8")
    assert faults(kb)[0].startswith("cases/section.toml: ")


def test_a_section_that_names_an_article_that_is_not_there_stops_the_build(kb):
    write_section(kb, "cases", "file", "gone")
    assert faults(kb) == ["cases/section.toml: names the article gone, which is not there"]


def test_all_faults_are_told_at_once(kb):
    write(kb, "cases/one", body="[there](../gone/en.md)")
    write(kb, "cases/two", body="![](gone.png)")
    assert len(faults(kb)) == 3


def test_sections_and_articles_come_in_their_order(kb):
    write_section(kb, "cases", "later", "file", order=20)
    write(kb, "cases/later")
    write(kb, "cases/another")
    write_section(kb, "answers", order=10)
    write(kb, "answers/pop-up")
    sections = read(kb)
    assert [section.id for section in sections] == ["answers", "cases"]
    assert [each.name for each in sections[1].articles] == ["later", "file", "another"]


@pytest.mark.parametrize("href", ["../gone/en.md", "../gone/", "/faq/gone/", "//evil.example/", "ftp://example.com/"])
def test_a_broken_link_stops_the_build(kb, href):
    write(kb, "cases/file", body=f"[there]({href})")
    (found,) = faults(kb)
    assert href in found


def test_a_scripts_address_is_no_link(kb):
    write(kb, "cases/file", body="[there](javascript:alert(1))")
    assert "<a" not in html(kb)
    write(kb, "cases/file", body="[there](https://example.com/)")
    assert "<a" in html(kb)


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("../hours/en.md", "/faq/en/cases/hours/"),
        ("../hours/en.md#night", "/faq/en/cases/hours/#night"),
        ("/contacts/", "/contacts/"),
        ("#part", "#part"),
        ("https://example.com/", "https://example.com/"),
        ("mailto:info@example.com", "mailto:info@example.com"),
    ],
)
def test_a_good_link_is_taken(kb, href, address):
    """The control."""
    write(kb, "cases/hours")
    write(kb, "cases/file", body=f"[there]({href})")
    assert faults(kb) == []
    assert f'href="{address}"' in html(kb)


def test_a_link_leads_to_the_readers_own_language(kb):
    write(kb, "cases/hours")
    write(kb, "cases/file", body="[there](../hours/en.md)")
    assert 'href="/faq/uk/cases/hours/"' in html(kb, locale="uk")


def test_a_missing_picture_stops_the_build_and_one_that_is_there_travels_along(kb):
    write(kb, "cases/file", body="![A tile](tile.png)")
    assert faults(kb) == ["cases/file/en.md: the picture tile.png is missing"]
    content = picture(kb, "cases/file/tile.png").read_bytes()
    knowledge = Knowledge(kb, read(kb))
    ((where, travelled),) = knowledge.pictures.items()
    assert where.startswith("/faq/media/cases/file/tile.")
    assert travelled == content
    assert f'src="{where}"' in html(kb)
    assert 'width="30"' in html(kb)


def test_a_picture_without_a_text_stops_the_build(kb):
    picture(kb, "cases/file/tile.png")
    write(kb, "cases/file", body="![](tile.png)")
    assert faults(kb) == ["cases/file/en.md: the picture tile.png has no text for who cannot see it"]


def test_a_picture_outside_the_knowledge_base_is_not_taken(kb):
    picture(kb.parent, "secret.png")
    write(kb, "cases/file", body="![A tile](../../../secret.png)")
    assert faults(kb) == ["cases/file/en.md: the picture ../../../secret.png is missing"]


def test_what_only_looks_like_a_picture_is_not_taken(kb):
    (kb / "cases" / "file" / "tile.png").write_text("<svg onload=alert(1)>")
    write(kb, "cases/file", body="![A tile](tile.png)")
    assert len(faults(kb)) == 1


@pytest.mark.parametrize("body", ["# A title", "##### Too deep"])
def test_a_heading_of_a_wrong_level_stops_the_build(kb, body):
    write(kb, "cases/file", body=body)
    assert "two to four #" in faults(kb)[0]


def test_headings_can_be_linked_to_each_by_an_id_of_its_own(kb):
    write(kb, "cases/file", body="## კარი\n\n### Part\n\n## Part\n")
    assert [part in html(kb) for part in ('id="კარი"', 'id="part"', 'id="part-2"')] == [True] * 3


@pytest.mark.parametrize("name", ["hours", "phones", "emails", "importances", "statuses"])
@pytest.mark.parametrize("locale", LOCALES)
def test_a_table_of_the_catalogs_facts_stands_where_it_is_named(kb, name, locale):
    write(kb, "cases/file", locale, body=f"Before.\n\n[[{name}]]\n\nAfter [[{name}]] that.")
    written = html(kb, locale=locale)
    assert written.count("<table>") == 1
    assert f"[[{name}]]" in written


def test_an_unknown_table_stops_the_build(kb):
    write(kb, "cases/file", body="[[prices]]")
    assert "[[prices]] is not one of emails, hours" in faults(kb)[0]


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<style>*{}</style>"])
def test_html_in_an_article_is_text(kb, evil):
    write(kb, "cases/file", body=f"Before {evil} after\n\n{evil}")
    assert faults(kb) == []
    assert "&lt;" in html(kb)
    assert not any(f"<{tag}" in html(kb) for tag in ("script", "img", "style"))


@pytest.mark.parametrize(("exist", "shown"), [("ka", "ka"), ("pl", "pl"), ("ru pl", "ru"), ("en ru pl", "en")])
def test_a_missing_translation_shows_the_next_best_language(kb, exist, shown):
    (kb / "cases" / "file" / "en.md").unlink()
    for locale in exist.split():
        write(kb, "cases/file", locale, body=f"In {locale}.")
    assert f"In {shown}." in html(kb, locale="uk")
    write(kb, "cases/file", "uk", body="In uk.")
    assert "In uk." in html(kb, locale="uk")


@pytest.mark.parametrize("locale", LOCALES)
def test_each_language_has_all_others_to_fall_back_on(locale):
    assert sorted(preferred(locale)) == sorted(LOCALES)
    assert preferred(locale)[0] == locale


def test_what_pages_say_is_there_in_each_language():
    assert {len(vars(texts(locale))) for locale in NAMES} == {len(vars(texts("en")))}


def test_the_projects_own_articles_have_no_fault():
    """Ten articles in five languages."""
    knowledge = Knowledge(Path(__file__).parents[2] / "kb", read(Path(__file__).parents[2] / "kb"))
    lacking = [
        f"{each.id} in {locale}" for each in knowledge.articles for locale in LOCALES if locale not in each.texts
    ]
    assert lacking == []
    assert len(knowledge.articles) >= 10
