"""An existing wiki's export becomes articles that build, and nothing outside of it is ever touched."""

import base64
import os
import re
import shutil
import struct
import tomllib
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from bs4 import BeautifulSoup
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chalicelib.domain.text import LANGUAGES
from pages import articles, importing, markdown
from pages.importing import export
from pages.importing.document import parse
from pages.importing.markdown import write
from pages.importing.names import slug, unique

WIKI = Path(__file__).parents[1] / "cases/wiki"
SAMPLES: Mapping[str, dict[str, str]] = {"confluence": {"locale": "ka"}, "bookstack": {}, "wikijs": {}}
"""The sample exports, and what must be said of them."""


def png(side: int = 2) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * (side + 1) * side)) + chunk(b"IEND", b"")


def page(body: str = "<p>Text.</p>", *, head: str = "", lang: str = "en") -> str:
    return f'<html lang="{lang}"><head>{head}</head><body>{body}</body></html>'


def put(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


class Import:
    """An export in a folder of its own, the knowledge base beside it, and what the last import said."""

    def __init__(self, root: Path) -> None:
        self.folder, self.kb = root / "export", root / "kb"
        self.folder.mkdir(parents=True)
        self.kb.mkdir()
        self.said: Mapping[str, str] = {}
        self.report = importing.Report()

    def __call__(self, files: Mapping[str, str | bytes] | None = None, **said: str) -> "Import":
        put(self.folder, files or {})
        self.said = said
        self.report = run(self.folder, self.kb, **said)
        return self

    @property
    def files(self) -> set[str]:
        """The articles' files."""
        return {each.relative_to(self.kb).as_posix() for each in self.kb.rglob("*.md")}

    @property
    def state(self) -> dict[str, tuple[bytes, int]]:
        """Everything in the knowledge base, and when it was written."""
        found = (each for each in self.kb.rglob("*") if each.is_file())
        return {each.relative_to(self.kb).as_posix(): (each.read_bytes(), each.stat().st_mtime_ns) for each in found}

    def facts(self, path: str) -> dict[str, Any]:
        facts: dict[str, Any] = yaml.safe_load((self.kb / path).read_text("utf-8").split("---\n")[1])
        return facts

    def body(self, path: str) -> str:
        return (self.kb / path).read_text("utf-8").split("---\n", 2)[2]

    def section(self, id_: str) -> dict[str, Any]:
        return tomllib.loads((self.kb / id_ / "section.toml").read_text("utf-8"))

    def reasons(self, path: str) -> str:
        return "; ".join(each.reason for each in self.report.skipped if each.path == path)


def run(folder: Path, kb: Path, **said: str) -> importing.Report:
    return importing.run(
        folder, kb, locale=said.get("locale"), section=said.get("section"), address=said.get("address")
    )


@pytest.fixture
def wiki(tmp_path):
    return Import(tmp_path)


@pytest.fixture(params=SAMPLES)
def sample(request, tmp_path):
    one = Import(tmp_path)
    shutil.copytree(WIKI / request.param, one.folder, dirs_exist_ok=True)
    return one({}, **SAMPLES[request.param])


def faults(kb: Path) -> Iterable[str]:
    """What the builder would find wrong."""
    around = markdown.Surroundings(
        link=lambda path: "/faq/" if path.is_file() and path.suffix == ".md" else None,
        picture=lambda path: ("/faq/media/", 1, 1) if path.is_file() else None,
        tables={},
        pages={},
    )
    for article in articles.articles(articles.read(kb)):
        for each in article.texts.values():
            yield from markdown.render(each.path, each.body, around)[1]


# What becomes of an export


def test_every_sample_export_builds(sample):
    assert sample.report.taken
    assert list(faults(sample.kb)) == []


def test_a_broken_link_would_not_build(sample):
    first = sample.kb / min(sample.files)
    first.write_text(first.read_text("utf-8") + "\n[nowhere](../nowhere/en.md)\n", "utf-8")
    assert list(faults(sample.kb)) != []


def test_importing_a_sample_again_changes_nothing(sample):
    before = sample.state
    again = run(sample.folder, sample.kb, **sample.said)
    assert {each.change for each in again.taken} == {"unchanged"}
    assert sample.state == before


def test_confluence_becomes_a_section_of_articles(tmp_path):
    kb = tmp_path / "kb"
    report = run(WIKI / "confluence", kb, locale="ka")
    assert [each.file for each in report.taken] == [
        "hotel/invoisis-gadakhda/ka.md",
        "hotel/pasebi-da-tavisupali-nomrebi/ka.md",
    ]
    section = tomllib.loads((kb / "hotel/section.toml").read_text("utf-8"))
    assert section["title"]["ka"] == "სასტუმროს დახმარება"
    assert section["articles"] == ["pasebi-da-tavisupali-nomrebi", "invoisis-gadakhda"]
    assert (kb / "hotel/invoisis-gadakhda/ka.md").read_text("utf-8") == (
        "---\n"
        "title: ინვოისის გადახდა\n"
        "summary: ინვოისი იხდება ბარათით ან საბანკო გადარიცხვით.\n"
        "keywords: []\n"
        "updated: 2025-03-05\n"
        "source: import:confluence/HOTEL/131074.html\n"
        "---\n"
        "ინვოისი იხდება ბარათით ან საბანკო გადარიცხვით. თანხა ორ დღეში აისახება.\n\n"
        "## გადახდა\n\n"
        "1. გახსენით **ინვოისები**.\n"
        "   - აირჩიეთ ინვოისი.\n"
        "2. დააჭირეთ ღილაკს .\n\n"
        "![ინვოისის გადახდა](131080.png)\n\n"
        "### საკომისიო\n\n"
        "| ხერხი | საკომისიო |\n"
        "| --- | --- |\n"
        "| ბარათი \\| ონლაინ | 1% |\n\n"
        "```bash\ncurl https://pms.example/invoices\n# [[hours]]\n```\n\n"
        "\\[\\[hours\\]\\]\n\n"
        "იხილეთ [ფასები](../pasebi-da-tavisupali-nomrebi/ka.md), ხელშეკრულება და ძველი გვერდი.\n"
    )


def test_bookstack_keeps_code_tables_and_pictures_within_the_page(tmp_path):
    kb = tmp_path / "kb"
    run(WIKI / "bookstack", kb)
    article = (kb / "faktury/platnosci-karta/pl.md").read_text("utf-8")
    assert "title: Płatności kartą\nsummary: Kartą zapłaci każdy gość, np. przy wyjeździe.\n" in article
    assert "keywords: [karta, płatność]\n" in article
    assert "## Terminal\n\n![Ekran \\[terminala\\]](picture.png)\n\n````bash\npms pay --card\n```\n````\n" in article
    assert "Użyj pola \\*Uwagi\\* i przycisku \\<Zapłać>." in article
    assert (
        "[zwrot pieniędzy](../../goscie/zwrot-pieniedzy/pl.md), [pomoc](https://pms.example/pomoc?a=1&b=2)" in article
    )
    refund = (kb / "goscie/zwrot-pieniedzy/pl.md").read_text("utf-8")
    assert "| Karta | 3 dni |\n| --- | --- |\n| Karta | 5 dni w święta |\n" in refund


def test_markdown_in_three_languages_becomes_one_article(tmp_path):
    kb = tmp_path / "kb"
    report = run(WIKI / "wikijs", kb, address="https://wiki.example")
    folder = kb / "billing/paying-an-invoice"
    assert sorted(each.name for each in folder.iterdir()) == ["en.md", "invoice-form.png", "ru.md", "uk.md"]
    assert "source: https://wiki.example/en/billing/invoice\n" in (folder / "en.md").read_text("utf-8")
    assert "[Зміна договору](../changing-the-contract/en.md)" in (folder / "uk.md").read_text("utf-8")
    section = tomllib.loads((kb / "billing/section.toml").read_text("utf-8"))
    assert section["articles"] == ["paying-an-invoice", "changing-the-contract"]
    assert section["title"]["en"] == "Billing and payments"
    assert ("uploads/unused.png", "is a picture that no page shows") in report.skipped


# Languages


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("a/page.html", page(lang=""), {"locale": "ka"}),
        ("a/page.html", page(lang="en"), {"locale": "ka"}),
        ("a/page.html", page(lang="ka-GE"), {}),
        ("ka/a/page.html", page(lang="en"), {}),
        ("a/ka/page.html", page(lang="en"), {"locale": "ru"}),
        ("a/page.ka.html", page(lang="en"), {}),
        ("a/page.md", "---\nlang: ka\n---\nText.", {}),
    ],
    ids=["--locale", "--locale before lang", "lang", "folder", "folder before --locale", "file", "front matter"],
)
def test_the_language_is_told_by_path_then_locale_then_the_page(wiki, path, content, said):
    assert wiki({path: content}, **said).files == {"a/page/ka.md"}


def test_a_page_of_no_known_language_is_asked_for_before_anything_is_written(wiki):
    files = {"a/one.html": page(lang=""), "a/two.html": page(lang="en")}
    with pytest.raises(importing.CannotImport, match=r"a/one\.html.*--locale"):
        wiki(files)
    assert wiki.state == {}
    assert wiki(locale="en").files == {"a/one/en.md", "a/two/en.md"}


def test_a_page_in_a_sixth_language_is_not_taken(wiki):
    wiki({"a/de.html": page(lang="de"), "a/pl.html": page(lang="pl")})
    assert wiki.files == {"a/pl/pl.md"}
    assert "is in de" in wiki.reasons("a/de.html")


def test_only_the_same_path_in_another_language_is_the_same_article(wiki):
    wiki({"en/a/pay.md": "# Pay\n\nText.", "ka/a/pay.md": "# გადახდა\n\nტექსტი.", "ka/a/other.md": "# სხვა\n\nტექსტი."})
    assert wiki.files == {"a/pay/en.md", "a/pay/ka.md", "a/skhva/ka.md"}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"locale": "de"}, "--locale de"),
        ({"section": "No Id"}, "--section"),
        ({"section": "../up"}, "--section"),
        ({"address": "wiki.example"}, "--address"),
        ({"address": "javascript://x"}, "--address"),
    ],
)
def test_what_is_said_must_be_possible(wiki, said, why):
    files = {"a/page.html": page()}
    with pytest.raises(importing.CannotImport, match=why):
        wiki(files, **said)
    assert wiki(locale="en", section="an-id", address="https://wiki.example").files == {"an-id/page/en.md"}


def test_an_archive_is_not_unpacked(wiki):
    put(wiki.folder, {"export.zip": b"PK\x03\x04", "a/page.html": page()})
    with pytest.raises(importing.CannotImport, match="unpacked first"):
        run(wiki.folder / "export.zip", wiki.kb)
    assert "unpack it first" in wiki().reasons("export.zip")
    assert wiki.files == {"a/page/en.md"}


def test_the_knowledge_base_does_not_import_itself(wiki):
    put(wiki.folder, {"a/page.html": page()})
    with pytest.raises(importing.CannotImport, match="in each other"):
        run(wiki.folder, wiki.folder / "kb")
    assert wiki().files == {"a/page/en.md"}


# Titles, summaries, keywords, days


@pytest.mark.parametrize(
    ("content", "title"),
    [
        (page("<h1>First</h1><p>Text.</p>", head="<title>Window</title>"), "Window"),
        (page("<h1>First</h1><p>Text.</p>", head="<title>First - My wiki</title>"), "First"),
        (page("<h1>First</h1><p>Text.</p>", head="<title>First [My wiki]</title>"), "First"),
        (page("<h1> First \n <i>one</i></h1><p>Text.</p>"), "First one"),
        (page("<h2>Second</h2><p>Text.</p>"), "Some page"),
        (page(head="<title>One - two</title>"), "One - two"),
    ],
)
def test_the_title_is_the_window_s_without_the_wiki_s_name_or_the_first_heading_or_the_file_s(wiki, content, title):
    wiki({"a/some_page.html": content})
    (file,) = wiki.files
    assert wiki.facts(file)["title"] == title


def test_front_matter_knows_the_title_best(wiki):
    wiki({"a/x.md": "---\ntitle: Stated\n---\n# First\n\nText.", "a/y.md": "# First\n\nText."}, locale="en")
    assert wiki.facts("a/stated/en.md")["title"] == "Stated"
    assert wiki.body("a/stated/en.md") == "## First\n\nText.\n"
    assert wiki.facts("a/first/en.md")["title"] == "First"
    assert wiki.body("a/first/en.md") == "Text.\n"


@pytest.mark.parametrize(
    ("windows", "titles"),
    [
        (("One - Help - Wiki", "Two - Wiki"), {"One - Help", "Two"}),
        (("Space : One", "Space : Two"), {"One", "Two"}),
        (("one [Wiki]", "two [Wiki]"), {"one", "two"}),
        (("One - Wiki", "Two - Other"), {"One - Wiki", "Two - Other"}),
        (("One - Wiki", "Two"), {"One - Wiki", "Two"}),
    ],
)
def test_what_all_windows_share_is_the_wiki_s_name(wiki, windows, titles):
    wiki({f"a/{n}.html": page(head=f"<title>{each}</title>") for n, each in enumerate(windows)})
    assert {wiki.facts(file)["title"] for file in wiki.files} == titles


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("One sentence. Another.", "One sentence."),
        ("Pay by card, e.g. here. Then go.", "Pay by card, e.g. here."),
        ("Готово! Дальше.", "Готово!"),
        ("Без точки", "Без точки"),
        ("First<!-- x -->ly<br>then <b>bol</b>d", "Firstly then bold"),
        ("ab cd " * 40, "ab cd " * 26 + "ab\u2026"),
        ("a" * 200, "a" * 159 + "\u2026"),
    ],
)
def test_the_summary_is_the_first_sentence_cut_between_words(wiki, text, summary):
    wiki({"a/page.html": page(f"<table><tr><td>Cell.</td></tr></table><p>{text}</p>")})
    assert wiki.facts("a/page/en.md")["summary"] == summary
    assert len(summary) <= 160


def test_keywords_are_the_page_s_own(wiki):
    wiki(
        {
            "a/meta.html": page(head='<meta name="keywords" content="one, two , one,">'),
            "a/list.md": "---\nlang: en\ntags: [one, 2, {three: 3}]\n---\nText.",
            "a/none.html": page(),
        }
    )
    assert wiki.facts("a/meta/en.md")["keywords"] == ["one", "two"]
    assert wiki.facts("a/list/en.md")["keywords"] == ["one", "2"]
    assert wiki.facts("a/none/en.md")["keywords"] == []


def test_the_day_is_the_page_s_or_else_the_file_s(wiki):
    put(
        wiki.folder,
        {
            "a/meta.html": page(head='<meta property="article:modified_time" content="2024-05-06T23:00:00+04:00">'),
            "a/front.md": "---\nlang: en\ndate: 2024-05-07T08:09:10.000Z\n---\nText.",
            "a/none.html": page(head='<meta name="date" content="yesterday">'),
            "a/wrong.html": page('<div class="page-metadata">on Foo 41, 2024</div><p>Text.</p>'),
        },
    )
    at = datetime(2023, 2, 1, 12, tzinfo=UTC).timestamp()
    for name in ("none", "wrong"):
        os.utime(wiki.folder / f"a/{name}.html", (at, at))
    wiki()
    assert wiki.facts("a/meta/en.md")["updated"] == date(2024, 5, 6)
    assert wiki.facts("a/front/en.md")["updated"] == date(2024, 5, 7)
    assert wiki.facts("a/none/en.md")["updated"] == wiki.facts("a/wrong/en.md")["updated"] == date(2023, 2, 1)


def test_a_draft_is_not_taken(wiki):
    text = "---\nlang: en\npublished: {}\n---\nText."
    wiki({"a/draft.md": text.format("false"), "a/done.md": text.format("true")})
    assert wiki.files == {"a/done/en.md"}
    assert wiki.reasons("a/draft.md") == "is a draft"


def test_front_matter_that_cannot_be_read_is_told(wiki):
    wiki({"a/x.md": "---\ntitle: [\n---\nText.", "a/y.md": "---\nno: facts\n---\nText."}, locale="en")
    assert wiki.files == {"a/y/en.md"}
    assert "not YAML" in wiki.reasons("a/x.md")


def test_front_matter_may_stand_in_a_comment_as_wiki_js_keeps_it_in_html(wiki):
    told = "<!--\ntitle: Stated\nlang: en\ndate: 2024-05-06\n-->\n"
    wiki({"a/x.html": f"{told}<p>Text.</p>", "a/y.html": "<!--\n: [ no facts\n-->" + page()})
    assert wiki.facts("a/stated/en.md")["updated"] == date(2024, 5, 6)
    assert wiki.body("a/stated/en.md") == wiki.body("a/y/en.md") == "Text.\n"


def test_a_front_matter_bomb_stays_small(wiki):
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    wiki({"a/x.md": f"---\n{bomb}title: *i\ntags: *i\ndate: *i\nupdated: *i\n---\n# Text\n\nText."}, locale="en")
    assert wiki.facts("a/text/en.md")["keywords"] == []


# The article


def body_of(wiki: Import, content: str) -> str:
    wiki({"a/page.html": content})
    (file,) = wiki.files
    return wiki.body(file)


@pytest.mark.parametrize(
    "main",
    [
        '<div id="main-content">{}</div>',
        '<div id="mw-content-text">{}</div>',
        '<div class="page-content">{}</div>',
        "<main>{}</main>",
        "<article>{}</article>",
    ],
)
def test_only_the_main_part_is_taken(wiki, main):
    assert body_of(wiki, page(f"<div>Menu</div>{main.format('<p>Text.</p>')}<div>Legal</div>")) == "Text.\n"


def test_without_a_main_part_it_is_the_page_without_what_surrounds_it(wiki):
    around = "<nav>N</nav><header>H</header><p>Text.</p><footer>F</footer><script>S</script><style>T</style>"
    assert body_of(wiki, page(around)) == "Text.\n"
    assert body_of(wiki, page("<div>N</div><p>Text.</p>")) == "N\n\nText.\n"


def test_of_two_main_parts_none_is_lost(wiki):
    assert body_of(wiki, page("<article>One.</article><article>Two.</article>")) == "One.\n\nTwo.\n"


@pytest.mark.parametrize(
    ("levels", "expected"),
    [("123", "234"), ("222", "222"), ("46", "23"), ("3235", "2234"), ("12345", "23444"), ("1414", "2323")],
)
def test_headings_begin_at_the_second_level_and_leave_none_out(wiki, levels, expected):
    told = body_of(
        wiki, page("".join(f"<h{n}>H{i}</h{n}><p>T</p>" for i, n in enumerate(levels)), head="<title>X</title>")
    )
    assert "".join(str(len(each)) for each in re.findall("^#+", told, re.MULTILINE)) == expected


def test_a_heading_is_not_bold_twice(wiki):
    told = body_of(wiki, page("<h2><strong>Part</strong> <b>one</b></h2><p><b>Bold.</b></p>"))
    assert told == "## Part one\n\n**Bold.**\n"


def test_marks_that_are_no_markdown_go(wiki):
    wiki({"a/x.md": "> One.\n{.is-info}\n\n> Two {.is-info .big}\n\n:::tip\nThree {x}.\n:::"}, locale="en")
    assert wiki.body("a/x/en.md") == "> One.\n\n> Two\n\nThree {x}.\n"


@pytest.mark.parametrize("name", ["hours", "phones", "emails", "importances", "statuses"])
@pytest.mark.parametrize("place", ["<p>{}</p>", "<blockquote>{}</blockquote>", "<p>A<br>{}</p>", "<pre>{}</pre>"])
def test_an_instruction_of_ours_in_an_export_stays_text(wiki, name, place):
    wiki({"a/page.html": page(place.format(f"[[{name}]]"))})
    around = markdown.Surroundings(lambda _: None, lambda _: None, {name: "<p>A TABLE</p>"}, {})
    body = wiki.body("a/page/en.md")
    assert f"[[{name}]]" in markdown.render(Path("x"), body, around)[0].text
    assert "A TABLE" in markdown.render(Path("x"), f"[[{name}]]\n", around)[0].text


LINE = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")) | st.sampled_from(" \\`*_[]<>#|~=+-!&;:().1a\n")
)


@given(LINE)
@example("1. a")
@example("&amp; &#35;")
@example("a\\")
@example("![x](y) [z]: q")
@example("a | b\n:-")
def test_text_stays_text_whatever_it_looks_like(text):
    soup = BeautifulSoup("<p></p><p>end</p>", "html.parser")
    assert soup.p
    soup.p.string = text
    html = MarkdownIt("commonmark").enable("table").render(write(soup))
    shown = BeautifulSoup(html, "html.parser")
    assert shown.get_text(" ").split() == [*text.split(), "end"]
    assert {tag.name for tag in shown.find_all(True)} == {"p"}


@given(LINE.filter(str.strip), LINE.filter(str.strip))
def test_code_stays_code_whatever_stands_in_it(code, other):
    soup = parse("x.html", "<pre></pre><p>end</p>").soup
    assert soup.pre
    soup.pre.string = f"{code}\n{other}"
    shown = BeautifulSoup(MarkdownIt("commonmark").render(write(soup)), "html.parser")
    assert shown.pre
    assert shown.pre.get_text().strip("\n") == f"{code}\n{other}".strip("\n")
    assert [tag.name for tag in shown.find_all(True)] == ["pre", "code", "p"]


def test_marks_that_are_no_markdown_go_and_stay_in_code():
    marked = "::: note\nrender {.name}\n![a](b.png =10x20)"
    content = parse("x.md", f"{marked}\n\n```\n{marked}\n```\n").soup
    assert content.pre
    assert content.pre.get_text().strip() == marked
    content.pre.decompose()
    assert not any(each in str(content) for each in (":::", "{.name}", "=10x20"))


@pytest.mark.parametrize(
    ("facts", "is_taken"),
    [
        ("published: !!bool foo", False),
        ("updated: !!timestamp foo", False),
        (f"title: 0x{'f' * 6000}", True),
        ("title: 204", True),
    ],
)
def test_odd_front_matter_ends_no_import(wiki, facts, is_taken):
    wiki({"a/x.md": f"---\n{facts}\n---\n# Text\n\nText.", "a/y.md": "# Other\n\nText."}, locale="en")
    assert "a/other/en.md" in wiki.files
    assert (len(wiki.files) == 2) == is_taken


def test_a_section_that_cannot_be_read_is_told_before_anything_is_written(wiki):
    broken = wiki.kb / "own" / "section.toml"
    broken.parent.mkdir()
    broken.write_text("order = ")
    with pytest.raises(importing.CannotImport, match="mend it first"):
        wiki({"a/y.md": "# Other\n\nText."}, locale="en")
    assert wiki.files == set()
    broken.write_text("order = 10")
    assert wiki(locale="en").files == {"a/other/en.md"}


@pytest.mark.parametrize("charset", ["undefined", "unicode_escape"])
def test_an_encoding_that_is_none_ends_no_import_and_leaves_no_empty_file(wiki, charset):
    told = f'<meta charset="{charset}"><title>X</title><p>\\ud800 '.encode() + b"\xff</p>"
    wiki({"a/x.html": told, "a/y.md": "# Other\n\nText."}, locale="en")
    assert wiki.files == {"a/other/en.md"}
    assert "which it says it is" in wiki.reasons("a/x.html")


def test_cells_over_a_few_rows_are_repeated_and_those_that_would_make_much_of_little_are_not(wiki):
    row = "<tr><td rowspan=2>over two</td><td>1</td></tr><tr><td>2</td></tr>"
    assert body_of(wiki, page(f"<table>{row}</table>")).count("over two") == 2
    many = "<tr>" + "<td rowspan=99>much</td>" * 20 + "</tr>" + "<tr><td>x</td></tr>" * 99
    wiki({"a/many.html": page(f"<table>{many}</table>")})
    assert wiki.body(next(each for each in wiki.files if "many" in each or "text" in each.lower())).count("much") >= 20


def test_control_characters_stay_out(wiki):
    told = page("<p>Te&#27;xt.</p><pre>a&#13;b\n\tc</pre><pre> </pre>")
    assert body_of(wiki, told) == "Text.\n\n```\nab\n\tc\n```\n"
    assert wiki().report.taken[0].change == "unchanged"


def test_code_in_a_table_stays_in_its_cell(wiki):
    told = body_of(
        wiki,
        page("<table><tr><th>A</th><th>B</th></tr><tr><td><code>a|b</code></td><td><pre>c\nd</pre></td></tr></table>"),
    )
    assert told == "| A | B |\n| --- | --- |\n| `a\\|b` | `c d` |\n"


@pytest.mark.parametrize("number", ["\u00b2", "\u00bd", "1" * 5000, "-1", "many"])
def test_a_number_that_is_none_does_no_harm(wiki, number):
    told = '<ol start="{0}"><li>A</li></ol><table><tr><th colspan="{0}" rowspan="{0}">B</th></tr></table>'
    assert body_of(wiki, page(told.format(number))) == "1. A\n\n| B |\n| --- |\n"
    assert body_of(wiki, page(told.format(2))) == "2. A\n\n| B | |\n| --- | --- |\n"


def test_tables_that_are_only_layout_fall_apart(wiki):
    told = body_of(
        wiki, page("<table><tr><td>Left<table><tr><th>A</th></tr><tr><td>1</td></tr></table></td></tr></table>")
    )
    assert told == "Left\n\n| A |\n| --- |\n| 1 |\n"


@pytest.mark.parametrize("tag", ["video", "audio", "iframe", "object", "svg", "del"])
def test_what_an_article_cannot_hold_is_left_out_and_told(wiki, tag):
    assert body_of(wiki, page(f"<p>Text.</p><{tag}>Inside</{tag}>")) == "Text.\n"
    assert "was left out" in wiki.reasons("a/page.html")
    assert body_of(wiki, page("<p>Text.</p><p>Inside</p>")) == "Text.\n\nInside\n"
    assert wiki.reasons("a/page.html") == ""


def test_a_page_without_text_is_told(wiki):
    wiki({"a/empty.html": page("<h1>Empty</h1>"), "a/full.html": page("<h1>Full</h1><p>Text.</p>")})
    assert wiki.files == {"a/full/en.md"}
    assert wiki.reasons("a/empty.html") == "has no text"


# Links


@pytest.mark.parametrize(
    ("href", "told"),
    [
        ("other.html", "[x](../other/en.md)"),
        ("./other.html#part", "[x](../other/en.md)"),
        ("/a/other", "[x](../other/en.md)"),
        ("%6fther.html", "[x](../other/en.md)"),
        ("..\\b\\far.html", "[x](../../b/far/en.md)"),
        ("https://wiki.example/a/other.html", "[x](../other/en.md)"),
        ("https://elsewhere.example/a b(c)", "[x](https://elsewhere.example/a%20b%28c%29)"),
        ("//elsewhere.example/", "[x](https://elsewhere.example/)"),
        ("mailto:info@otelms.com", "[x](mailto:info@otelms.com)"),
        ("gone.html", "[x](https://wiki.example/a/gone.html)"),
        ("#part", "x"),
        ("../../etc/passwd", "x"),
        ("%2e%2e/%2e%2e/etc/passwd", "x"),
        ("javascript:alert(1)", "x"),
        ("file:///etc/passwd", "x"),
        ("http://[", "x"),
    ],
)
def test_a_link_leads_to_the_article_or_to_the_wiki_or_nowhere(wiki, href, told):
    files = {"a/page.html": page(f'<p><a href="{href}">x</a></p>'), "a/other.html": page(), "b/far.html": page()}
    assert wiki(files, address="https://wiki.example").body("a/page/en.md") == f"{told}\n"
    is_told = told == "x" or "gone" in href
    assert bool(wiki.reasons("a/page.html")) == (is_told and href != "#part")


def test_without_an_address_what_was_not_taken_is_no_longer_linked(wiki):
    files = {"a/page.html": page('<p><a href="gone.html">x</a></p>')}
    assert wiki(files).body("a/page/en.md") == "x\n"
    assert "gone.html leads to what was not taken" in wiki.reasons("a/page.html")
    with_own = page('<p><a href="gone.html">x</a></p>', head='<link rel="canonical" href="https://w.example/a/p">')
    wiki({"a/own.html": with_own})
    assert wiki.body("a/own/en.md") == "[x](https://w.example/a/gone.html)\n"


def test_a_link_to_a_page_of_another_language_is_kept(wiki):
    wiki({"en/a/one.md": "[x](two.md)", "ru/a/two.html": page("<h1>Два</h1><p>Два.</p>")})
    assert wiki.body("a/one/en.md") == "[x](../dva/ru.md)\n"


def test_a_mark_before_a_link_makes_no_picture_of_it(wiki):
    assert body_of(wiki, page('<p>Go!<a href="https://x.example/">x</a></p>')) == "Go\\![x](https://x.example/)\n"


# Pictures


def data(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


@pytest.mark.parametrize(
    ("src", "name"),
    [
        ("shot.png", "shot.png"),
        ("/img/My%20Shot%20(1).PNG", "my-shot-1.png"),
        ("../img/экран.png", "ekran.png"),
        ("https://wiki.example/img/%D1%8D%D0%BA%D1%80%D0%B0%D0%BD.png", "ekran.png"),
        ("photo.jpeg", "photo.jpg"),
        ("wrong-ending.gif", "wrong-ending.png"),
        (data("png", png()), "picture.png"),
        ("data:image/gif,GIF89a%00", "picture.gif"),
    ],
)
def test_a_picture_is_copied_beside_its_article(wiki, src, name):
    files: dict[str, str | bytes] = {"a/page.html": page(f'<p>Text. <img src="{src}" alt="What it shows"></p>')}
    files |= dict.fromkeys(["a/shot.png", "img/My Shot (1).PNG", "img/экран.png", "a/wrong-ending.gif"], png())
    wiki(files | {"a/photo.jpeg": b"\xff\xd8\xff\xe0"}, address="https://wiki.example/")
    assert wiki.body("a/page/en.md") == f"Text. ![What it shows]({name})\n"
    assert (wiki.kb / "a/page" / name).is_file()


@pytest.mark.parametrize(
    ("src", "why"),
    [
        ("missing.png", "is not in the export"),
        ("../../secret.png", "leads out"),
        ("%2e%2e/%2e%2e/secret.png", "leads out"),
        ("/../secret.png", "leads out"),
        ("outside.png", "is not in the export"),
        ("https://cdn.example/x.png", "nothing is fetched"),
        ("file:///etc/passwd", "nothing is fetched"),
        ("http://[", "no address"),
        ("drawing.svg", "no kind that is taken"),
        ("text.png", "is not png"),
        ("large.png", "is larger than"),
        (data("svg+xml", b"<svg/>"), "is not png"),
        (data("png", b"<svg/>"), "is not png"),
        ("data:image/png;base64,????", "is not base64"),
    ],
    ids=lambda each: each[:30],
)
def test_a_picture_that_cannot_be_taken_is_left_out_and_told(wiki, src, why):
    put(wiki.folder.parent, {"secret.png": png(3)})
    files: dict[str, str | bytes] = {
        "a/text.png": "text",
        "a/drawing.svg": "<svg/>",
        "a/large.png": png() + bytes(export.MAX_BYTES),
        "a/shot.png": png(),
    }
    put(wiki.folder, files)
    (wiki.folder / "a/outside.png").symlink_to(wiki.folder.parent / "secret.png")
    wiki({"a/page.html": page(f'<p>Text.<img src="{src}"><img src="shot.png"></p>')})
    assert wiki.body("a/page/en.md") == "Text.![Shot](shot.png)\n"
    assert why in wiki.reasons("a/page.html")
    assert [each.name for each in wiki.kb.rglob("*.png")] == ["shot.png"]


def test_two_pictures_of_one_name_are_both_kept(wiki):
    shows = '<p>Text.<img src="one/x.png"><img src="two/x.png"><img src="one/x.png"></p>'
    wiki({"a/page.html": page(shows), "a/one/x.png": png(1), "a/two/x.png": png(2)})
    assert wiki.body("a/page/en.md") == "Text.![X](x.png)![X](x-2.png)![X](x.png)\n"


def test_a_picture_of_somebody_else_is_not_overwritten(wiki):
    put(wiki.kb, {"a/page/x.png": png(3)})
    put(wiki.kb, {"a/page/en.md": "---\nsource: import:export/a/page.html\n---\nOld."})
    wiki({"a/page.html": page('<p>Text.<img src="x.png"></p>'), "a/x.png": png(1)})
    assert wiki.body("a/page/en.md") == "Text.![X](x-2.png)\n"
    assert (wiki.kb / "a/page/x.png").read_bytes() == png(3)


def test_a_picture_s_words_cannot_end_it(wiki):
    put(wiki.folder, {"a/x.png": png()})
    told = body_of(wiki, page('<p>T.<img src="x.png" alt="a](b) &lt;c"></p>'))
    assert told == "T.![a\\](b) \\<c](x.png)\n"


# What may not be read


def test_a_link_on_the_disk_is_not_followed(wiki):
    outside = put(wiki.folder.parent / "outside", {"secret.html": page("<p>Secret.</p>")})
    put(wiki.folder, {"a/page.html": page()})
    (wiki.folder / "a/secret.html").symlink_to(outside / "secret.html")
    (wiki.folder / "b").symlink_to(outside)
    wiki()
    assert wiki.files == {"a/page/en.md"}
    assert "not followed" in wiki.reasons("a/secret.html")
    assert "not followed" in wiki.reasons("b")
    (wiki.folder / "a/secret.html").unlink()
    assert wiki({"a/secret.html": page("<p>No secret.</p>")}).files == {"a/page/en.md", "a/secret/en.md"}


def test_a_page_of_more_than_five_megabytes_is_told(wiki):
    most = page("<p>Text.</p>")
    wiki({"a/more.html": most + "x" * export.MAX_BYTES, "a/most.html": most})
    assert wiki.files == {"a/most/en.md"}
    assert "larger than 5 MB" in wiki.reasons("a/more.html")


@pytest.mark.parametrize("path", ["a/deep.html", "a/deep.md"])
def test_a_page_too_deep_to_be_written_is_told(wiki, path):
    def deep(levels: int) -> str:
        return "<div>" * levels + "<p>Text.</p>" + "</div>" * levels

    wiki({path: deep(20_000)}, locale="en")
    assert "deep" in wiki.reasons(path)
    assert wiki({path: deep(80)}, locale="en").files == {"a/deep/en.md"}


@pytest.mark.parametrize("blank", [" ", "\t", "&#32;"])
def test_a_page_of_blanks_is_not_worked_on_for_minutes(wiki, blank):
    assert body_of(wiki, page(f"<p>A{blank * 100_000}b.</p><pre>A{'  '}b.</pre>")) == "A b.\n\n```\nA  b.\n```\n"


def test_an_attached_file_is_told(wiki):
    wiki({"a/page.html": page(), "a/contract.pdf": b"%PDF-", "a/site.css": "p {}", "a/x.svg": "<svg/>"})
    assert "attached file" in wiki.reasons("a/contract.pdf")
    assert "look" in wiki.reasons("a/site.css")
    assert "png, jpg, gif or webp" in wiki.reasons("a/x.svg")
    assert wiki.reasons("a/page.html") == ""


def test_hidden_files_are_nobody_s_business(wiki):
    wiki({"a/page.html": page(), ".git/x.html": page(), "a/.draft.html": page()})
    assert wiki.files == {"a/page/en.md"}
    assert wiki.reasons(".git/x.html") == wiki.reasons("a/.draft.html") == ""


def encoded(charset: str, named: str) -> bytes:
    return page("<p>Привіт, світе.</p>", head=f'<meta charset="{named}">', lang="uk").encode(charset)


@pytest.mark.parametrize(
    ("charset", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("windows-1251", "windows-1251"),
        ("koi8-u", "KOI8-U"),
        ("utf-8", "latin-1"),
    ],
)
def test_the_encoding_is_utf_8_or_what_the_page_says(wiki, charset, named):
    wiki({"a/page.html": encoded(charset, named)})
    assert wiki.body("a/page/uk.md") == "Привіт, світе.\n"


@pytest.mark.parametrize("named", ["", "utf-8", "nothing-known", "zip"])
def test_a_page_of_no_known_encoding_is_told(wiki, named):
    wiki({"a/page.html": encoded("windows-1251", named)})
    assert wiki.files == set()
    assert re.search("UTF-8|which it says", wiki.reasons("a/page.html"))
    assert wiki({"a/page.html": encoded("windows-1251", "windows-1251")}).files == {"a/page/uk.md"}


def test_what_a_report_says_moves_no_terminal(wiki):
    wiki({"a/page.html": page('<p><a href="x\x1b[2J.html">x</a></p>'), "a/\x1b[2J.html": page()})
    assert "\x1b" in "".join(f"{each.path}{each.reason}" for each in wiki.report.skipped)
    assert all(line.isprintable() for line in wiki.report.lines())


def test_the_report_says_what_became_of_each_page(wiki):
    assert wiki({"a/page.html": page(), "a/contract.pdf": b"%PDF-"}).report.lines() == [
        "Taken: 1 (1 new, 0 updated, 0 unchanged)",
        "  a/page.html -> a/page/en.md",
        "Not taken: 2",
        "  a/contract.pdf: is an attached file: articles are text and pictures",
        "  a/section.toml: its title in ka, en, ru, uk, pl is not in the export: write it there",
    ]


# Sections and articles


def test_a_section_is_the_top_folder_with_the_title_of_its_index(wiki):
    wiki(
        {
            "my_topic/index.html": page(head="<title>My topic, titled</title>"),
            "my_topic/deep/er/x.html": page(),
            "other/x.html": page(),
            "x.html": page(),
        }
    )
    assert wiki.files == {"my-topic/my-topic-titled/en.md", "my-topic/x/en.md", "other/x/en.md", "export/x/en.md"}
    assert wiki.section("my-topic")["title"] == dict.fromkeys(LANGUAGES, "My topic, titled")
    assert wiki.section("other")["title"] == dict.fromkeys(LANGUAGES, "Other")
    assert "ka, ru, uk, pl is not in the export" in wiki.reasons("my-topic/section.toml")


def test_sections_follow_those_that_are_there(wiki):
    put(wiki.kb, {"mine/section.toml": "order = 25\n"})
    wiki({"a/x.html": page(), "b/x.html": page()})
    assert [wiki.section(each)["order"] for each in ("mine", "a", "b")] == [25, 30, 40]


def test_one_section_can_take_all(wiki):
    put(wiki.kb, {"mine/section.toml": "order = 10\n"})
    wiki({"a/x.html": page(), "b/x.html": page(), "y.html": page()}, section="mine")
    assert wiki.files == {"mine/x/en.md", "mine/x-2/en.md", "mine/y/en.md"}
    assert wiki.section("mine") == {"order": 10}


def test_two_pages_that_differ_in_their_ending_are_two_articles(wiki):
    wiki({"a/x.html": page("<p>One.</p>"), "a/x.md": "Two."}, locale="en")
    assert {wiki.body(file) for file in wiki.files} == {"One.\n", "Two.\n"}


def test_an_index_without_pages_makes_no_section(wiki):
    links = '<a href="http://[">x</a><a href="../../x">x</a><a href="a/x.html">Page x</a>'
    wiki({"index.html": page(links), "b/index.html": page(links), "a/x.html": page(), "a/index.html": page(links)})
    assert sorted(each.name for each in wiki.kb.iterdir()) == ["a"]


def test_an_index_is_an_article_only_when_it_says_something(wiki):
    links = '<ul><li><a href="x.html">Page x</a></li></ul>'
    wiki({"a/index.html": page(links), "b/index.html": page(f"<p>Read this first.</p>{links}"), "a/x.html": page()})
    assert wiki.files == {"a/x/en.md", "b/index/en.md"}
    assert wiki.reasons("a/index.html") == "is an index without a text of its own"


def test_a_section_of_somebody_else_is_left_alone(wiki):
    put(wiki.kb, {"a/section.toml": "order = 10\n", "a/own/en.md": "---\ntitle: Own\n---\nText.\n"})
    before = wiki.state
    wiki({"a/x.html": page(), "b/x.html": page()})
    assert wiki.files == {"a/own/en.md", "b/x/en.md"}
    assert "--section a" in wiki.reasons("a/x.html")
    assert before.items() <= wiki.state.items()
    shutil.rmtree(wiki.folder / "b")
    assert wiki(section="a").files == {"a/own/en.md", "a/x/en.md", "b/x/en.md"}


@pytest.mark.parametrize("source", ["", "source: https://elsewhere.example/x\n", "source: [\n"])
def test_an_article_of_somebody_else_is_left_alone(wiki, source):
    put(wiki.kb, {"a/x/en.md": f"---\ntitle: Own\n{source}---\nText.\n"})
    before = wiki.state
    wiki({"a/x.html": page(), "a/y.html": page()}, section="a")
    assert wiki.files == {"a/x/en.md", "a/y/en.md"}
    assert before.items() <= wiki.state.items()
    assert "a/x is there already" in wiki.reasons("a/x.html")


def test_a_translation_of_somebody_else_is_left_alone(wiki):
    wiki({"en/a/x.md": "# X\n\nText."})
    put(wiki.kb, {"a/x/pl.md": "---\ntitle: Own\n---\nTekst.\n"})
    wiki({"pl/a/x.md": "# X\n\nInny tekst.", "ru/a/x.html": page("<p>Два.</p>")})
    assert wiki.body("a/x/pl.md") == "Tekst.\n"
    assert wiki.body("a/x/ru.md") == "Два.\n"
    assert "a/x/pl.md is there already" in wiki.reasons("pl/a/x.md")


# Again


def test_what_was_changed_in_an_imported_article_is_written_over_until_it_is_one_s_own(wiki):
    text = page("<p>Text.</p>")
    wiki({"a/x.html": text, "a/y.html": text})
    for name, changed in (("x", "import:"), ("y", "")):
        file = wiki.kb / f"a/{name}/en.md"
        told = file.read_text("utf-8").replace("Text.", "Changed.")
        file.write_text(re.sub("source: import:.*\n", "", told) if not changed else told, "utf-8")
    wiki()
    assert wiki.body("a/x/en.md") == "Text.\n"
    assert wiki.body("a/y/en.md") == "Changed.\n"
    assert "a/y is there already" in wiki.reasons("a/y.html")


def test_what_changed_in_the_export_is_updated_in_its_place(wiki):
    wiki({"a/x.html": page("<h1>Old</h1><p>Text.</p>"), "a/y.html": page()})
    wiki({"a/x.html": page("<h1>New</h1><p>Text.</p>")})
    assert wiki.files == {"a/old/en.md", "a/y/en.md"}
    assert wiki.facts("a/old/en.md")["title"] == "New"
    assert {each.path: each.change for each in wiki.report.taken} == {"a/x.html": "updated", "a/y.html": "unchanged"}


def test_an_article_that_was_moved_is_updated_where_it_is(wiki):
    wiki({"a/x.html": page(), "a/y.html": page(), "a/z.html": page()})
    (wiki.kb / "a").rename(wiki.kb / "b")
    (wiki.kb / "c").mkdir()
    (wiki.kb / "b/x").rename(wiki.kb / "c/moved")
    wiki({"a/x.html": page("<p>Other.</p>"), "a/new.html": page()})
    assert wiki.files == {"c/moved/en.md", "b/y/en.md", "b/z/en.md", "b/new/en.md"}
    assert wiki.body("c/moved/en.md") == "Other.\n"


def test_the_section_s_file_is_the_operator_s_once_it_is_there(wiki):
    wiki({"a/x.html": page()})
    put(wiki.kb, {"a/section.toml": "order = 7\n"})
    assert wiki({"a/y.html": page()}).section("a") == {"order": 7}
    assert wiki.files == {"a/x/en.md", "a/y/en.md"}


def test_a_fresh_copy_of_the_same_export_makes_nothing_newer(wiki):
    before = wiki({"a/x.html": page()}).state
    os.utime(wiki.folder / "a/x.html", (1e9, 1e9))
    assert wiki().state == before
    wiki({"a/x.html": page("<p>Other.</p>")})
    os.utime(wiki.folder / "a/x.html", (1e9, 1e9))
    wiki({"a/y.html": page()})
    assert wiki.body("a/x/en.md") == "Other.\n"


def test_the_address_may_be_said_later(wiki):
    wiki({"a/x.html": page()})
    wiki(address="https://wiki.example/help")
    assert wiki.files == {"a/x/en.md"}
    assert wiki.facts("a/x/en.md")["source"] == "https://wiki.example/help/a/x.html"


def test_an_address_that_many_pages_call_their_own_is_none(wiki):
    head = '<link rel="canonical" href="https://wiki.example/{}">'
    wiki(
        {
            "a/x.html": page(head=head.format("")),
            "a/y.html": page(head=head.format("")),
            "a/z.html": page(head=head.format("z")),
        }
    )
    assert wiki.facts("a/x/en.md")["source"] == "import:export/a/x.html"
    assert wiki.facts("a/z/en.md")["source"] == "https://wiki.example/z"
    wiki({"b/x.html": page(head=head.format("[")), "b/y.html": page(head='<link rel="canonical" href="http://[">')})
    assert wiki.facts("b/y/en.md")["source"] == "import:export/b/y.html"


# Ids


@pytest.mark.parametrize(
    ("text", "locale", "id_"),
    [
        ("დახმარება: წყალი, ჭიქა", "ka", "dakhmareba-tsqali-chika"),
        ("ᲓᲐᲮᲛᲐᲠᲔᲑᲐ", "ka", "dakhmareba"),
        ("Заезд и выезд, объём щётки", "ru", "zaezd-i-vyezd-obieem-shchetki"),
        ("Їжак, згода, м'яч та Юрій", "uk", "yizhak-zghoda-miach-ta-yurii"),
        ("Гість", "uk", "hist"),
        ("Гость", "ru", "gost"),
        ("Zażółć gęślą jaźń, Łódź", "pl", "zazolc-gesla-jazn-lodz"),
        ("Don't pay — café №5", "en", "dont-pay-cafe-no5"),
        ("日本", "en", ""),
        ("../../etc", "en", "etc"),
        ("word " * 20, "en", "-".join(["word"] * 12)),
    ],
)
def test_ids_are_transliterated_by_the_national_schemes(text, locale, id_):
    assert slug(text, locale) == id_


@given(st.text(), st.sampled_from(LANGUAGES))
@example("\u2122 \ufb01 \u00bd \u212a", "en")
def test_an_id_is_valid_or_empty(text, locale):
    id_ = slug(text, locale)
    assert id_ == "" or (articles.ID.fullmatch(id_) and len(id_) <= 60)
    assert slug(id_, locale) == id_


@given(st.lists(st.sampled_from(["a", "a-2", "b"])))
def test_ids_are_unique(wanted):
    given_: list[str] = []
    for each in wanted:
        given_.append(unique(each, given_))
    assert len(set(given_)) == len(wanted)
    assert all(articles.ID.fullmatch(each) for each in given_)


NAME = st.text(st.sampled_from("aბяї-. ł!"), min_size=1, max_size=4).filter(lambda name: name.strip(". ") == name)
TITLE = st.text(st.sampled_from("aAბяЇ \"'\\:#-"), max_size=5)
MARKS = [
    *(
        f"<{tag}>"
        for tag in re.findall(r"\w+", "p h1 h4 ul li table tr td b i pre code dt dd blockquote div s q br hr")
    ),
    *(f"</{tag}>" for tag in re.findall(r"\w+", "p h1 ul li table tr td b pre code blockquote div a")),
    *("[[hours]]", '<td rowspan="3" colspan="2">', '<a href="b.html">', '<a href="../\u044f/a">', '<img src="a.png">'),
    f'<img src="data:image/png;base64,{base64.b64encode(png()).decode()}">',
]
HTML = st.lists(st.sampled_from(MARKS) | st.text(max_size=5), max_size=12)
EXPORT = st.dictionaries(
    st.tuples(st.sampled_from(["", "ka/", "ru/"]), NAME, NAME), st.tuples(TITLE, HTML.map("".join)), max_size=5
)


@settings(max_examples=60)
@given(EXPORT)
def test_any_export_builds_and_importing_it_twice_is_importing_it_once(tmp_path_factory, made):
    one = Import(tmp_path_factory.mktemp("any"))
    for (locale, folder, name), (title, body) in made.items():
        put(one.folder, {f"{locale}{folder}/{name}.html": page(body, head=f"<title>{title}</title>")})
    before = one().state
    assert len({each.file for each in one.report.taken}) == len(one.report.taken) == len(one.files)
    assert list(faults(one.kb) if one.files else []) == []
    assert {each.change for each in one().report.taken} <= {"unchanged"}
    assert one.state == before
