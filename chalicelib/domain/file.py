"""What a file may be: its type, its size, its name."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, BinaryIO

import msgspec

from chalicelib.domain import container, signature

MAX_BYTES = 50 * 1024 * 1024
HEAD_BYTES = 4096
"""How much of a file's beginning is looked at."""

Sha256 = Annotated[
    str, msgspec.Meta(max_length=64, pattern="^[0-9a-f]{64}$", description="SHA-256 of the bytes, lower-case hex.")
]
Size = Annotated[int, msgspec.Meta(ge=1, le=MAX_BYTES, description="Bytes: 1 to 50 MiB.")]


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """The right to put one file into the bucket: the facts that its address was signed for."""

    id: str
    name: str
    type: str
    size: int
    sha256: str
    key: str
    claim_until: datetime


class Kind(msgspec.Struct, frozen=True):
    """A type that is taken: the endings of its names, what its first bytes are, and what must stand inside."""

    endings: tuple[str, ...]
    begins: Callable[[bytes], bool]
    holds: Callable[[BinaryIO], bool] | None = None


_OPEN_XML = "application/vnd.openxmlformats-officedocument"
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument"


def _open_xml(ending: str, part: str) -> Kind:
    return Kind(
        (ending,), signature.is_zip, lambda file: container.holds_parts(file, (r"\[content_types\]\.xml", part))
    )


def _open_document(ending: str, type_: str) -> Kind:
    return Kind(
        (ending,),
        lambda head: signature.is_open_document(head, type_),
        lambda file: container.holds_parts(file, (r"meta-inf/manifest\.xml", r"content\.xml")),
    )


def _compound(ending: str, kind: container.Compound) -> Kind:
    return Kind((ending,), signature.is_compound, lambda file: container.compound_kind(file) == kind)


KINDS: Mapping[str, Kind] = {
    "image/png": Kind((".png",), signature.is_png),
    "image/jpeg": Kind((".jpg", ".jpeg", ".jpe", ".jfif"), signature.is_jpeg),
    "image/gif": Kind((".gif",), signature.is_gif),
    "image/webp": Kind((".webp",), signature.is_webp),
    "image/heic": Kind((".heic",), signature.is_heic),
    "video/mp4": Kind((".mp4", ".m4v"), signature.is_mp4),
    "video/webm": Kind((".webm",), signature.is_webm),
    "video/quicktime": Kind((".mov", ".qt"), signature.is_quicktime),
    "application/pdf": Kind((".pdf",), signature.is_pdf),
    "text/plain": Kind((".txt", ".log"), signature.is_text),
    "text/csv": Kind((".csv",), signature.is_text),
    "message/rfc822": Kind((".eml",), signature.is_mail),
    "application/vnd.ms-outlook": _compound(".msg", "msg"),
    "application/msword": _compound(".doc", "doc"),
    "application/vnd.ms-excel": _compound(".xls", "xls"),
    f"{_OPEN_XML}.wordprocessingml.document": _open_xml(".docx", r"word/document[0-9]*\.xml"),
    f"{_OPEN_XML}.spreadsheetml.sheet": _open_xml(".xlsx", r"xl/workbook[0-9]*\.xml"),
    f"{_OPEN_XML}.presentationml.presentation": _open_xml(".pptx", r"ppt/presentation[0-9]*\.xml"),
    f"{_OPEN_DOCUMENT}.text": _open_document(".odt", f"{_OPEN_DOCUMENT}.text"),
    f"{_OPEN_DOCUMENT}.spreadsheet": _open_document(".ods", f"{_OPEN_DOCUMENT}.spreadsheet"),
}
TYPES = tuple(KINDS)
"""The types that are taken."""
_MAX_NAME = 255
_HIDDEN = frozenset({"Cc", "Cf", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
"""What joins letters and emoji shows in a name, though it is of a hidden category."""
_EDGES = re.compile(r"^[\s.]+|[\s.]+$")
"""What begins a hidden name, and what Windows takes off a name's end."""


def is_what_it_says(type_: str, file: BinaryIO) -> bool:
    """Whether the file is of the declared type, by its first `HEAD_BYTES` bytes and, for containers, its directory."""
    kind = KINDS[type_]
    if not kind.begins(file.read(HEAD_BYTES)):
        return False
    return kind.holds is None or kind.holds(file)


def clean_name(name: str) -> str:
    """The file's name without path parts, control and direction characters; `file` when nothing is left."""
    last_part = name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(char for char in last_part if char in _JOINERS or unicodedata.category(char) not in _HIDDEN)
    return _EDGES.sub("", visible) or "file"


def name_for(type_: str, name: str) -> str:
    """The name to save it under: with an ending of its type, so that no double click runs it as something else."""
    cleaned, endings = clean_name(name), KINDS[type_].endings
    if cleaned.lower().endswith(endings) and len(cleaned) <= _MAX_NAME:
        return cleaned
    return cleaned[: _MAX_NAME - len(endings[0])] + endings[0]
