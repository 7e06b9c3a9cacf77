"""An article's tree as Markdown of the knowledge base: CommonMark with tables, in which text stays text."""

import re
from typing import Any

import markdownify
from bs4 import Tag
from bs4.element import NavigableString

_Converter: Any = markdownify.MarkdownConverter
"""Its own types lack the methods that it offers for changing."""

_SPECIAL = re.compile(
    r"[\\`*\[\]<|]"
    r"|(?<![^\W_])_|_(?![^\W_])"
    r"|&(?=#?\w+;)"
)
_AT_BEGINNING = re.compile(
    r"^([ \t]*)(?:([-+])(?=\s|-|$)|(#)(?=#{0,5}(?:\s|$))|(>|:(?=-)|~(?=~~)|=(?==*\s*$))|(\d{1,9})(?=[.)](?:\s|$)))",
    re.MULTILINE,
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LANGUAGE = re.compile(r"\blanguage-([a-z0-9+#-]+)|\bbrush:\s*([a-z0-9+#-]+)")


class _Writer(_Converter):  # type: ignore[misc]  # the library has no types
    """Its methods are called with an element, the Markdown of what is in it, and the names of what is around it."""

    def process_text(self, el: NavigableString, parent_tags: set[str] | None = None) -> str:
        """A `!` before a link would make a picture of it."""
        text: str = super().process_text(el, parent_tags=parent_tags)
        before_link = isinstance(el.next_sibling, Tag) and el.next_sibling.name == "a"
        return f"{text[:-1]}\\!" if before_link and text.endswith("!") else text

    def escape(self, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - the converter's own signature
        """Text that Markdown does not take for anything else, such as `[[hours]]`."""
        return _AT_BEGINNING.sub(_escape_beginning, _SPECIAL.sub(r"\\\g<0>", text))

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A link's text is one line."""
        return str(super().convert_a(el, re.sub(r"\s+", " ", text), parent_tags))

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - the converter's own
        """A picture, in tables and headings too."""
        return f"![{self.escape(str(el['alt']), parent_tags)}]({el['src']})"

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Code between fences that are longer than any in it; within a table a line of code."""
        if "_inline" in parent_tags:
            return str(super().convert_code(el, re.sub(r"\s+", " ", text), parent_tags - {"pre", "code"}))
        code = text.strip("\n")
        if not code.strip():
            return ""
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", code) or [""]))
        return f"\n\n{fence}{_language(el)}\n{code}\n{fence}\n\n"

    def convert_td(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A cell; `|` would begin the next one, in code too."""
        return str(super().convert_td(el, re.sub(r"(?<!\\)\|", r"\\|", text), parent_tags))

    def convert_th(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A cell of the head."""
        return self.convert_td(el, text, parent_tags)

    def convert_dt(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A term, as CommonMark has no lists of definitions."""
        return str(self.convert_p(el, self.convert_strong(el, text, parent_tags), parent_tags))

    def convert_dd(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """What a term means."""
        return str(self.convert_p(el, text, parent_tags))


def _escape_beginning(match: re.Match[str]) -> str:
    space, *marks, number = match.groups()
    return f"{space}{number}\\" if number else f"{space}\\{next(each for each in marks if each)}"


def _language(pre: Tag) -> str:
    """The language that the code's element names."""
    code: Any = pre.find("code") or pre
    told = " ".join(str(each.get(name) or "") for each in (pre, code) for name in ("data-syntaxhighlighter-params",))
    classes = " ".join(name for each in (pre, code) for name in each.get_attribute_list("class") if name)
    found = _LANGUAGE.search(f"{classes} {told}")
    return (found[1] or found[2]) if found else ""


def write(content: Tag) -> str:
    """The article's Markdown, one line break at its end; empty when it says nothing."""
    writer = _Writer(heading_style="atx", bullets="-", autolinks=False, table_infer_header=True)
    body = _CONTROLS.sub("", writer.convert_soup(content)).strip()
    return f"{body}\n" if body else ""
