"""In which language a page is: its path says it before --locale, and that before the page itself."""

import re
from pathlib import PurePosixPath

from chalicelib.domain.text import LANGUAGES, Language
from pages.importing import front
from pages.importing.document import Document, attribute
from pages.importing.report import Refused

_MARK = re.compile(r"([a-z]{2})(?:[-_][a-z]{2,4})?", re.IGNORECASE)


def known(name: str) -> Language | None:
    """The language that a name such as `ka` or `ka-GE` means, if it is one of the five."""
    mark = _MARK.fullmatch(name)
    return next((each for each in LANGUAGES if mark and each == mark[1].lower()), None)


def split(path: str) -> tuple[Language | None, str]:
    """The language that the path names (`ka/page.html`, `page.ka.html`), and the path without it and the ending."""
    *folders, file = PurePosixPath(path).parts
    stem = PurePosixPath(file).stem
    name, _, ending = stem.rpartition(".")
    if name and (locale := known(ending)):
        return locale, "/".join([*folders, name])
    at = next((index for index, folder in enumerate(folders) if known(folder)), None)
    if at is None:
        return None, "/".join([*folders, stem])
    return known(folders[at]), "/".join([*folders[:at], *folders[at + 1 :], stem])


def of(path: str, document: Document, default: Language | None) -> Language | None:
    """The page's language, None when nothing says it; Refused when it is none of the five."""
    if found := split(path)[0] or default:
        return found
    told = next((text for name in ("lang", "locale", "language") if (text := front.line(document.front.get(name)))), "")
    told = told or (attribute(document.soup.html, "lang") if document.soup.html else "")
    if told and not known(told):
        raise Refused(f"is in {told}, which is none of {', '.join(LANGUAGES)}")
    return known(told)
