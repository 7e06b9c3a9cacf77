"""What a file is by its first bytes, each by its format's own document."""

import re

_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis"})
_MP4 = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash"})
_QUICKTIME = b"qt  "
_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|!--|\?xml|(?:html|head|title|body|script|style|iframe|svg|font|table|div|"
    rb"h1|br|p|a|b|img|meta|link|form|input|math|\w+:svg)(?=[\s/>]))",
    re.IGNORECASE,
)
"""What browsers take for a page (https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type),
and SVG."""
_MAIL = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:From [^\n]*\n)?(?:[!-9;-~]{1,76}:[^\n]*\n(?:[ \t][^\n]*\n)*)*?"
    rb"(?:from|to|date|subject|received|return-path|message-id|mime-version|delivered-to):",
    re.IGNORECASE,
)
"""Header fields, one of which only a message has (RFC 5322, 2.2 and 3.6), behind a mailbox's separator (RFC 4155)."""
_WEBM = re.compile(rb"\x42\x82(?:\x84webm(?!\x00)|[\x85-\x88]webm\x00)")
_ZIP = b"PK\x03\x04"
_MIMETYPE_AT = 30


def is_png(head: bytes) -> bool:
    """The signature, then the header chunk, which must come first: https://www.w3.org/TR/png-3/#5DataRep."""
    return head[:8] == b"\x89PNG\r\n\x1a\n" and head[12:16] == b"IHDR"


def is_jpeg(head: bytes) -> bool:
    """Start of image, then the marker of a segment: ITU-T T.81, B.1.1.3."""
    return head[:3] == b"\xff\xd8\xff"


def is_gif(head: bytes) -> bool:
    """Signature and version: https://www.w3.org/Graphics/GIF/spec-gif89a.txt, 17."""
    return head[:6] in {b"GIF87a", b"GIF89a"}


def is_webp(head: bytes) -> bool:
    """A RIFF file of the form WEBP whose first chunk is one of the three: RFC 9649, 2.3 to 2.7."""
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP" and head[12:16] in {b"VP8 ", b"VP8L", b"VP8X"}


def is_heic(head: bytes) -> bool:
    """A brand of HEVC-coded still images: ISO/IEC 23008-12, annex B; `mif1` alone may be another coding."""
    major, brands = _brands(head)
    return major in _HEIC or (major == b"mif1" and bool(brands & _HEIC))


def is_mp4(head: bytes) -> bool:
    """A brand of MP4 among the file's, and not one of the other formats of the same family: ISO/IEC 14496-12, 4.3."""
    major, brands = _brands(head)
    return bool(brands & _MP4) and major != _QUICKTIME and not brands & _HEIC


def is_quicktime(head: bytes) -> bool:
    """The brand of QuickTime, or one of the atoms that older files without a brand begin with.

    Apple's QuickTime File Format, "The File Type Compatibility Atom" and "Movie Files".
    """
    is_small = head[:1] < b"\x04"  # an atom's size, in a file of 50 MiB
    return _brands(head)[0] == _QUICKTIME or (is_small and head[4:8] in {b"moov", b"mdat", b"wide", b"free", b"skip"})


def _brands(head: bytes) -> tuple[bytes, frozenset[bytes]]:
    """The major brand and all brands of an ISO base media file; none when it is no such file."""
    size = int.from_bytes(head[:4])
    if head[4:8] != b"ftyp" or not 16 <= size <= len(head):  # noqa: PLR2004 - the smallest box: size, type, brand, version
        return b"", frozenset()
    major, compatible = head[8:12], head[16:size]
    return major, frozenset({major, *(compatible[at : at + 4] for at in range(0, len(compatible), 4))})


def is_webm(head: bytes) -> bool:
    """An EBML header whose DocType is webm, which other Matroska files' is not; NULs may end it: RFC 8794, 11."""
    return head[:4] == b"\x1a\x45\xdf\xa3" and _WEBM.search(head[:64]) is not None


def is_pdf(head: bytes) -> bool:
    """ISO 32000-2, 7.5.2. Readers forgive bytes before the header; a file that is something else too is not taken."""
    return head[:5] == b"%PDF-"


def is_zip(head: bytes) -> bool:
    """A first local file: APPNOTE 6.3.10, 4.3.7."""
    return head[:4] == _ZIP


def is_open_document(head: bytes, type_: str) -> bool:
    """A zip that begins with its own type, stored plainly: OpenDocument 1.3, part 2, 3.3."""
    return is_zip(head) and head[_MIMETYPE_AT:].startswith(f"mimetype{type_}PK".encode())


def is_compound(head: bytes) -> bool:
    """The signature of a compound file: [MS-CFB] 2.2."""
    return head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def is_text(head: bytes) -> bool:
    """Text in an encoding of bytes: no NUL, no page and no script by another name, and nothing told above."""
    if b"\x00" in head or head[:2] == b"#!" or _MARKUP.match(head):
        return False
    return not any(is_other(head) for is_other in _TELLING)


def is_mail(head: bytes) -> bool:
    """Text that begins with the header of a message."""
    return is_text(head) and _MAIL.match(head) is not None


_TELLING = (is_png, is_jpeg, is_gif, is_webp, is_heic, is_mp4, is_quicktime, is_webm, is_pdf, is_zip, is_compound)
