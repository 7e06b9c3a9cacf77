"""Small real files of every type that is taken, made by the libraries that people's programs use.

No Python library writes `doc` and `msg`: theirs are compound files of our own, [MS-CFB] 2, with the streams that Word
and Outlook give them and nothing of use inside.
"""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from email.message import EmailMessage
from functools import cache
from typing import Any

OPEN_XML = "application/vnd.openxmlformats-officedocument"
OPEN_DOCUMENT = "application/vnd.oasis.opendocument"
DOCX = f"{OPEN_XML}.wordprocessingml.document"
XLSX = f"{OPEN_XML}.spreadsheetml.sheet"
PPTX = f"{OPEN_XML}.presentationml.presentation"
ODT = f"{OPEN_DOCUMENT}.text"
ODS = f"{OPEN_DOCUMENT}.spreadsheet"
DOC, XLS, MSG = "application/msword", "application/vnd.ms-excel", "application/vnd.ms-outlook"

WORD_CLASS = bytes.fromhex("0609020000000000c000000000000046")
EXCEL_CLASS = bytes.fromhex("2008020000000000c000000000000046")
OUTLOOK_CLASS = bytes.fromhex("0b0d020000000000c000000000000046")
INSTALLER_CLASS = bytes.fromhex("84100c0000000000c000000000000046")
"""The class that a Windows Installer package (.msi) has at its root."""

GEORGIAN = "ნომერი 204 ორჯერ დაიჯავშნა.\nრა ვქნათ?\n"
RUSSIAN = "204: номер забронирован дважды.\r\n205: что делать?\r\n"
ROWS = (("ოთახი", "სტუმარი"), ("204", "ანა; ბექა"), ("205", 'სასტუმრო "მთა"'))


@cache
def picture(format_: str, mode: str = "RGB", **options: Any) -> bytes:
    """A picture made by Pillow; `options` are its encoder's."""
    from PIL import Image

    file = io.BytesIO()
    Image.new(mode, (64, 48), 0 if mode in {"1", "L", "P"} else "teal").save(file, format_, **options)
    return file.getvalue()


@cache
def animation(format_: str) -> bytes:
    """Two frames made by Pillow."""
    from PIL import Image

    file = io.BytesIO()
    first, second = Image.new("RGB", (32, 24), "teal"), Image.new("RGB", (32, 24), "navy")
    first.save(file, format_, save_all=True, append_images=[second], duration=100)
    return file.getvalue()


@cache
def heic() -> bytes:
    """A photograph as telephones save it."""
    import pillow_heif
    from PIL import Image

    file = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (64, 48), "teal")).save(file)
    return file.getvalue()


@cache
def film(format_: str, codec: str, movflags: str = "") -> bytes:
    """A few frames in a container of FFmpeg's."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=format_, options={"movflags": movflags} if movflags else {}) as made:
        stream: Any = made.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(3):
            made.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        made.mux(stream.encode())
    return file.getvalue()


@cache
def docx() -> bytes:
    """A letter by python-docx."""
    from docx import Document

    file, letter = io.BytesIO(), Document()
    letter.add_paragraph(GEORGIAN)
    letter.save(file)
    return file.getvalue()


@cache
def xlsx() -> bytes:
    """A sheet by openpyxl."""
    from openpyxl import Workbook

    file, book = io.BytesIO(), Workbook()
    for row in ROWS:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


@cache
def pptx() -> bytes:
    """A slide by python-pptx."""
    from pptx import Presentation

    file, show = io.BytesIO(), Presentation()
    show.slides.add_slide(show.slide_layouts[6])
    show.save(file)
    return file.getvalue()


@cache
def xls() -> bytes:
    """A sheet by xlwt, as Excel 97 saved it."""
    from xlwt import Workbook

    file, book = io.BytesIO(), Workbook()
    sheet = book.add_sheet("ოთახები")
    for at, row in enumerate(ROWS):
        for column, value in enumerate(row):
            sheet.write(at, column, value)
    book.save(file)
    return file.getvalue()


@cache
def comma_separated(encoding: str = "utf-8") -> bytes:
    """Rows as a spreadsheet exports them."""
    text = io.StringIO()
    csv.writer(text).writerows(ROWS if encoding.startswith("utf") else (("Номер", "Гость"), ("204", "Анна, Борис")))
    return text.getvalue().encode(encoding)


@cache
def mail() -> bytes:
    """A message with a page and a file in it, as mail programs save it."""
    message = EmailMessage()
    message["From"], message["To"] = "Anna <anna@hotel.example>", "help@deskbell.example"
    message["Date"], message["Message-ID"] = "Sun, 22 Nov 2026 13:08:00 +0400", "<1@hotel.example>"
    message["Subject"] = "ორმაგი ჯავშანი"
    message.set_content(GEORGIAN)
    message.add_alternative("<!doctype html><p>ნომერი <b>204</b></p>", subtype="html")
    message.add_attachment(picture("PNG"), maintype="image", subtype="png", filename="ეკრანი.png")
    return message.as_bytes()


class _Pipe(io.RawIOBase):
    """Somewhere to write to and not to go back in, so that zip's sizes stand behind the data."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.written += data
        return len(data)


def zipped(parts: Mapping[str, bytes], *, comment: bytes = b"", streamed: bool = False) -> bytes:
    """A zip of these parts in this order, the first stored, the others deflated.

    A streamed one has its sizes behind the data, as servers write zips.
    """
    file = _Pipe() if streamed else io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for at, (name, content) in enumerate(parts.items()):
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED if at else zipfile.ZIP_STORED)
        archive.comment = comment
    return bytes(file.written) if isinstance(file, _Pipe) else file.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    """The parts of a zip in their order."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def renamed(content: bytes, names: Mapping[str, str]) -> bytes:
    """The zip with some of its parts under other names."""
    return zipped({names.get(name, name): part for name, part in unzipped(content).items()})


def open_document_parts(type_: str) -> dict[str, bytes]:
    """What an OpenDocument file must hold, its type first: OpenDocument 1.3, part 2, 2.2 and 3."""
    office = "urn:oasis:names:tc:opendocument:xmlns"
    body = {
        ODT: f"<office:text><text:p>{GEORGIAN}</text:p></office:text>",
        ODS: '<office:spreadsheet><table:table table:name="ოთახები"/></office:spreadsheet>',
    }.get(type_, "<office:drawing/>")
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{office}:office:1.0" '
        f'xmlns:text="{office}:text:1.0" xmlns:table="{office}:table:1.0" office:version="1.3">'
        f"<office:body>{body}</office:body></office:document-content>"
    )
    manifest = (
        f'<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="{office}:manifest:1.0" '
        f'manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:media-type="{type_}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    return {"mimetype": type_.encode(), "content.xml": content.encode(), "META-INF/manifest.xml": manifest.encode()}


@cache
def open_document(type_: str) -> bytes:
    """The least that an office program opens."""
    return zipped(open_document_parts(type_))


_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound(
    names: tuple[str, ...], *, class_: bytes = bytes(16), shift: int = 9, stream_bytes: int = 4096, at_end: bool = False
) -> bytes:
    """A compound file, [MS-CFB] 2.2 to 2.6: streams of zeros with these names in this order, a class at the root.

    `shift` 9 makes version 3, 12 version 4. The tables stand in front, then the directory, then the streams;
    `at_end` puts the directory last. The directory's tree is a chain: names must come sorted, by length first, only
    for readers that look one up.
    """
    sector = 1 << shift
    entries = [_entry("Root Entry", 5, _END, 0, class_=class_, child=1 if names else _FREE)]
    per_stream = -(-stream_bytes // sector)
    directory = -(-128 * (len(names) + 1) // sector)
    data = directory + per_stream * len(names)
    tables = next(count for count in range(1, 110) if (count + data) * 4 <= count * sector)
    directory_at = tables + (data - directory if at_end else 0)
    streams_at = tables + (0 if at_end else directory)
    table = [_FREE] * (tables * sector // 4)
    table[:tables] = [_FAT] * tables
    _chain(table, directory_at, directory)
    for number, name in enumerate(names):
        start, right = streams_at + number * per_stream, number + 2 if number + 1 < len(names) else _FREE
        _chain(table, start, per_stream)
        entries.append(_entry(name, 2, start, stream_bytes, right=right))
    folder = b"".join(entries).ljust(directory * sector, b"\x00")
    streams = bytes(per_stream * sector * len(names))
    fat = b"".join(_four(each) for each in table)
    return (
        _header(shift, tables, directory_at, directory).ljust(sector, b"\x00")
        + fat
        + (streams + folder if at_end else folder + streams)
    )


def _chain(table: list[int], start: int, count: int) -> None:
    table[start : start + count] = [*range(start + 1, start + count), _END]


def _four(value: int) -> bytes:
    return value.to_bytes(4, "little")


def _header(shift: int, tables: int, directory_at: int, directory: int) -> bytes:
    version, shifts = {9: 3, 12: 4}[shift], shift.to_bytes(2, "little") + b"\x06\x00"
    begin = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + b"\x3e\x00" + version.to_bytes(2, "little") + b"\xfe\xff"
    counts = (directory if version == 4 else 0, tables, directory_at, 0, 4096, _END, 0, _END, 0)
    first_tables = [*range(tables), *[_FREE] * (109 - tables)]
    return begin + shifts + bytes(6) + b"".join(_four(each) for each in (*counts, *first_tables))


def _entry(
    name: str, kind: int, start: int, size: int, *, class_: bytes = bytes(16), child: int = _FREE, right: int = _FREE
) -> bytes:
    written = f"{name}\x00".encode("utf-16-le")
    tree = _four(_FREE) + _four(right) + _four(child)
    kinds = len(written).to_bytes(2, "little") + bytes([kind, 1])
    end = class_ + bytes(20) + _four(start) + size.to_bytes(8, "little")
    return written.ljust(64, b"\x00") + kinds + tree + end


@cache
def doc() -> bytes:
    """What Word 97 saved: its streams, and its class."""
    return compound(("1Table", "WordDocument"), class_=WORD_CLASS)


@cache
def msg() -> bytes:
    """What Outlook saves: its streams, and its class."""
    return compound(("__nameid_version1.0", "__properties_version1.0"), class_=OUTLOOK_CLASS)


_MAKERS: dict[str, tuple[Callable[[], bytes], str]] = {
    "image/png": (lambda: picture("PNG"), ".png"),
    "image/jpeg": (lambda: picture("JPEG"), ".jpg"),
    "image/gif": (lambda: picture("GIF"), ".gif"),
    "image/webp": (lambda: picture("WEBP"), ".webp"),
    "image/heic": (heic, ".heic"),
    "video/mp4": (lambda: film("mp4", "h264"), ".mp4"),
    "video/webm": (lambda: film("webm", "vp8"), ".webm"),
    "video/quicktime": (lambda: film("mov", "h264"), ".mov"),
    "application/pdf": (lambda: picture("PDF"), ".pdf"),
    "text/plain": (GEORGIAN.encode, ".txt"),
    "text/csv": (comma_separated, ".csv"),
    "message/rfc822": (mail, ".eml"),
    MSG: (msg, ".msg"),
    DOC: (doc, ".doc"),
    XLS: (xls, ".xls"),
    DOCX: (docx, ".docx"),
    XLSX: (xlsx, ".xlsx"),
    PPTX: (pptx, ".pptx"),
    ODT: (lambda: open_document(ODT), ".odt"),
    ODS: (lambda: open_document(ODS), ".ods"),
}


class _Files(Mapping[str, tuple[bytes, str]]):
    """Made when they are first asked for, so that naming the types costs nothing."""

    def __getitem__(self, type_: str) -> tuple[bytes, str]:
        make, ending = _MAKERS[type_]
        return make(), ending

    def __iter__(self) -> Iterator[str]:
        return iter(_MAKERS)

    def __len__(self) -> int:
        return len(_MAKERS)


REAL: Mapping[str, tuple[bytes, str]] = _Files()
"""A real file of every type that is taken, and the ending of its name."""

OTHER_REAL: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "interlaced png of two colours": ("image/png", lambda: picture("PNG", "1", optimize=True)),
    "progressive jpeg": ("image/jpeg", lambda: picture("JPEG", progressive=True)),
    "jpeg for printers": ("image/jpeg", lambda: picture("JPEG", "CMYK")),
    "moving gif": ("image/gif", lambda: animation("GIF")),
    "lossless webp": ("image/webp", lambda: picture("WEBP", lossless=True)),
    "moving webp": ("image/webp", lambda: animation("WEBP")),
    "mp4 in fragments": ("video/mp4", lambda: film("mp4", "h264", "frag_keyframe+empty_moov+default_base_moof")),
    "mp4 for streaming": ("video/mp4", lambda: film("mp4", "h264", "dash+frag_keyframe+empty_moov")),
    "mp4 of an old coding": ("video/mp4", lambda: film("mp4", "mpeg4")),
    "webm of a newer coding": ("video/webm", lambda: film("webm", "libvpx-vp9")),
    "text of one letter": ("text/plain", lambda: b"a"),
    "text by a windows editor": ("text/plain", lambda: GEORGIAN.replace("\n", "\r\n").encode("utf-8-sig")),
    "text in cp1251": ("text/plain", lambda: RUSSIAN.encode("cp1251")),
    "csv by a windows spreadsheet": ("text/csv", lambda: comma_separated("utf-8-sig")),
    "csv in cp1251": ("text/csv", lambda: comma_separated("cp1251")),
    "mail with windows line ends": ("message/rfc822", lambda: mail().replace(b"\n", b"\r\n")),
    "mail by a server": ("message/rfc822", lambda: b"Received: from a\n by b;\n\tnow\nX-Any: 1\n" + mail()),
    "document told by its class alone": (DOC, lambda: compound(("Data",), class_=WORD_CLASS)),
    "document told by its stream alone": (DOC, lambda: compound(("Data", "WordDocument"))),
    "sheet told by its class alone": (XLS, lambda: compound(("Data",), class_=EXCEL_CLASS)),
    "sheet of excel 95": (XLS, lambda: compound(("Book",))),
    "message told by its class alone": (MSG, lambda: compound(("Data",), class_=OUTLOOK_CLASS)),
    "message told by its properties": (MSG, lambda: compound(("__properties_version1.0",))),
    "document with a directory at its end": (DOC, lambda: compound(("Data", "WordDocument"), shift=12, at_end=True)),
    "docx written by a server": (DOCX, lambda: zipped(unzipped(docx()), streamed=True)),
    "docx with a comment at its end": (DOCX, lambda: zipped(unzipped(docx()), comment=b"sent by the front desk")),
    "docx by an online editor": (DOCX, lambda: renamed(docx(), {"word/document.xml": "word/document2.xml"})),
    "xlsx with other capitals": (XLSX, lambda: renamed(xlsx(), {"[Content_Types].xml": "[content_types].xml"})),
    "xlsx with backslashes": (XLSX, lambda: renamed(xlsx(), {"xl/workbook.xml": "xl\\workbook.xml"})),
    "sheet in capitals": (XLS, lambda: compound(("WORKBOOK",))),
    "document with a sheet first": (DOC, lambda: compound(("Workbook", "WordDocument"), class_=WORD_CLASS)),
    "webm by a screen recorder": (
        "video/webm",
        lambda: film("webm", "libvpx").replace(b"\x42\x82\x84webm", b"\x42\x82\x85webm\x00", 1),
    ),
    "film without a brand": ("video/quicktime", lambda: (8).to_bytes(4) + b"wide" + (9).to_bytes(4) + b"mdat\x00"),
    "mail in a mailbox": ("message/rfc822", lambda: b"From - Sun Nov 22 13:08:00 2026\n" + mail()),
    "odt written by a server": (ODT, lambda: zipped(open_document_parts(ODT), streamed=True)),
}
"""More of the same types, as other programs write them."""
