"""A file is what it says it is, and its name is only a name."""

import io
import struct
import unicodedata
import zipfile

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.domain.file import (
    HEAD_BYTES,
    KINDS,
    MAX_BYTES,
    TYPES,
    Sha256,
    Size,
    clean_name,
    is_what_it_says,
    name_for,
)
from tests import files
from tests.files import DOC, DOCX, GEORGIAN, MSG, ODS, ODT, OTHER_REAL, PPTX, REAL, XLS, XLSX

TEXTS = {"text/plain", "text/csv"}
ALIKE = {
    "text/plain": TEXTS,  # any text may be one column of rows,
    "text/csv": TEXTS,  # and rows are text: RFC 4180 gives them no mark of their own
    "message/rfc822": TEXTS | {"message/rfc822"},  # a message is written in text
}
"""The types that truly cannot be told apart: as what else a file of this type is taken. Every other is itself only."""
SHORTEST = {
    "image/png": 16,
    "image/jpeg": 3,
    "image/gif": 6,
    "image/webp": 16,
    "image/heic": 28,
    "video/mp4": 32,
    "video/webm": 28,
    "video/quicktime": 20,
    "application/pdf": 5,
}
"""From how many bytes on a type can be told."""
ZIPS = (DOCX, XLSX, PPTX, ODT, ODS)
COMPOUNDS = (DOC, XLS, MSG)


def real(type_: str) -> bytes:
    return REAL[type_][0]


def takers(content: bytes) -> set[str]:
    """As which types this file is taken."""
    return {type_ for type_ in TYPES if is_what_it_says(type_, io.BytesIO(content))}


def box(major: bytes, *compatible: bytes) -> bytes:
    """The first box of an ISO base media file, and something behind it."""
    brands = major + bytes(4) + b"".join(compatible)
    return struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands + bytes(64)


def changed(type_: str, *, without: str = "", **added: bytes) -> bytes:
    """This type's real zip without a part, or with others (`__` in a name is a slash, `_` a dot)."""
    parts = {name: part for name, part in files.unzipped(real(type_)).items() if name != without}
    return files.zipped(parts | {name.replace("__", "/").replace("_", "."): part for name, part in added.items()})


def without_directory(content: bytes) -> bytes:
    """A zip without what stands at its end."""
    return content[: content.index(b"PK\x01\x02")]


def test_every_type_that_is_taken_has_a_real_file_and_an_ending():
    assert set(REAL) == set(TYPES) == set(KINDS)
    assert all(ending in KINDS[type_].endings for type_, (_, ending) in REAL.items())


def test_no_page_drawing_archive_or_program_is_a_type_that_is_taken():
    never = {"text/html", "image/svg+xml", "application/zip", "application/xhtml+xml", "application/xml", "text/xml"}
    assert not never & set(TYPES)
    assert not {"application/javascript", "text/javascript", "application/x-msdownload"} & set(TYPES)


@pytest.mark.parametrize("type_", TYPES)
def test_a_real_file_is_taken_as_its_own_type_only(type_):
    assert takers(real(type_)) == ALIKE.get(type_, {type_})


@pytest.mark.parametrize("what", OTHER_REAL)
def test_what_other_programs_write_is_taken_as_its_own_type_only(what):
    type_, make = OTHER_REAL[what]
    assert takers(make()) == ALIKE.get(type_, {type_})


NEVER = {
    "html": lambda: (b"<!DOCTYPE html><html><script>alert(1)</script></html>", b"DOCTYPE html"),
    "html behind white space": lambda: (b" \t\r\n\x0c<html>", b" \t\r\n\x0chtml"),
    "html behind a byte order mark": lambda: (b"\xef\xbb\xbf<html>", b"\xef\xbb\xbfhtml"),
    "html behind a mark and white space": lambda: (b"\xef\xbb\xbf\n <script>", b"\xef\xbb\xbf\n script"),
    "html that begins with a comment": lambda: (b"<!-- note --><p>", b"-- note -- <p>"),
    "html that begins with a picture": lambda: (b"<img src=x onerror=alert(1)>", b"img src=x onerror=alert(1)"),
    "html that begins with its head's content": lambda: (b"<meta charset=utf-8><script>", b"meta charset=utf-8"),
    "svg with a prefix": lambda: (b"<svg:svg xmlns:svg='x'>", b"svg:svg xmlns:svg='x'"),
    "html in capitals": lambda: (b"<ScRiPt>alert(1)</ScRiPt>", b"ScRiPt"),
    "html with a slash in its tag": lambda: (b"<svg/onload=alert(1)>", b"svg/onload"),
    "svg": lambda: (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"svg"),
    "svg with its declaration": lambda: (b"<?xml version='1.0'?><svg onload='alert(1)'/>", b"<? svg"),
    "xml": lambda: (b'<?xml version="1.0" encoding="UTF-8"?><note/>', b"<note/>"),
    "script": lambda: (b"#!/bin/sh\nrm -rf /\n", b"# !/bin/sh\n"),
    "windows program": lambda: (b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + bytes(50), b"MZ is a name"),
    "linux program": lambda: (b"\x7fELF\x02\x01\x01" + bytes(57), b"ELF"),
    "mac program": lambda: (b"\xcf\xfa\xed\xfe\x0c\x00\x00\x01" + bytes(56), b"\xcf\xfa\xed\xfe"),
    "java class": lambda: (b"\xca\xfe\xba\xbe\x00\x00\x00\x41" + bytes(56), b"\xca\xfe\xba\xbe"),
    "windows installer": lambda: (
        files.compound(("\u4840\u3f3f\u4577\u446c\u3b6a\u45e4\u4824", "Data"), class_=files.INSTALLER_CLASS),
        files.compound(("\u4840\u3f3f\u4577\u446c\u3b6a\u45e4\u4824", "Data"), class_=files.WORD_CLASS),
    ),
    "old slides": lambda: (files.compound(("PowerPoint Document",)), files.compound(("WordDocument",))),
    "document behind a password": lambda: (files.compound(("EncryptedPackage", "EncryptionInfo")), real(DOCX)),
    "thumbnails of a folder": lambda: (files.compound(("Catalog", "1")), files.compound(("Book", "1"))),
    "compound file with nothing in it": lambda: (files.compound(()), files.compound((), class_=files.WORD_CLASS)),
    "compound file's header": lambda: (real(DOC)[:512], real(DOC)),
    "compound file of another sector size": lambda: (real(DOC)[:30] + b"\x07" + real(DOC)[31:], real(DOC)),
    "compound file without its directory": lambda: (real(DOC)[:1024], real(DOC)[:2048]),
    "compound file with its directory nowhere": lambda: (
        real(DOC)[:48] + b"\xfa\xff\xff\xff" + real(DOC)[52:],
        real(DOC),
    ),
    "zip": lambda: (files.zipped({"a.txt": b"text"}), real(DOCX)),
    "empty zip": lambda: (files.zipped({}), real(DOCX)),
    "java program": lambda: (
        files.zipped({"META-INF/MANIFEST.MF": b"Main-Class: A\n", "A.class": b"\xca\xfe\xba\xbe"}),
        real(DOCX),
    ),
    "android program": lambda: (
        files.zipped({"AndroidManifest.xml": b"\x03\x00\x08\x00", "classes.dex": b"dex\n035\x00", "res/a.xml": b""}),
        real(DOCX),
    ),
    "document with macros": lambda: (changed(DOCX, word__vbaProject_bin=b"\xd0\xcf"), changed(DOCX, word__a_bin=b"")),
    "document with macros elsewhere": lambda: (changed(DOCX, a__VBAPROJECT_BIN=b""), changed(DOCX, a__A_BIN=b"")),
    "sheet with macros": lambda: (changed(XLSX, xl__vbaProject_bin=b"\xd0\xcf"), changed(XLSX, xl__a_bin=b"")),
    "slides with macros": lambda: (changed(PPTX, ppt__vbaProject_bin=b"\xd0\xcf"), changed(PPTX, ppt__a_bin=b"")),
    "document without its list of types": lambda: (changed(DOCX, without="[Content_Types].xml"), changed(DOCX)),
    "document without its text": lambda: (changed(DOCX, without="word/document.xml"), changed(DOCX)),
    "document without its directory": lambda: (without_directory(real(DOCX)), real(DOCX)),
    "document without its last byte": lambda: (real(DOCX)[:-1], real(DOCX)),
    "document behind a program": lambda: (b"MZ\x90\x00" + real(DOCX), real(DOCX)),
    "open document without its list": lambda: (changed(ODT, without="META-INF/manifest.xml"), changed(ODT)),
    "open document without its content": lambda: (changed(ODT, without="content.xml"), changed(ODT)),
    "open document that does not say its type": lambda: (changed(ODT, without="mimetype"), changed(ODT)),
    "open document that says it late": lambda: (
        files.zipped(dict(reversed(files.open_document_parts(ODT).items()))),
        files.zipped(files.open_document_parts(ODT)),
    ),
    "open document's template": lambda: (files.open_document(f"{ODT}-template"), files.open_document(ODT)),
    "open document's drawing": lambda: (files.open_document(f"{files.OPEN_DOCUMENT}.graphics"), real(ODS)),
    "book": lambda: (
        files.zipped({"mimetype": b"application/epub+zip", "META-INF/container.xml": b"<container/>"}),
        real(ODT),
    ),
    "gzip": lambda: (b"\x1f\x8b\x08\x00" + bytes(60), GEORGIAN.encode()),
    "7z": lambda: (b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(60), b"7z is a name"),
    "rar": lambda: (b"Rar!\x1a\x07\x01\x00" + bytes(60), b"Rar!"),
    "windows cabinet": lambda: (b"MSCF\x00\x00\x00\x00" + bytes(60), b"MSCF"),
    "zeros": lambda: (bytes(64), b"0" * 64),
    "avif": lambda: (files.picture("AVIF"), real("image/heic")),
    "moving avif": lambda: (files.animation("AVIF"), real("video/mp4")),
    "matroska": lambda: (files.film("matroska", "vp8"), files.film("webm", "vp8")),
    "bitmap": lambda: (files.picture("BMP"), files.picture("PNG")),
    "sound": lambda: (b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00" + bytes(36), real("image/webp")),
    "apple's broken png": lambda: (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x04CgBI", real("image/png")),
    "png after a transfer as text": lambda: (real("image/png").replace(b"\r\n", b"\n"), real("image/png")),
    "text in utf-16": lambda: (GEORGIAN.encode("utf-16"), GEORGIAN.encode("utf-8")),
    "text in utf-32": lambda: (GEORGIAN.encode("utf-32"), GEORGIAN.encode("utf-8-sig")),
    "text that begins with a nul": lambda: (b"\x00" + GEORGIAN.encode(), GEORGIAN.encode()),
}
"""What nobody may send under any type, each beside something honest that differs in little."""


@pytest.mark.parametrize("what", NEVER)
def test_other_content_is_refused_whatever_it_says(what):
    fake, honest = NEVER[what]()
    assert takers(honest)
    assert takers(fake) == set()


MARKUP = [
    *("html", "head", "title", "body", "script", "style", "iframe", "svg"),
    *("font", "table", "div", "h1", "br", "p", "a", "b"),
]


@pytest.mark.parametrize("tag", MARKUP)
def test_text_that_browsers_take_for_a_page_is_refused(tag):
    """The tags of https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type, and SVG."""
    assert takers(f"<{tag}y> said".encode()) == TEXTS
    for begin in (f"<{tag}>", f"<{tag.upper()} x", f"\n\t<{tag}\n>", f"\ufeff<{tag}>"):
        assert takers(begin.encode()) == set()


@pytest.mark.parametrize(
    "text",
    [
        "3 < 4 and 5 > 4",
        "<anna> said: ორი ნომერი",
        "<Bob> hello",
        "<anna@hotel.example> wrote",
        "< html >",
        "<",
        "<3",
        "see <b>204</b>",
        "He wrote <!doctype html>",
        "# heading",
        "#1 of 2",
        "MZ",
        "PK",
        "GIF",
        "%PDF",
        "=SUM(A1)",
        "\x1b[31mred",
        "\ufeff",
    ],
)
def test_text_that_only_looks_a_little_like_something_else_is_taken(text):
    assert takers(text.encode()) == TEXTS


@pytest.mark.parametrize(
    ("mark", "taken_as"),
    [
        (b"PK\x03\x04", set()),
        (bytes.fromhex("d0cf11e0a1b11ae1"), set()),
        (b"%PDF-", {"application/pdf"}),
        (b"\xff\xd8\xff", {"image/jpeg"}),
        (b"GIF89a", {"image/gif"}),
        (b"RIFFaaaaWEBPVP8 ", {"image/webp"}),
        (b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm", {"video/webm"}),
    ],
)
def test_what_begins_like_another_type_is_no_text_even_without_a_nul(mark, taken_as):
    assert takers(b"-" + mark + b"text") == TEXTS
    assert takers(mark + b"text") == taken_as


@pytest.mark.parametrize("at", [0, 1, HEAD_BYTES - 1])
def test_a_nul_in_what_is_looked_at_makes_it_no_text(at):
    text = bytearray(b"a" * 2 * HEAD_BYTES)
    assert takers(bytes(text)) == TEXTS
    text[at] = 0
    assert takers(bytes(text)) == set()


def test_a_nul_behind_what_is_looked_at_is_not_seen():
    assert takers(b"a" * HEAD_BYTES + b"\x00") == TEXTS


@pytest.mark.parametrize(
    "head",
    [
        b"From: a@b\n",
        b"fRoM: a@b",
        b"X-Any: 1\r\nSubject: x\r\n\r\n",
        b"X-Long: a\n\tb\n c\nDate: now\n",
        b"Return-Path: <a@b>\n",
        b"From - Sun Nov 22 13:08:00 2026\nX-Mozilla-Status: 0001\nSubject: x\n",
        b"\xef\xbb\xbfFrom: a@b\n",
        b"DKIM-Signature: v=1;\n b=" + b"x" * 3000 + b"\nTo: b\n",
    ],
)
def test_a_message_begins_with_a_header_that_only_messages_have(head):
    assert takers(head) == TEXTS | {"message/rfc822"}


@pytest.mark.parametrize(
    "head",
    [
        b"Dear anna,\nFrom: a@b\n",
        b"\nFrom: a@b\n",
        b" From: a@b\n",
        b"From a@b\n",
        b"X-Any: 1\n\nFrom: a@b\n",
        b"X-Any: 1\n",
        b"From : a@b\n",
        b"http://a\nhttps://b\n",
        b"From a@b\nX-Any: 1\n",
    ],
)
def test_other_text_is_no_message(head):
    assert takers(b"From: a@b\n" + head) == TEXTS | {"message/rfc822"}
    assert takers(head) == TEXTS


def test_a_page_in_a_message_is_the_messages_own_business():
    assert b"<!doctype html>" in real("message/rfc822")
    assert "message/rfc822" in takers(real("message/rfc822"))


POLYGLOTS = {
    "gif with a page in a comment": (lambda: b"GIF89a/*<html><script>*/=1;" + real("image/gif"), {"image/gif"}),
    "jpeg with a page in a comment": (lambda: b"\xff\xd8\xff\xfe\x00\x20<!doctype html><script>", {"image/jpeg"}),
    "png with a document behind it": (lambda: real("image/png") + real(DOCX), {"image/png"}),
    "pdf with a zip behind it": (lambda: real("application/pdf") + files.zipped({"a": b"b"}), {"application/pdf"}),
    "pdf with a document behind it": (lambda: real("application/pdf") + real(DOCX), {"application/pdf"}),
    "pdf with a page behind it": (lambda: b"%PDF-1.7\n<html><script>", {"application/pdf"}),
    "pdf behind text": (lambda: b"junk\n%PDF-1.7\n", TEXTS),
    "pdf behind white space": (lambda: b" %PDF-1.7\n", TEXTS),
    "pdf behind bytes": (lambda: bytes(16) + real("application/pdf"), set()),
    "pdf behind a page": (lambda: b"<html>%PDF-1.7\n", set()),
    "document behind a gif": (lambda: real("image/gif") + real(DOCX), {"image/gif"}),
    "document behind a compound file": (lambda: real(DOC) + real(DOCX), {DOC}),
    "compound file behind a document": (lambda: real(DOCX) + real(DOC), {DOCX}),
    "heic in the body of an mp4": (lambda: real("video/mp4") + real("image/heic"), {"video/mp4"}),
    "page behind a message": (lambda: b"From: a\n\n<html>", TEXTS | {"message/rfc822"}),
}


@pytest.mark.parametrize("what", POLYGLOTS)
def test_a_file_that_is_two_things_is_taken_as_what_it_begins_as(what):
    make, taken_as = POLYGLOTS[what]
    assert takers(make()) == taken_as


def test_a_document_with_a_sheet_inside_is_a_document_in_whatever_order_its_directory_stands():
    """[MS-CFB] 2.6 gives the entries no order; the root's class is the application's own word."""
    inside, own = ("ObjectPool", "Workbook"), ("1Table", "WordDocument")
    assert takers(files.compound((*own, *inside), class_=files.WORD_CLASS)) == {DOC}
    assert takers(files.compound((*inside, *own), class_=files.WORD_CLASS)) == {DOC}


@pytest.mark.parametrize(
    ("major", "compatible", "taken_as"),
    [
        (b"heic", [b"mif1", b"heic"], "image/heic"),
        (b"heix", [b"mif1", b"heix"], "image/heic"),
        (b"mif1", [b"mif1", b"heic"], "image/heic"),
        (b"mif1", [b"mif1", b"avif"], None),
        (b"mif1", [b"mif1"], None),
        (b"avif", [b"mif1", b"miaf"], None),
        (b"avis", [b"avif", b"msf1", b"iso8"], None),
        (b"mp42", [b"isom", b"mp42"], "video/mp4"),
        (b"isom", [b"isom", b"iso2", b"avc1", b"mp41"], "video/mp4"),
        (b"MSNV", [b"MSNV", b"mp42", b"isom"], "video/mp4"),
        (b"3gp4", [b"isom", b"3gp4"], "video/mp4"),
        (b"M4V ", [], "video/mp4"),
        (b"isom", [b"isom", b"heic"], None),
        (b"mp42", [b"qt  ", b"mp42"], "video/mp4"),
        (b"qt  ", [b"qt  "], "video/quicktime"),
        (b"qt  ", [b"mp42", b"isom"], "video/quicktime"),
        (b"jp2 ", [b"jp2 "], None),
        (b"crx ", [b"crx "], None),
    ],
)
def test_files_of_one_family_are_told_apart_by_their_brands(major, compatible, taken_as):
    assert takers(box(major, *compatible)) == ({taken_as} if taken_as else set())


@pytest.mark.parametrize("size", [0, 1, 8, 15, 4097, 2**31, 2**32 - 1])
def test_a_first_box_of_an_impossible_size_is_refused(size):
    film = real("video/mp4")
    assert takers(film) == {"video/mp4"}
    assert takers(struct.pack(">I", size) + film[4:]) == set()


@pytest.mark.parametrize("type_", SHORTEST)
def test_a_file_cut_off_inside_its_first_mark_is_refused(type_):
    content, shortest = real(type_), SHORTEST[type_]
    assert is_what_it_says(type_, io.BytesIO(content[:shortest]))
    assert not any(is_what_it_says(type_, io.BytesIO(content[:length])) for length in range(shortest))


@pytest.mark.parametrize("type_", [*ZIPS, *COMPOUNDS])
def test_a_container_cut_off_before_what_tells_it_is_refused(type_):
    content = real(type_)
    told = len(content) if type_ in ZIPS else 1024
    lengths = {*range(65), *range(65, told, 1 + told // 300), told - 1}
    assert takers(content) == {type_}
    assert not any(takers(content[:length]) & {*ZIPS, *COMPOUNDS} for length in lengths)


@pytest.mark.parametrize("type_", TYPES)
def test_a_head_of_any_length_gives_an_answer(type_):
    """It may be text: `GIF8` is."""
    for length in range(65):
        assert takers(real(type_)[:length]) <= {type_} | TEXTS | {"message/rfc822"}


def test_nothing_has_no_mark_and_is_no_message():
    """It could only be text, and is refused before: a size is 1 byte at least."""
    assert takers(b"") <= TEXTS


def test_one_byte_is_text_or_nothing():
    taken = {byte: takers(bytes([byte])) for byte in range(256)}
    assert taken.pop(0) == set()
    assert all(types == TEXTS for types in taken.values())


@pytest.mark.parametrize("type_", [*SHORTEST, *ZIPS, *COMPOUNDS])
def test_a_file_with_something_before_its_first_mark_is_not_of_its_type(type_):
    assert is_what_it_says(type_, io.BytesIO(real(type_)))
    for before in (b"\x00", b"\n", b"\xef\xbb\xbf", b"<html>", b"PK\n"):
        assert not is_what_it_says(type_, io.BytesIO(before + real(type_)))


class Watched(io.BytesIO):
    """A file that remembers how much of it was read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        self.taken += len(content)
        return content


@pytest.mark.parametrize("type_", TYPES)
def test_a_long_file_is_not_read_further_than_it_takes(type_):
    behind = bytes(1_000_000)
    if type_ in ZIPS:
        file = Watched(files.zipped(files.unzipped(real(type_)) | {"film.bin": behind}))
    else:
        file = Watched(real(type_).ljust(HEAD_BYTES, b"\n") + behind)
    assert is_what_it_says(type_, file)
    assert file.taken <= (2 if type_ in COMPOUNDS else 10 if type_ in ZIPS else 1) * HEAD_BYTES + 512


class Guarded(io.BytesIO):
    """A file of which only so much is given; more is an OSError, as the bucket's is."""

    def __init__(self, content: bytes, left: int) -> None:
        super().__init__(content)
        self.left = left

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        self.left -= len(content)
        if self.left < 0:
            raise OSError("more is asked for than is looked at")
        return content


@pytest.mark.parametrize("type_", ZIPS)
def test_a_zip_whose_directory_is_too_long_to_look_at_is_refused(type_):
    parts = files.unzipped(real(type_)) | {f"{n}.xml": b"" for n in range(1000)}
    assert is_what_it_says(type_, Guarded(files.zipped(parts), 500_000))
    assert not is_what_it_says(type_, Guarded(files.zipped(parts), 50_000))


def test_a_zip_that_lies_about_its_directory_is_refused():
    honest = files.zipped(files.unzipped(real(DOCX)))
    end = honest.rindex(b"PK\x05\x06")
    assert takers(honest) == {DOCX}
    for field, size in ((8, 2), (10, 2), (12, 4), (16, 4)):
        for lie in (b"\xff" * size, b"\xfe" * size, b"\x7f" * size):
            lying = honest[: end + field] + lie + honest[end + field + size :]
            assert takers(lying) <= {DOCX}
    assert takers(honest[: end + 12] + b"\xff\xff\xff\x7f" + honest[end + 16 :]) == set(), "longer than the file"
    assert takers(honest[: end + 12] + b"\x00" * 4 + honest[end + 16 :]) == set(), "empty"


def test_a_zip_of_a_later_version_or_with_a_broken_name_is_refused():
    honest = files.zipped(files.unzipped(real(DOCX)) | {"ა": b""})
    first = honest.index(b"PK\x01\x02")
    assert takers(honest) == {DOCX}
    assert takers(honest[: first + 6] + b"\xff" + honest[first + 7 :]) == set()
    assert takers(honest.replace("ა".encode(), b"\xff\xff\xff")) == set()


@given(st.binary(max_size=512), st.sampled_from(TYPES))
@settings(max_examples=200)
def test_looking_at_any_bytes_gives_an_answer(content, type_):
    assert is_what_it_says(type_, io.BytesIO(content)) in {True, False}


@given(
    st.sampled_from(TYPES),
    st.sampled_from(TYPES),
    st.lists(st.tuples(st.integers(1, 600), st.binary(min_size=1, max_size=4), st.booleans()), max_size=6),
    st.none() | st.integers(0, 4096),
)
@settings(max_examples=300)
def test_looking_at_a_broken_file_gives_an_answer(type_, declared, wounds, cut):
    content = bytearray(real(type_))
    for at, bytes_, is_behind in wounds:
        start = len(content) - at if is_behind else at
        content[max(start, 0) : max(start, 0) + len(bytes_)] = bytes_
    whole = bytes(content[:cut])
    assert is_what_it_says(type_, io.BytesIO(whole)) in {True, False}
    assert is_what_it_says(declared, io.BytesIO(whole)) in {True, False}


@given(st.sampled_from(TYPES), st.binary(max_size=200), st.integers(0, 64))
def test_looking_at_a_real_head_with_anything_behind_gives_an_answer(type_, behind, length):
    assert is_what_it_says(type_, io.BytesIO(real(type_)[:length] + behind)) in {True, False}


@given(st.binary(max_size=200), st.sampled_from(ZIPS))
def test_looking_at_a_zip_with_any_directory_gives_an_answer(directory, type_):
    begin = without_directory(real(type_))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), len(begin), 0)
    assert is_what_it_says(type_, io.BytesIO(begin + directory + end)) in {True, False}


def test_a_zip_of_many_gigabytes_is_told_like_any_other():
    """Its numbers stand in a second end record, of 64 bits."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in files.unzipped(real(DOCX)).items():
            with archive.open(name, "w", force_zip64=True) as written:
                written.write(part)
    assert takers(file.getvalue()) == {DOCX}


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("photo.png", "photo.png"),
        ("C:\\Users\\anna\\photo.png", "photo.png"),
        ("/etc/passwd", "passwd"),
        ("../../photo.png", "photo.png"),
        ("..\\..\\photo.png", "photo.png"),
        ("a/b\\c.png", "c.png"),
        ("a\\b/c.png", "c.png"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("\u2066photo\u2069.png", "photo.png"),
        ("pho\u200fto\u200e\u061c.png", "photo.png"),
        ("\u202aa\u202bb\u202cc\u202dd\u2067e\u2068.png", "abcde.png"),
        ("\ufeffphoto\u200b.png", "photo.png"),
        ("pho\u2028to\u2029.png", "photo.png"),
        ("pho\x00to\r\n.png\x7f\x85", "photo.png"),
        ("a\nb\tc.png", "abc.png"),
        ("სურათი №1.png", "სურათი №1.png"),
        ("Рахунок за листопад.pdf", "Рахунок за листопад.pdf"),
        ("zażółć gęślą jaźń.pdf", "zażółć gęślą jaźń.pdf"),
        ("فاتورة.pdf", "فاتورة.pdf"),
        ('quo"te; name=x.png', 'quo"te; name=x.png'),
        ("it's 100%.png", "it's 100%.png"),
        (".htaccess", "htaccess"),
        ("  photo.png. ", "photo.png"),
        ("\u202e .htaccess", "htaccess"),
        (". .htaccess", "htaccess"),
        ("photo. .", "photo"),
        ("\U0001f600.png", "\U0001f600.png"),
    ],
)
def test_a_name_keeps_its_letters_and_loses_paths_and_marks(name, clean):
    assert clean_name(name) == clean


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "...", " . ", "photos/", "a\\", "/", "\u202e", "..\u200b", "\x00", "\u202e/..", "\u2028"),
        *(". .", ". . .", ".. ..", ". .. .", " . . . . ", ".\u2066 .\u202e ."),
    ],
)
def test_a_name_of_which_nothing_is_left_is_file(name):
    assert clean_name("a" + name.replace("/", "").replace("\\", "")).startswith("a")
    assert clean_name(name) == "file"


ODD = st.text() | st.text(alphabet="./\\ a\u202e\u200b\u2066\u2028\x00\r\nა\U0001f600", max_size=12)


@given(ODD)
@example(". . .")
@example(". .htaccess")
def test_no_name_holds_a_path_a_control_or_a_direction_mark(name):
    clean = clean_name(name)
    assert clean
    assert not {"/", "\\"} & set(clean)
    assert not {"Cc", "Cf", "Zl", "Zp"} & {unicodedata.category(char) for char in clean}
    assert clean == clean.strip().strip("."), "and it is neither hidden nor a folder"
    assert len(clean) <= max(len(name), len("file"))


@given(ODD)
@example(". .a")
@example("a. . .")
def test_a_clean_name_is_left_as_it_is(name):
    assert clean_name(clean_name(name)) == clean_name(name)


@pytest.mark.parametrize("type_", TYPES)
def test_a_name_with_an_ending_of_its_type_is_kept(type_):
    for ending in KINDS[type_].endings:
        for name in (
            f"ფოტო{ending}",
            f"ფოტო{ending.upper()}",
            f"a.exe{ending}",
            f"{'ქ' * (255 - len(ending))}{ending}",
        ):
            assert name_for(type_, name) == name


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize(
    "name", ["ფოტო", "photo.exe", "photo.html", "photo.png.scr", "photo.PNG.bat", "a.b.c", "photo."]
)
def test_a_name_with_another_ending_or_none_gets_its_types(type_, name):
    first = KINDS[type_].endings[0]
    assert name_for(type_, name) == f"{name.removesuffix('.')}{first}"


@pytest.mark.parametrize("type_", TYPES)
def test_a_name_that_is_nothing_but_its_ending_is_a_name(type_):
    ending = KINDS[type_].endings[0]
    assert name_for(type_, ending) == f"{ending.removeprefix('.')}{ending}"
    assert name_for(type_, "../") == f"file{ending}"


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("letter", ["a", "ქ", "\U0001f600", "é", "İ"])
def test_the_longest_name_makes_room_for_its_ending(type_, letter):
    ending = KINDS[type_].endings[0]
    assert name_for(type_, letter * 255) == letter * (255 - len(ending)) + ending
    assert name_for(type_, letter * 400 + ending) == letter * (255 - len(ending)) + ending


@given(
    st.sampled_from(TYPES),
    ODD | st.text(min_size=240, max_size=260),
    st.sampled_from(["", ".PNG", ".exe", ".JPG", ".eml"]),
)
def test_what_a_file_is_saved_as_is_short_and_ends_as_its_type(type_, name, ending):
    saved = name_for(type_, name + ending)
    assert len(saved) <= 255
    assert saved.lower().endswith(KINDS[type_].endings)
    assert not saved.startswith(".")
    assert not {"/", "\\"} & set(saved)
    assert not {"Cc", "Cf", "Zl", "Zp"} & {unicodedata.category(char) for char in saved}
    assert name_for(type_, saved) == saved


@pytest.mark.parametrize("size", [1, MAX_BYTES])
def test_a_file_has_1_byte_to_50_mebibytes(size):
    assert msgspec.convert(size, Size) == size


@pytest.mark.parametrize("size", [0, -1, MAX_BYTES + 1, 1.5, True, "1"])
def test_any_other_size_is_refused(size):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(size, Size)


def test_fifty_mebibytes_are_fifty_mebibytes():
    assert MAX_BYTES == 52_428_800


@pytest.mark.parametrize("digest", ["", "A" * 64, "a" * 63, "a" * 65, "g" * 64, " " + "a" * 63])
def test_a_digest_is_64_lower_case_hex_digits(digest):
    assert msgspec.convert("a" * 64, Sha256) == "a" * 64
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(digest, Sha256)


def test_a_digest_ends_with_its_last_digit():
    for end in ("\n", "\r\n", " ", "\x00"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(f"{'a' * 64}{end}", Sha256)
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(f"{'a' * 63}{end}", Sha256)
