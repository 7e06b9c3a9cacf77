"""An existing wiki's export as sections and articles of the knowledge base, with word of all that was not taken.

The export is HTML or Markdown from anywhere: no path in it reaches outside its folder, and nothing is fetched.
"""

import tomllib
from pathlib import Path

from chalicelib.domain.text import LANGUAGES
from pages.articles import ID
from pages.importing import export, facts, languages, places, reading, writing
from pages.importing.links import Atlas
from pages.importing.report import CannotImport, Refused, Report, Skipped, Taken

__all__ = ["CannotImport", "Refused", "Report", "Skipped", "Taken", "run"]


def run(folder: Path, kb: Path, *, locale: str | None, section: str | None, address: str | None) -> Report:
    """Imports the folder into `kb`; CannotImport, with nothing written, when something must be said first.

    `locale` is the language of pages whose path names none, `section` the one that takes all pages instead of one a
    folder, `address` where the wiki is: what was not imported stays linked there.
    """
    _check(folder, kb, locale, section, address)
    base = address if address is None or address.endswith("/") else f"{address}/"
    report = Report()
    files = export.read(folder, report)
    pages = reading.read(files, languages.known(locale or ""), base, report)
    plan = places.plan(pages, kb, section, files.name, report)
    atlas = Atlas(files, {page.path: page for page in pages}, plan.places, base)
    used: set[str] = set()
    for path in plan.places:
        used |= writing.write_article(atlas.pages[path], kb, atlas, report)
    for id_, each in plan.sections.items():
        writing.write_section(id_, each, kb, atlas, report)
    for path in sorted(files.files.keys() - used):
        if path.lower().endswith(export.PICTURES):
            report.skip(path, "is a picture that no page shows")
    report.skipped = list(dict.fromkeys(report.skipped))
    return report


def _check(folder: Path, kb: Path, locale: str | None, section: str | None, address: str | None) -> None:
    if locale is not None and locale not in LANGUAGES:
        raise CannotImport(f"--locale {locale} is none of {', '.join(LANGUAGES)}.")
    if section is not None and not ID.fullmatch(section):
        raise CannotImport(f"--section {section} is no id: it may hold a-z, 0-9 and single hyphens only.")
    if address is not None and not facts.is_address(address):
        raise CannotImport(f"--address {address} is no web address: https://wiki.example/")
    for each in kb.glob("*/section.toml"):
        try:
            tomllib.loads(each.read_text("utf-8"))
        except ValueError as error:
            raise CannotImport(f"{each} cannot be read, mend it first: {error}") from None
    inner, outer = sorted((folder.resolve(), kb.resolve()), key=lambda each: len(each.parts), reverse=True)
    if inner.is_relative_to(outer):
        raise CannotImport(f"{folder} and {kb} stand in each other: put the export somewhere else.")
