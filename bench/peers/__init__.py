"""Deskbell beside another help desk with the same tickets: `make bench-peers` keeps a table in docs/performance.md."""

from typing import Literal, get_args

Action = Literal["list", "filter", "open", "create"]
ACTIONS: tuple[Action, ...] = get_args(Action)
SIZES = (1_000, 10_000)
PAGE = 25
STATUS, TOPIC = "closed", "reports"
"""What the filtered list asks for: a page full of them at each size."""


def opened_index(count: int) -> int:
    """Which of `count` tickets is opened: one from the middle, of the hotel with most of them."""
    return count // 2
