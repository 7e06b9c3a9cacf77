"""What a file may be, and whether its first bytes are what its type says."""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Annotated

import msgspec

MAX_BYTES = 50 * 1024 * 1024
HEAD_BYTES = 4096
"""How much of a file is looked at."""

Sha256 = Annotated[
    str, msgspec.Meta(max_length=64, pattern="^[0-9a-f]{64}$", description="SHA-256 of the bytes, lower-case hex.")
]
Size = Annotated[int, msgspec.Meta(ge=1, le=MAX_BYTES, description="Bytes: 1 to 50 MiB.")]


def _is_png(head: bytes) -> bool:
    # The signature, then the header chunk, which must come first: https://www.w3.org/TR/png-3/#5DataRep
    return head[:8] == b"\x89PNG\r\n\x1a\n" and head[12:16] == b"IHDR"


def _is_jpeg(head: bytes) -> bool:
    # Start of image, then the marker of a segment: ITU-T T.81, B.1.1.3
    return head[:3] == b"\xff\xd8\xff"


def _is_pdf(head: bytes) -> bool:
    # ISO 32000-2, 7.5.2. Readers forgive bytes before the header; a file that is something else too is not taken.
    return head[:5] == b"%PDF-"


_TYPES: Mapping[str, Callable[[bytes], bool]] = {
    "image/png": _is_png,
    "image/jpeg": _is_jpeg,
    "application/pdf": _is_pdf,
}
_ENDINGS: Mapping[str, tuple[str, ...]] = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "application/pdf": (".pdf",),
}
_MAX_NAME = 255
TYPES = tuple(_TYPES)
"""The types that are taken."""


def is_what_it_says(type_: str, head: bytes) -> bool:
    """Whether the first `HEAD_BYTES` bytes are those of the declared type."""
    return _TYPES[type_](head)


def clean_name(name: str) -> str:
    """The file's name without path parts, control and direction characters; `file` when nothing is left."""
    last_part = name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(char for char in last_part if unicodedata.category(char) not in {"Cc", "Cf"})
    return visible.strip().strip(".").strip() or "file"


def name_for(type_: str, name: str) -> str:
    """The name to save it under: with an ending of its type, so that no double click runs it as something else."""
    cleaned, endings = clean_name(name), _ENDINGS[type_]
    if cleaned.lower().endswith(endings) and len(cleaned) <= _MAX_NAME:
        return cleaned
    return cleaned[: _MAX_NAME - len(endings[0])] + endings[0]
