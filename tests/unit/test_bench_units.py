"""What DynamoDB bills for, held to the figures of its own manual and to hand-made items."""

import pytest

from bench.units import _reads, index_entry, index_writes, item_size, item_writes, read_units, table_writes

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


@pytest.mark.parametrize(("in_transaction", "units"), [(False, 1 + 1 + 1), (True, 2 + 2 + 1)])
def test_a_table_is_written_with_all_its_indexes_and_a_local_one_as_the_item_itself(in_transaction, units):
    table = {"LocalSecondaryIndexes": [INDEX], "GlobalSecondaryIndexes": [INDEX]}
    assert item_writes(None, item(state="new", data="x"), table, in_transaction=in_transaction) == units
    assert item_writes(None, item(data="x"), table, in_transaction=in_transaction) == units - (
        3 if in_transaction else 2
    )
    assert item_writes(None, item(state="new", data="x"), {}, in_transaction=False) == 1


def test_an_index_keeps_its_keys_and_what_it_is_told_to():
    assert index_entry(item(state="new", data="x", other="1"), INDEX) == item(state="new", data="x")
    assert index_entry(item(data="x"), INDEX) is None


@pytest.mark.parametrize(("consistent", "units"), [(True, 1 + 2 + 1), (False, 0.5 + 1 + 0.5)])
def test_a_batch_is_billed_item_by_item_and_for_what_is_not_there(consistent, units):
    asked = {"RequestItems": {"t": {"Keys": [{}, {}, {}], "ConsistentRead": consistent}}}
    answered = {"Responses": {"t": [item(data="x"), item(data="x" * 4096)]}}
    assert _reads("BatchGetItem", asked, answered) == units


@pytest.mark.parametrize("operation", ["PutItem", "TransactWriteItems", "SendMessageBatch", "PostToConnection"])
def test_what_reads_nothing_costs_no_read_units(operation):
    assert _reads(operation, {}, {}) == 0


def test_a_call_of_which_nobody_has_said_what_it_costs_is_not_taken_for_free():
    with pytest.raises(ValueError, match="what a Scan costs"):
        _reads("Scan", {}, {})
