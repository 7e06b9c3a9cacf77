"""A cursor goes on in its own list, and nowhere else."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.cursor import seal, unseal

KEY = b"a key of this deployment"
SCOPE = "h/1|/v1/tickets|status=open"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
POSITION = "2026-11-22T13:08:00.123Z|5720000014"


@given(st.text(), st.text(), st.binary(min_size=1))
def test_a_cursor_opens_again_at_its_position(position, scope, key):
    assert unseal(seal(position, scope=scope, key=key), scope=scope, key=key) == position


def test_a_cursor_opens_again_whatever_its_last_character_is():
    positions = [f"{before}{chr(code)}" for before in ("", "a", "aa") for code in range(32, 127)]
    cursors = [seal(position, scope=SCOPE, key=KEY) for position in positions]
    assert {cursor[-1] for cursor in cursors} == set(_ALPHABET)
    assert [unseal(cursor, scope=SCOPE, key=KEY) for cursor in cursors] == positions


@given(st.text())
def test_a_cursor_can_stand_in_an_address_as_it_is(position):
    cursor = seal(position, scope=SCOPE, key=KEY)
    assert cursor.isascii()
    assert set(cursor) <= set(_ALPHABET)


def test_any_changed_bit_is_a_forgery():
    raw = _raw(seal(POSITION, scope=SCOPE, key=KEY))
    assert unseal(_cursor(raw), scope=SCOPE, key=KEY) == POSITION
    for place in range(len(raw)):
        for bit in range(8):
            forged = raw[:place] + bytes([raw[place] ^ (1 << bit)]) + raw[place + 1 :]
            assert unseal(_cursor(forged), scope=SCOPE, key=KEY) is None


def test_a_cut_cursor_is_a_forgery():
    cursor = seal(POSITION, scope=SCOPE, key=KEY)
    assert unseal(cursor, scope=SCOPE, key=KEY) == POSITION
    for length in range(len(cursor)):
        assert unseal(cursor[:length], scope=SCOPE, key=KEY) is None


def test_a_cursor_is_written_in_one_way_only():
    cursor = seal(POSITION, scope=SCOPE, key=KEY)
    assert unseal(cursor, scope=SCOPE, key=KEY) == POSITION
    others = [f"{cursor}!", f"{cursor}=", f"{cursor}\n", f" {cursor}", f"{cursor[:9]}\n{cursor[9:]}"]
    assert [each for each in others if unseal(each, scope=SCOPE, key=KEY) is not None] == []


def test_the_last_character_s_spare_bits_cannot_be_changed():
    for position in ("c", "cc", "ccc"):
        cursor = seal(position, scope=SCOPE, key=KEY)
        opening = [each for each in _ALPHABET if unseal(cursor[:-1] + each, scope=SCOPE, key=KEY) is not None]
        assert opening == [cursor[-1]]


@pytest.mark.parametrize("scope", ["", SCOPE + "x", SCOPE[:-1], "h/2|/v1/tickets|status=open", SCOPE.upper()])
def test_a_cursor_does_not_open_another_list(scope):
    cursor = seal(POSITION, scope=SCOPE, key=KEY)
    assert unseal(cursor, scope=SCOPE, key=KEY) == POSITION
    assert unseal(cursor, scope=scope, key=KEY) is None


def test_a_seal_cannot_be_moved_along_the_border_of_scope_and_position():
    raw = _raw(seal("c", scope="ab", key=KEY))
    assert unseal(_cursor(raw), scope="ab", key=KEY) == "c"
    moved = raw[: -len("c")] + b"bc"
    assert unseal(_cursor(moved), scope="a", key=KEY) is None


def test_a_cursor_of_another_key_does_not_open():
    cursor = seal(POSITION, scope=SCOPE, key=KEY)
    assert unseal(cursor, scope=SCOPE, key=KEY) == POSITION
    assert unseal(cursor, scope=SCOPE, key=b"another key") is None


def test_a_position_without_a_seal_does_not_open():
    assert unseal(_cursor(POSITION.encode()), scope=SCOPE, key=KEY) is None
    assert unseal(_cursor(bytes(16) + POSITION.encode()), scope=SCOPE, key=KEY) is None


@pytest.mark.parametrize("junk", ["", "=", "====", "A", "AAAA", "%%%%", "not a cursor", "null", "ა", "\udcff", "\x00"])
def test_junk_does_not_open(junk):
    assert unseal(junk, scope=SCOPE, key=KEY) is None


@given(st.text())
def test_no_text_opens_by_chance(text):
    assert unseal(text, scope=SCOPE, key=KEY) is None


def test_a_seal_over_bytes_that_are_no_text_does_not_open():
    raw = _raw(seal("ა", scope=SCOPE, key=KEY))
    assert unseal(_cursor(raw), scope=SCOPE, key=KEY) == "ა"
    assert unseal(_cursor(raw[:-1]), scope=SCOPE, key=KEY) is None


def _raw(cursor: str) -> bytes:
    return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


def _cursor(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
