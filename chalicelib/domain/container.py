"""What stands inside a container: told from its directory, nothing is unpacked."""

import re
import struct
from collections.abc import Iterable
from typing import BinaryIO, Literal
from zipfile import BadZipFile, ZipFile

Compound = Literal["doc", "xls", "msg"]
_MACROS = "vbaproject.bin"

_SECTOR_SHIFT_AT = 30
_DIRECTORY_AT = 48
_HEADER_BYTES = 512
_SHIFTS = (9, 12)
_ENTRY_BYTES = 128
_ENTRIES_BYTES = 4096
_NAME_BYTES = 64
_CLASS_AT = 80
_OWN_NAMES: dict[str, Compound] = {
    "worddocument": "doc",
    "workbook": "xls",
    "book": "xls",
    "__nameid_version1.0": "msg",
    "__properties_version1.0": "msg",
}
_OWN_CLASSES: dict[bytes, Compound] = {
    bytes.fromhex("0009020000000000c000000000000046"): "doc",
    bytes.fromhex("0609020000000000c000000000000046"): "doc",
    bytes.fromhex("1008020000000000c000000000000046"): "xls",
    bytes.fromhex("2008020000000000c000000000000046"): "xls",
    bytes.fromhex("0b0d020000000000c000000000000046"): "msg",
}
"""The classes that Word, Excel and Outlook give the root of what they save, as they stand in the file."""


def holds_parts(file: BinaryIO, parts: Iterable[str]) -> bool:
    """Whether a zip has parts of all these names (patterns in lower case: ECMA-376-2, 6.2.2.3), and no macros.

    Its directory stands at its end: APPNOTE 6.3.10, 4.3.12.
    """
    try:
        with ZipFile(file) as packed:
            names = [name.lower().replace("\\", "/") for name in packed.namelist()]
    # All that zipfile raises for what is no zip, or one that it does not know, or that lies about its sizes.
    except (BadZipFile, NotImplementedError, OSError, OverflowError, ValueError, struct.error):
        return False
    has_macros = any(name.endswith(_MACROS) for name in names)
    return not has_macros and all(any(re.fullmatch(part, name) for name in names) for part in parts)


def compound_kind(file: BinaryIO) -> Compound | None:
    """What a compound file is, by its root and the first entries of its directory: [MS-CFB] 2.2 and 2.6; or None.

    Only the directory's beginning is read. The class that an application gives the root counts first, since what is
    embedded has the names of its own kind further on.
    """
    file.seek(0)
    header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES:
        return None
    shift = int.from_bytes(header[_SECTOR_SHIFT_AT : _SECTOR_SHIFT_AT + 2], "little")
    sector = int.from_bytes(header[_DIRECTORY_AT : _DIRECTORY_AT + 4], "little")
    if shift not in _SHIFTS:
        return None
    file.seek((sector + 1) << shift)
    entries = file.read(_ENTRIES_BYTES)
    by_class = _OWN_CLASSES.get(entries[_CLASS_AT : _CLASS_AT + 16])
    names = (entries[at : at + _NAME_BYTES] for at in range(0, len(entries), _ENTRY_BYTES))
    by_name = (_OWN_NAMES.get(name.decode("utf-16-le", "replace").partition("\x00")[0].lower()) for name in names)
    return by_class or next(filter(None, by_name), None)
