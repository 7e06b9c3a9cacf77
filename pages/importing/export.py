"""The export's folder: which files it holds, what they are, and nothing outside of it."""

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from pages.importing.report import CannotImport, Refused, Report

MAX_BYTES = 5 * 1024 * 1024
"""The largest page and the largest picture that is taken."""
MARKDOWN = (".md", ".markdown")
PAGES = (".html", ".htm", *MARKDOWN)
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_LOOKS = (".css", ".js", ".map", ".ico", ".woff", ".woff2", ".ttf", ".otf", ".eot")
_ARCHIVES = (".zip", ".gz", ".tgz", ".bz2", ".xz", ".tar", ".7z", ".rar")
_INDEXES = ("index.html", "index.htm", "index.md", "README.md")
_CHARSET = re.compile(rb"<meta\b[^>]*\bcharset\s*=\s*[\"']?\s*([\w:.-]+)", re.IGNORECASE)
_HEAD_BYTES = 4096
_UNREADABLE = frozenset({"Cc", "Cs"})
"""Control characters, and what is no Unicode at all."""


class Outside(Exception):
    """A path that leads out of the export."""


@dataclass(frozen=True)
class Export:
    """The files of an export by their paths in it: `/` between the parts, Unicode's composed form (NFC)."""

    name: str
    files: Mapping[str, Path]

    def pages(self) -> list[str]:
        """The paths of what may be an article, in order."""
        return [path for path in sorted(self.files) if path.lower().endswith(PAGES)]

    def find(self, page: str, href: str) -> str | None:
        """The path of the file that a page refers to, or None when there is none; Outside when it cannot be in here."""
        path = join(page, href)
        candidates = [path, *(f"{path}{end}" for end in PAGES), *(f"{path}/{each}".lstrip("/") for each in _INDEXES)]
        return next((each for each in candidates if each in self.files), None)

    def text(self, path: str) -> str:
        """A page's text, its lines ended as here; Refused when it is too large or of no known encoding."""
        content = self.content(path)
        return decode(content).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")

    def content(self, path: str) -> bytes:
        """A file's bytes; Refused when they are too many."""
        file = self.files[path]
        if file.stat().st_size > MAX_BYTES:
            raise Refused(f"is larger than {MAX_BYTES // 1024 // 1024} MB")
        return file.read_bytes()


def join(page: str, href: str) -> str:
    """The path that a page's reference means; Outside when it leads out of the export."""
    steps = [] if href.startswith("/") else list(PurePosixPath(page).parent.parts)
    for part in unicodedata.normalize("NFC", unquote(href)).replace("\\", "/").split("/"):
        if part == "..":
            if not steps:
                raise Outside
            steps.pop()
        elif part not in {"", "."}:
            steps.append(part)
    return "/".join(steps)


def decode(content: bytes) -> str:
    """UTF-8, or what the page's own `<meta charset>` says; Refused when it is neither."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        named = _CHARSET.search(content[:_HEAD_BYTES])
    if named is None:
        raise Refused("is not UTF-8 and does not say what it is")
    charset = named[1].decode()
    try:
        text = content.decode(charset)
        text.encode()  # some encodings give halves of characters, which no file can hold
    except (LookupError, ValueError):
        raise Refused(f"is not {charset}, which it says it is") from None
    return text


def read(folder: Path, report: Report) -> Export:
    """What the folder holds, without links to elsewhere and hidden files; CannotImport when it is no folder."""
    if not folder.is_dir():
        raise CannotImport(f"{folder} is not a folder. An archive must be unpacked first.")
    root = folder.resolve()
    files: dict[str, Path] = {}
    for file in _walk(root):
        path = unicodedata.normalize("NFC", file.relative_to(root).as_posix())
        if reason := _refusal(file):
            report.skip(path, reason)
        else:
            files[path] = file
    return Export(root.name, files)


def _walk(root: Path) -> Iterator[Path]:
    """Every file below, and every link to a folder, which is not followed."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        links = [each for each in folders if (Path(folder) / each).is_symlink()]
        yield from (Path(folder) / each for each in sorted([*names, *links]) if not each.startswith("."))


def _refusal(file: Path) -> str | None:
    """Why a file is not looked at, or None when it may be a page or a picture."""
    if file.is_symlink():
        return "is a link to another place: not followed"
    if not file.is_file() or any(unicodedata.category(char) in _UNREADABLE for char in str(file)):
        return "is no ordinary file, or its name cannot be read"
    suffix = file.suffix.lower()
    if suffix in PAGES or suffix in PICTURES:
        return None
    if suffix in _ARCHIVES:
        return "is an archive: unpack it first"
    if suffix in _LOOKS:
        return "belongs to the wiki's look"
    return (
        "pictures are png, jpg, gif or webp"
        if suffix == ".svg"
        else "is an attached file: articles are text and pictures"
    )
