"""Ticket numbers survive being read out on the phone."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.domain.number import BODIES, _damm, looks_like_number, number_of, parse_number

GOOD = number_of(572_000_001)

bodies = st.integers(BODIES.start, BODIES.stop - 1)


def test_the_check_digit_is_that_of_the_literature():
    assert _damm("572") == 4
    assert _damm("5724") == 0


@given(bodies)
def test_a_number_made_from_a_body_is_parsed_back(body):
    number = number_of(body)
    assert len(number) == 10
    assert number.startswith(str(body))
    assert parse_number(number) == number


@given(bodies)
@example(BODIES.start)
@example(BODIES.stop - 1)
def test_every_single_wrong_digit_is_caught(body):
    number = number_of(body)
    assert parse_number(number) == number
    wrong = [
        number[:place] + digit + number[place + 1 :]
        for place in range(10)
        for digit in "0123456789"
        if digit != number[place]
    ]
    assert len(wrong) == 90
    assert [each for each in wrong if parse_number(each)] == []


@given(bodies)
@example(BODIES.start)
@example(987_654_321)
def test_every_swap_of_unlike_neighbours_is_caught(body):
    number = number_of(body)
    assert parse_number(number) == number
    swapped = [
        number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        for place in range(9)
        if number[place] != number[place + 1]
    ]
    assert swapped
    assert [each for each in swapped if parse_number(each)] == []


def test_a_swap_is_caught_in_every_state_of_the_check():
    """By the check digit alone: for each interim digit, two unlike digits in the other order end elsewhere."""
    starts = {_damm(str(n)): str(n) for n in range(100)}
    assert sorted(starts) == list(range(10))
    alike = [
        (start, x, y)
        for start in starts.values()
        for x in range(10)
        for y in range(x)
        if _damm(f"{start}{x}{y}") == _damm(f"{start}{y}{x}")
    ]
    assert alike == []


@pytest.mark.parametrize("shape", ["{0} {1} {2}", "{0}-{1}-{2}", " {0}{1}{2} ", "{0} - {1}--{2}", "-{0}{1} {2}-"])
def test_spaces_and_hyphens_do_not_matter(shape):
    written = shape.format(GOOD[:3], GOOD[3:6], GOOD[6:])
    assert looks_like_number(written)
    assert parse_number(written) == GOOD


@pytest.mark.parametrize("between", ["\t", "\n", "\u00a0", "_", ".", "/", "\u2013", "\u200b"])
def test_nothing_else_may_stand_between_the_digits(between):
    assert parse_number(f"{GOOD[:5]} {GOOD[5:]}") == GOOD
    written = f"{GOOD[:5]}{between}{GOOD[5:]}"
    assert parse_number(written) is None
    assert not looks_like_number(written)


@pytest.mark.parametrize("zero", ["\u0660", "\u06f0", "\u0966", "\uff10", "\U0001d7ce"])
def test_digits_of_other_scripts_are_not_taken(zero):
    assert parse_number(GOOD) == GOOD
    written = "".join(chr(ord(zero) + int(digit)) for digit in GOOD)
    assert written.isdigit()
    for mixed in (written, GOOD[0] + written[1:], GOOD[:9] + written[9]):
        assert parse_number(mixed) is None
        assert not looks_like_number(mixed)


def test_a_number_has_exactly_ten_digits():
    right_checks = {length: _with_check("1" * (length - 1)) for length in (9, 10, 11)}
    assert parse_number(right_checks[10]) == right_checks[10]
    for length in (9, 11):
        assert _damm(right_checks[length]) == 0
        assert parse_number(right_checks[length]) is None
        assert not looks_like_number(right_checks[length])


def test_a_number_does_not_begin_with_zero():
    leading = _with_check("012345678")
    assert _damm(leading) == 0
    assert parse_number(leading) is None
    assert not looks_like_number(leading)
    assert parse_number(_with_check("112345678"))


@pytest.mark.parametrize("text", ["", " ", "-", "ten digits", "12345678a0", "+123456789", "1e9"])
def test_what_is_no_number_at_all_does_not_look_like_one(text):
    assert parse_number(text) is None
    assert not looks_like_number(text)


def test_a_wrong_check_digit_still_looks_like_a_number():
    wrong = GOOD[:9] + str((int(GOOD[9]) + 1) % 10)
    assert looks_like_number(wrong)
    assert parse_number(wrong) is None


def test_a_number_is_looked_for_in_at_most_32_characters():
    longest = GOOD.rjust(32)
    assert parse_number(longest) == GOOD
    assert parse_number(f" {longest}") is None


def test_a_trailing_newline_is_not_part_of_a_number():
    assert parse_number(GOOD) == GOOD
    assert parse_number(f"{GOOD}\n") is None


def test_bodies_are_all_of_nine_digits_and_no_other():
    assert number_of(BODIES[0]).startswith("100000000")
    assert number_of(BODIES[-1]).startswith("999999999")


@pytest.mark.parametrize("body", [0, -1, BODIES.start - 1, BODIES.stop, -BODIES.start])
def test_a_body_of_another_length_makes_no_number(body):
    with pytest.raises(ValueError, match="nine digits"):
        number_of(body)


def _with_check(digits: str) -> str:
    return f"{digits}{_damm(digits)}"
