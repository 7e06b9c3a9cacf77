"""What DynamoDB bills for, held to the figures of its own manual and to hand-made items."""

import pytest

from bench.units import index_writes, item_size, read_units, table_writes

INDEX = {
    "KeySchema": [{"AttributeName": "state"}, {"AttributeName": "sk"}],
    "Projection": {"NonKeyAttributes": ["data"]},
}


def item(**texts):
    return {"pk": {"S": "p"}, "sk": {"S": "s"}, **{name: {"S": text} for name, text in texts.items()}}


def test_an_item_is_as_long_as_its_names_and_values():
    assert item_size({"pk": {"S": "აბ"}, "count": {"N": "12345"}}) == 2 + 6 + 5 + 4


@pytest.mark.parametrize(
    ("sizes", "consistent", "units"),
    [([], True, 1), ([], False, 0.5), ([4096], True, 1), ([4097], True, 2), ([4097], False, 1), ([540] * 26, True, 4)],
)
def test_reads_are_billed_by_four_kilobytes(sizes, consistent, units):
    assert read_units(sizes, consistent=consistent) == units


@pytest.mark.parametrize(
    ("before", "after", "units"), [(0, 100, 1), (0, 1014, 1), (0, 1015, 2), (2100, 100, 3), (2100, 0, 3)]
)
def test_writes_are_billed_by_the_larger_of_old_and_new_and_twice_in_a_transaction(before, after, units):
    was, becomes = (item(data="x" * size) if size else None for size in (before, after))
    assert table_writes(was, becomes, in_transaction=False) == units
    assert table_writes(was, becomes, in_transaction=True) == 2 * units


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, item(data="x"), 0),
        (None, item(state="new", data="x"), 1),
        (item(state="new", data="x"), item(state="new", data="x"), 0),
        (item(state="new", data="x"), item(state="new", data="y"), 1),
        (item(state="new", data="x", other="1"), item(state="new", data="x", other="2"), 0),
        (item(state="new", data="x"), item(state="open", data="x"), 2),
        (item(state="new", data="x" * 1100), item(state="open", data="x"), 3),
        (item(state="new", data="x"), item(data="x"), 1),
        (item(state="new", data="x"), None, 1),
    ],
)
def test_an_index_is_written_when_its_entry_changes_and_twice_when_its_key_does(before, after, units):
    assert index_writes(before, after, INDEX) == units
