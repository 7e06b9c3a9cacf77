"""What a text from outside may be, and how long."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.text import LANGUAGES, FileName, Language, ShortText, Subject, Text

CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"]


def read(text: str, type_: Any = Text) -> Any:
    return msgspec.json.decode(json.dumps(text).encode(), type=type_)


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "line\nline",
        "cell\tcell",
        "\n a \t",
        "a\n",
        "\u10d3\u10d0\u10ee\u10db\u10d0\u10e0\u10d4\u10d1\u10d0",
        "\u0457\u0436\u0430\u043a \u0438 \u0451\u0436",
        "\U0001f600",
        "\U0001f469\u200d\U0001f4bb",
        "\u05e9\u05dc\u05d5\u05dd \u202eabc\u202c",
        "e\u0301",
        "<b>&amp;</b>",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("type_", [Subject, Text, ShortText, FileName], ids=["subject", "text", "short", "file name"])
def test_a_text_is_kept_exactly_as_sent(text, type_):
    assert read(text, type_) == text
    assert msgspec.convert(text, type_) == text


@pytest.mark.parametrize("text", ["", " ", "   ", "\n", "\t", " \n\t ", "\u00a0", "\u2003\u3000", "\u2028"], ids=ascii)
def test_only_white_space_says_nothing(text):
    assert read(f"{text}a{text}") == f"{text}a{text}"
    with pytest.raises(msgspec.ValidationError):
        read(text)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, Subject)


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
def test_a_control_character_is_refused_wherever_it_stands(control):
    assert read("a b") == "a b"
    for text in (control, f"{control}a", f"a{control}", f"a{control}b", f"a{control}\n", f"\n{control}a"):
        with pytest.raises(msgspec.ValidationError):
            read(text)
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(text, Subject)


def test_no_newline_of_windows_gets_in():
    assert read("a\nb") == "a\nb"
    with pytest.raises(msgspec.ValidationError):
        read("a\r\nb")


@pytest.mark.parametrize(
    ("type_", "limit"),
    [(Subject, 200), (Text, 20_000), (FileName, 255), (ShortText, 200)],
    ids=["subject", "text", "file name", "short"],
)
@pytest.mark.parametrize("char", ["a", "\u10d3", "\U0001f600"], ids=ascii)
def test_lengths_are_counted_in_characters(type_, limit, char):
    assert read(char * limit, type_) == char * limit
    with pytest.raises(msgspec.ValidationError, match=str(limit)):
        read(char * (limit + 1), type_)


def test_half_a_surrogate_pair_is_no_text():
    assert msgspec.json.decode(rb'"\ud83d\ude00"', type=Text) == "\U0001f600"
    for half in (rb'"\ud83d"', rb'"a\ude00"', rb'"\ude00\ud83d"', b'"\xed\xa0\xbd"'):
        with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
            msgspec.json.decode(half, type=Text)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=200).filter(str.strip))
def test_any_unicode_without_controls_is_taken(text):
    assert read(text, Subject) == text


def test_a_long_run_of_white_space_is_refused_at_once():
    assert read(" " * 19_999 + "a")
    with pytest.raises(msgspec.ValidationError):
        read(" " * 20_000)


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_five_languages_are_taken(locale):
    assert read(locale, Language) == locale


@pytest.mark.parametrize("locale", ["", "de", "KA", "ka-GE", " ka", "kaen", "ka|en"])
def test_no_other_language_is_taken(locale):
    with pytest.raises(msgspec.ValidationError):
        read(locale, Language)


def test_a_language_ends_with_its_last_letter():
    with pytest.raises(msgspec.ValidationError):
        read("ka\n", Language)
