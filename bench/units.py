"""What DynamoDB bills for a call: computed from the items, since MiniStack reports half a unit for whatever is asked.

The rules are the developer guide's (docs.aws.amazon.com/amazondynamodb/latest/developerguide, "DynamoDB read and write
operations", read in November 2026): reads by 4 KB, half of it when eventual, a query by the sum of what it looks at, a
batch by each item; writes by 1 KB of the larger of old and new, twice in a transaction; each index by its own entry.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any

Item = dict[str, dict[str, Any]]
_READ_UNIT, _WRITE_UNIT = 4096, 1024
_WRITES = ("DeleteItem", "TransactWriteItems", "UpdateItem")


@dataclass(frozen=True)
class Call:
    """One call of AWS: what was asked of which service, rows looked at, bytes answered, units read and written."""

    operation: str
    scanned: int = 0
    size: int = 0
    reads: float = 0
    writes: int = 0


def item_size(item: Item) -> int:
    """Bytes of an item: its attributes' names and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: dict[str, Any]) -> int:
    ((kind, plain),) = value.items()
    if kind == "S":
        return len(plain.encode())
    if kind == "N":
        return (len(plain.strip("-").replace(".", "")) + 1) // 2 + 1
    raise ValueError(f"no item of ours has a {kind}")


def read_units(sizes: list[int], *, consistent: bool) -> float:
    """Units of one read of all these items together; a read of nothing costs as much as one of 4 KB."""
    return max(1, ceil(sum(sizes) / _READ_UNIT)) * (1 if consistent else 0.5)


def _write_units(size: int) -> int:
    return ceil(size / _WRITE_UNIT)


def table_writes(before: Item | None, after: Item | None, *, in_transaction: bool) -> int:
    """Units of writing one item of a table, its indexes left out."""
    size = max(item_size(each) if each else 0 for each in (before, after))
    return max(1, _write_units(size)) * (2 if in_transaction else 1)


def index_writes(before: Item | None, after: Item | None, index: dict[str, Any]) -> int:
    """Units of keeping one index, by its definition in the template: an entry whose key changes is written twice."""
    keys = [each["AttributeName"] for each in index["KeySchema"]]
    kept = {*keys, "pk", "sk", *index["Projection"].get("NonKeyAttributes", ())}
    was, becomes = (_entry(each, keys, kept) for each in (before, after))
    if was == becomes:
        return 0
    if was and becomes and all(was[key] == becomes[key] for key in keys):
        return _write_units(max(item_size(was), item_size(becomes)))
    return sum(_write_units(item_size(each)) for each in (was, becomes) if each)


def _entry(item: Item | None, keys: list[str], kept: set[str]) -> Item | None:
    if item is None or any(key not in item for key in keys):
        return None
    return {name: value for name, value in item.items() if name in kept}


class Meter:
    """Counts the calls of the app's own clients while a block runs.

    `tables`: the template's properties of each table, by the name that the app calls it; `look`: another client of
    DynamoDB, with which it looks at items before and after they are written.
    """

    def __init__(self, tables: dict[str, dict[str, Any]], look: Any) -> None:
        self._tables, self._look = tables, look
        self._asked: dict[str, Any] = {}
        self._before: list[tuple[str, Item, Item | None]] = []
        self.calls: list[Call] = []

    @contextmanager
    def running(self) -> Iterator[list[Call]]:
        """The calls made in the block, once it has ended."""
        from chalicelib.adapters.tables import CLIENT, SESSION

        self.calls = []
        emitters = (CLIENT.meta.events, SESSION.get_component("event_emitter"))
        for events in emitters:
            events.register("before-parameter-build", self._on_asking)
            events.register("after-call", self._on_answered)
        try:
            yield self.calls
        finally:
            for events in emitters:
                events.unregister("before-parameter-build", self._on_asking)
                events.unregister("after-call", self._on_answered)

    def _on_asking(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self._asked = dict(params)
        self._before = [
            (table, key, self._item(table, key)) for table, key in _written_keys(model.name, params, self._tables)
        ]

    def _on_answered(self, http_response: Any, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        in_transaction = model.name == "TransactWriteItems"
        writes = 0
        for table, key, before in self._before:
            after = self._item(table, key)
            writes += table_writes(before, after, in_transaction=in_transaction)
            indexes = self._tables[table].get("GlobalSecondaryIndexes", ())
            writes += sum(index_writes(before, after, index) for index in indexes)
        scanned = parsed.get("ScannedCount", 0) + sum(map(len, parsed.get("Responses", {}).values()))
        reads = _reads(model.name, self._asked, self._whole(model.name, parsed))
        self.calls.append(Call(model.name, scanned, len(http_response.content), reads, writes))

    def _whole(self, operation: str, parsed: dict[str, Any]) -> dict[str, Any]:
        """The answer with whole items: what is left out of an answer is billed all the same."""
        if operation == "Query" and "ProjectionExpression" in self._asked:
            asked = {name: value for name, value in self._asked.items() if name != "ProjectionExpression"}
            used = set(re.findall(r"#\w+", asked["KeyConditionExpression"]))
            names = asked["ExpressionAttributeNames"]
            asked["ExpressionAttributeNames"] = {key: name for key, name in names.items() if key in used}
            return dict(self._look.query(**asked))
        if operation == "BatchGetItem":
            asked = {
                table: {"Keys": wanted["Keys"], "ConsistentRead": True}
                for table, wanted in self._asked["RequestItems"].items()
            }
            return dict(self._look.batch_get_item(RequestItems=asked))
        return parsed

    def _item(self, table: str, key: Item) -> Item | None:
        found: Item | None = self._look.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
        return found


def _reads(operation: str, asked: dict[str, Any], parsed: dict[str, Any]) -> float:
    consistent = bool(asked.get("ConsistentRead"))
    if operation == "Query":
        if asked.get("Select") == "COUNT":
            raise ValueError("a count has no items to tell its size from")
        return read_units([item_size(item) for item in parsed.get("Items", ())], consistent=consistent)
    if operation == "GetItem":
        return read_units([item_size(parsed["Item"])] if "Item" in parsed else [], consistent=consistent)
    if operation == "BatchGetItem":
        return sum(
            read_units([item_size(item)], consistent=bool(asked["RequestItems"][table].get("ConsistentRead")))
            for table, items in parsed["Responses"].items()
            for item in items
        )
    if operation in _WRITES:
        return 0
    raise ValueError(f"nobody has said what a {operation} costs")


def _written_keys(operation: str, params: dict[str, Any], tables: dict[str, Any]) -> list[tuple[str, Item]]:
    if operation in {"DeleteItem", "UpdateItem"}:
        return [(params["TableName"], params["Key"])]
    written = []
    for step in params.get("TransactItems", ()) if operation == "TransactWriteItems" else ():
        ((_, what),) = step.items()
        item = what.get("Key") or what["Item"]
        names = [each["AttributeName"] for each in tables[what["TableName"]]["KeySchema"]]
        written.append((what["TableName"], {name: item[name] for name in names}))
    return written
