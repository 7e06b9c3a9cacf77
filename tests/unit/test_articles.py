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


@pytest.mark.parametrize(
    "href",
    [
        *("../gone/en.md", "../gone/", "/faq/gone/", "//evil.example/", "ftp://example.com/", "x%00.md"),
        *("#nowhere", "#content", "../file/en.md#part", "/contacts/#nowhere"),
    ],
)
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
        ("/contacts/", "/contacts/#en"),
        ("/faq/en/", "/faq/en/"),
        ("#part", "#part"),
        ("#%E1%83%99%E1%83%90%E1%83%A0%E1%83%98", "#%E1%83%99%E1%83%90%E1%83%A0%E1%83%98"),
        ("https://example.com/", "https://example.com/"),
        ("mailto:info@example.com", "mailto:info@example.com"),
    ],
)
def test_a_good_link_is_taken(kb, href, address):
    """The control."""
    write(kb, "cases/hours")
    write(kb, "cases/file", body=f"[there]({href})\n\n## Part\n\n## კარი")
    assert faults(kb) == []
    assert f'href="{address}"' in html(kb)


def test_a_link_leads_to_the_readers_own_language(kb):
    write(kb, "cases/hours")
    write(kb, "cases/file", body="[there](../hours/en.md), [all](/faq/en/), [us](/contacts/)")
    for address in ("/faq/uk/cases/hours/", "/faq/uk/", "/contacts/#uk"):
        assert f'href="{address}"' in html(kb, locale="uk")


def test_a_missing_picture_stops_the_build_and_one_that_is_there_travels_along(kb):
    write(kb, "cases/file", body="![A tile](tile.png)")
    assert faults(kb) == ["cases/file/en.md: the picture tile.png is missing, or none that browsers show"]
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
    assert faults(kb) == ["cases/file/en.md: the picture ../../../secret.png is missing, or none that browsers show"]


def test_what_only_looks_like_a_picture_is_not_taken(kb):
    (kb / "cases" / "file" / "tile.png").write_text("<svg onload=alert(1)>")
    write(kb, "cases/file", body="![A tile](tile.png)")
    assert len(faults(kb)) == 1


@pytest.mark.parametrize("name", ["a#1.png", "tile.tiff", "tile.svg", "x%00.png"])
def test_a_picture_that_would_not_arrive_is_not_taken(kb, name):
    picture(kb, f"cases/file/{name.replace('%00', '')}.png").rename(kb / "cases" / "file" / name.replace("%00", ""))
    write(kb, "cases/file", body=f"![A tile]({name.replace('#', '%23')})")
    assert len(faults(kb)) == 1
    picture(kb, "cases/file/tile.png")
    write(kb, "cases/file", body="![A tile](tile.png)")
    assert faults(kb) == []


def test_half_a_picture_is_not_taken(kb):
    path = picture(kb, "cases/file/tile.png")
    path.write_bytes(path.read_bytes()[:45])
    write(kb, "cases/file", body="![A tile](tile.png)")
    assert len(faults(kb)) == 1


@pytest.mark.parametrize("body", ["### Part", "## Part\n\n#### Part", "##"])
def test_headings_leave_out_no_level_and_are_not_empty(kb, body):
    write(kb, "cases/file", body=f"Text.\n\n{body}\n\nText.")
    assert len(faults(kb)) == 1
    write(kb, "cases/file", body="Text.\n\n## Part\n\n### Part\n\n#### Part\n\n## Part")
    assert faults(kb) == []


@pytest.mark.parametrize("id_", ["content", "contents", "helpful", "query"])
def test_a_heading_takes_no_id_of_the_page_around_it(kb, id_):
    write(kb, "cases/file", body=f"## {id_.capitalize()}")
    assert f'id="{id_}-2"' in html(kb)
    assert f'id="{id_}"' not in html(kb)


def test_a_file_that_is_not_utf_8_stops_the_build(kb):
    write(kb, "cases/file").write_bytes("---\ntitle: ფაილი".encode("utf-16"))
    assert "cases/file/en.md: is not UTF-8" in faults(kb)


def test_a_text_beside_the_articles_stops_the_build(kb):
    (kb / "cases" / "en.md").write_text("Lost.")
    assert faults(kb) == ["cases: has a text beside its articles: each has a folder of its own"]


def test_a_sections_folder_that_cannot_be_an_address_stops_the_build(kb):
    write_section(kb, "The Cases")
    write(kb, "The Cases/file")
    assert faults(kb) == ["The Cases: its name may hold a-z, 0-9 and single hyphens only"]


def test_an_article_that_is_named_twice_stands_there_once(kb):
    write_section(kb, "cases", "file", "file")
    assert [each.id for each in Knowledge(kb, read(kb)).articles] == ["cases/file"]


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


def test_a_table_of_the_catalogs_facts_is_in_the_language_of_its_article(kb):
    for locale, word in (("ka", "კრიტიკული"), ("pl", "Krytyczna")):
        write(kb, "cases/file", locale, body="[[importances]]")
        assert word in html(kb, locale=locale)


def test_a_table_is_named_after_the_heading_above_it(kb):
    write(kb, "cases/file", body='## "Hours"\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n## More\n\n[[hours]]')
    assert 'aria-label="&quot;Hours&quot;"' in html(kb)
    assert 'aria-label="More"' in html(kb)


def test_whatever_html_comes_out_is_cleaned(kb, monkeypatch):
    """Nothing lets a script in today; this is for the day on which something does."""
    monkeypatch.setattr("pages.knowledge.tables", lambda _: {"hours": "<table></table><script>alert(1)</script>"})
    write(kb, "cases/file", body="[[hours]]")
    assert "<table>" in html(kb)
    assert "script" not in html(kb)


def test_an_unknown_table_stops_the_build(kb):
    write(kb, "cases/file", body="[[prices]]")
    assert "[[prices]] is not one of emails, hours" in faults(kb)[0]


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<style>*{}</style>"])
def test_html_in_an_article_is_text(kb, evil):
    write(kb, "cases/file", body=f"Before {evil} after\n\n{evil}")
    assert faults(kb) == []
    assert "&lt;" in html(kb)
    assert not any(f"<{tag}" in html(kb) for tag in ("script", "img", "style"))


@pytest.mark.parametrize(
    ("reads", "order"),
    [
        ("ka", "ka en ru uk pl"),
        ("en", "en ru uk pl ka"),
        ("ru", "ru en uk pl ka"),
        ("uk", "uk en ru pl ka"),
        ("pl", "pl en uk ru ka"),
    ],
)
def test_a_missing_translation_shows_the_next_best_language(kb, reads, order):
    for locale in LOCALES:
        write(kb, "cases/file", locale, body=f"In {locale}.")
    for locale in order.split():
        assert f"In {locale}." in html(kb, locale=reads)
        (kb / "cases" / "file" / f"{locale}.md").unlink()


def test_a_search_knows_an_articles_keywords(kb):
    knowledge = Knowledge(kb, read(kb))
    told = knowledge.source(knowledge.by_id["cases/file"], "uk")
    assert told["keywords"] == ["case", "ticket"]
    assert (told["title"], told["summary"], told["body"]) == ("The file", "What it is about.", "A file.")


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
