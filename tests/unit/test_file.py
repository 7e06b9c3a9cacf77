"""A file is what it says it is, and its name is only a name."""

import io
import unicodedata
import zipfile

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from chalicelib.domain.file import HEAD_BYTES, MAX_BYTES, TYPES, Sha256, Size, clean_name, is_what_it_says


def made_by_pillow(format_: str) -> bytes:
    """The head of a small picture in this format."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(buffer, format_)
    return buffer.getvalue()[:HEAD_BYTES]


def a_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "text")
    return buffer.getvalue()


HEADS = {
    "image/png": made_by_pillow("PNG"),
    "image/jpeg": made_by_pillow("JPEG"),
    "application/pdf": made_by_pillow("PDF"),
}
SHORTEST = {"image/png": 16, "image/jpeg": 3, "application/pdf": 5}
"""From how many bytes on a type can be told."""
NEVER = {
    "nothing": b"",
    "html": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "svg": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "zip": a_zip(),
    "gzip": b"\x1f\x8b\x08\x00" + bytes(60),
    "windows program": b"MZ" + bytes(60),
    "linux program": b"\x7fELF" + bytes(60),
    "script": b"#!/bin/sh\nrm -rf /\n",
    "zeros": bytes(64),
    "html that quotes a pdf": b"<html>%PDF-1.7</html>",
    "space before a pdf": b" %PDF-1.7",
    "apple's broken png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\x04CgBI",
    "png after a transfer as text": made_by_pillow("PNG").replace(b"\r\n", b"\n"),
}


@pytest.mark.parametrize("type_", TYPES)
def test_a_file_is_taken_as_its_own_type_only(type_):
    assert [each for each in TYPES if is_what_it_says(each, HEADS[type_])] == [type_]


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("what", NEVER)
def test_other_content_is_refused_whatever_it_says(type_, what):
    assert is_what_it_says(type_, HEADS[type_])
    assert not is_what_it_says(type_, NEVER[what])


@pytest.mark.parametrize("type_", TYPES)
def test_a_file_cut_off_inside_its_first_mark_is_refused(type_):
    shortest = SHORTEST[type_]
    assert is_what_it_says(type_, HEADS[type_][:shortest])
    assert not any(is_what_it_says(type_, HEADS[type_][:length]) for length in range(shortest))


@pytest.mark.parametrize("type_", TYPES)
def test_a_file_with_something_before_its_first_mark_is_refused(type_):
    assert is_what_it_says(type_, HEADS[type_])
    for before in (b"\x00", b"\n", b"\xef\xbb\xbf", b"<html>"):
        assert not is_what_it_says(type_, before + HEADS[type_])


def test_no_page_drawing_or_archive_is_a_type_that_is_taken():
    assert not {"text/html", "image/svg+xml", "application/zip", "application/xhtml+xml"} & set(TYPES)


@given(st.binary(max_size=64), st.sampled_from(TYPES))
def test_looking_at_any_bytes_gives_an_answer(head, type_):
    assert is_what_it_says(type_, head) in {True, False}


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
        ("\ufeffphoto\u200b.png", "photo.png"),
        ("pho\x00to\r\n.png\x7f\x85", "photo.png"),
        ("სურათი №1.png", "სურათი №1.png"),
        ("Рахунок за листопад.pdf", "Рахунок за листопад.pdf"),
        ("zażółć gęślą jaźń.pdf", "zażółć gęślą jaźń.pdf"),
        ('quo"te; name=x.png', 'quo"te; name=x.png'),
        (".htaccess", "htaccess"),
        ("  photo.png. ", "photo.png"),
        ("\U0001f600.png", "\U0001f600.png"),
    ],
)
def test_a_name_keeps_its_letters_and_loses_paths_and_marks(name, clean):
    assert clean_name(name) == clean


@pytest.mark.parametrize(
    "name", ["", ".", "..", "...", " . ", "photos/", "a\\", "/", "\u202e", "..\u200b", "\x00", "\u202e/.."]
)
def test_a_name_of_which_nothing_is_left_is_file(name):
    assert clean_name(name) == "file"


@given(st.text() | st.text(alphabet="./\\ a\u202e\u200b\x00\r\nა", max_size=12))
def test_no_name_holds_a_path_a_control_or_a_direction_mark(name):
    clean = clean_name(name)
    assert clean
    assert not {"/", "\\"} & set(clean)
    assert not {"Cc", "Cf"} & {unicodedata.category(char) for char in clean}
    assert clean not in {".", ".."}
    assert len(clean) <= max(len(name), len("file"))


@given(st.text())
def test_a_clean_name_is_left_as_it_is(name):
    assert clean_name(clean_name(name)) == clean_name(name)


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
