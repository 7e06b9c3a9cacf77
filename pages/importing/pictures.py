"""Pictures of a page: copied beside the article, under safe names, when they are what they say."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from bs4 import Tag

from chalicelib.domain import signature
from pages.importing import front
from pages.importing.document import attribute
from pages.importing.export import Outside
from pages.importing.links import Atlas, Note
from pages.importing.names import slug, unique, words
from pages.importing.reading import Page
from pages.importing.report import Refused, shown

_ENDINGS: Mapping[str, Callable[[bytes], bool]] = {
    ".png": signature.is_png,
    ".jpg": signature.is_jpeg,
    ".gif": signature.is_gif,
    ".webp": signature.is_webp,
}
_DATA = re.compile(r"data:image/(?:png|jpe?g|gif|webp)\s*((?:;[^;,]*)*),(.*)", re.IGNORECASE | re.DOTALL)


def rewrite(content: Tag, page: Page, atlas: Atlas, folder: Path, note: Note) -> set[str]:
    """Copies the page's pictures into the article's folder; gives the paths in the export of those it took.

    A picture that cannot be taken goes out of the page, and is noted.
    """
    used: set[str] = set()
    for image in content.find_all("img"):
        src = attribute(image, "src").strip()
        try:
            path, picture = _content(src, page, atlas)
            name = _keep(folder, slug(PurePosixPath(path or "picture").stem, page.locale) or "picture", picture)
        except Refused as refused:
            note(f"the picture {shown(src)} {refused}")
            image.decompose()
            continue
        used |= {path} if path else set()
        image.attrs = {"src": name, "alt": _alternative(image, path, page)}
    return used


def _content(src: str, page: Page, atlas: Atlas) -> tuple[str | None, bytes]:
    """The picture's path in the export, None when it stands in the page itself, and its bytes; or Refused."""
    if src[:5].lower() == "data:":
        return None, _decoded(src)
    try:
        parts = urlsplit(atlas.local(src))
        if parts.scheme or parts.netloc:
            raise Refused("is not in the export, and nothing is fetched")
        path = atlas.export.find(page.path, parts.path)
    except Outside:
        raise Refused("leads out of the export") from None
    except ValueError:
        raise Refused("has no address that can be read") from None
    if path is None:
        raise Refused("is not in the export, or of no kind that is taken")
    return path, atlas.export.content(path)


def _decoded(src: str) -> bytes:
    """The bytes of a `data:` address (RFC 2397): fewer than the page that it stands in."""
    found = _DATA.fullmatch(src)
    if found is None:
        raise Refused("is not png, jpg, gif or webp")
    if not found[1].lower().endswith(";base64"):
        return unquote_to_bytes(found[2])
    try:
        return base64.b64decode(re.sub(r"\s", "", unquote(found[2])), validate=True)
    except binascii.Error:
        raise Refused("is not base64, which it says it is") from None


def _keep(folder: Path, wanted: str, content: bytes) -> str:
    """The name under which the picture stands in the folder; another picture is never overwritten."""
    ending = next((each for each, begins in _ENDINGS.items() if begins(content)), None)
    if ending is None:
        raise Refused("is not png, jpg, gif or webp")
    others = {each.name.removesuffix(ending) for each in folder.glob(f"*{ending}") if each.read_bytes() != content}
    name = unique(wanted, others) + ending
    if not (folder / name).exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return name


def _alternative(image: Tag, path: str | None, page: Page) -> str:
    """What the picture shows, for who cannot see it: the page's own words, or the file's name, or the title."""
    named = words(PurePosixPath(path).stem) if path else ""
    told = [*(front.line(attribute(image, name)) for name in ("alt", "title")), named]
    return next((each for each in told if re.search(r"[^\W\d_]", each)), page.title)
