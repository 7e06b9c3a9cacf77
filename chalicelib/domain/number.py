"""Ticket numbers: ten digits that can be read out on the phone, the last one a check digit.

The check digit is Damm's: it catches every single wrong digit and every swap of neighbours.
Source: H. M. Damm, "Total anti-symmetrische Quasigruppen", Marburg 2004 (the quasigroup of order 10).
"""

import re
from typing import NewType

TicketNumber = NewType("TicketNumber", str)

BODIES = range(100_000_000, 1_000_000_000)
"""The nine digits before the check digit; the first is not 0."""

_QUASIGROUP = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
_SHAPE = re.compile(r"[1-9][0-9]{9}")
_SPACING = re.compile(r"[ \-]")
_MAX_WRITTEN = 32
"""Ten digits with room for spacing; what is longer is no number."""


def _damm(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _QUASIGROUP[interim][int(digit)]
    return interim


def number_of(body: int) -> TicketNumber:
    """The number for a body drawn at random from `BODIES`."""
    if body not in BODIES:
        raise ValueError(f"not a body of nine digits: {body}")
    return TicketNumber(f"{body}{_damm(str(body))}")


def looks_like_number(text: str) -> bool:
    """Whether the text is ten digits, spaces and hyphens aside; the check digit may be wrong."""
    return len(text) <= _MAX_WRITTEN and _SHAPE.fullmatch(_SPACING.sub("", text)) is not None


def parse_number(text: str) -> TicketNumber | None:
    """The number that a person wrote, spaces and hyphens aside; None when it cannot be one."""
    digits = _SPACING.sub("", text)
    return TicketNumber(digits) if looks_like_number(text) and _damm(digits) == 0 else None
