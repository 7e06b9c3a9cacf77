"""What DynamoDB bills for a call: computed from the items, since MiniStack reports half a unit for whatever is asked.

The rules are the developer guide's (docs.aws.amazon.com/amazondynamodb/latest/developerguide, "DynamoDB read and write
operations", read in November 2026): reads by 4 KB, half of it when eventual, a query by the sum of what it looks at, a
batch by each item; writes by 1 KB of the larger of old and new, twice in a transaction; each index by its own entry.
Whether a transaction counts twice for a local index too the guide does not say; here it does, the dearer of the two.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any

Item = dict[str, dict[str, Any]]
_READ_UNIT, _WRITE_UNIT = 4096, 1024
_WRITES = ("DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem")
_OF_OTHERS = ("CreateSchedule", "DeleteConnection", "DeleteSchedule", "PostToConnection", "SendMessageBatch")
"""Calls of other services, which cost no units."""


@dataclass(frozen=True)
class Call:
    """One call of AWS: what was asked of which service, rows looked at, bytes answered, units read and written."""

    operation: str
    scanned: int = 0
    size: int = 0
    reads: float = 0
    writes: int = 0


@dataclass(frozen=True)
class Written:
    """One item of a table as it was and as it is, in DynamoDB's own types."""

    table: str
    key: Item
    before: Item | None
    after: Item | None


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
    keys = _keys(index)
    was, becomes = (index_entry(each, index) for each in (before, after))
    if was == becomes:
        return 0
    if was and becomes and all(was[key] == becomes[key] for key in keys):
        return _write_units(max(item_size(was), item_size(becomes)))
    return sum(_write_units(item_size(each)) for each in (was, becomes) if each)


def index_entry(item: Item | None, index: dict[str, Any]) -> Item | None:
    """What an index keeps of an item; None when it has no place there."""
    keys = _keys(index)
    if item is None or any(key not in item for key in keys):
        return None
    kept = {*keys, "pk", "sk", *index["Projection"].get("NonKeyAttributes", ())}
    return {name: value for name, value in item.items() if name in kept}


def _keys(index: dict[str, Any]) -> list[str]:
    return [each["AttributeName"] for each in index["KeySchema"]]


def item_writes(before: Item | None, after: Item | None, table: dict[str, Any], *, in_transaction: bool) -> int:
    """Units of writing one item of a table by its definition, with all its indexes."""
    local = sum(index_writes(before, after, each) for each in table.get("LocalSecondaryIndexes", ()))
    others = sum(index_writes(before, after, each) for each in table.get("GlobalSecondaryIndexes", ()))
    itself = table_writes(before, after, in_transaction=in_transaction)
    return itself + local * (2 if in_transaction else 1) + others


class Meter:
    """Counts the calls of the app's own clients while a block runs, in whatever thread.

    `tables`: the template's properties of each table, by the name that the app calls it; `look`: another client of
    DynamoDB, with which it looks at items before and after they are written. `written` and `sent` are what the block
    wrote into tables and sent to queues, a body with its queue's address.
    """

    def __init__(self, tables: dict[str, dict[str, Any]], look: Any) -> None:
        self._tables, self._look = tables, look
        self._at_hand = threading.local()
        self.calls: list[Call] = []
        self.written: list[Written] = []
        self.sent: list[tuple[str, str]] = []

    @contextmanager
    def running(self) -> Iterator[list[Call]]:
        """The calls made in the block, once it has ended."""
        from chalicelib.adapters.tables import CLIENT, SESSION

        self.calls, self.written, self.sent = [], [], []
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
        self._at_hand.asked = dict(params)
        self._at_hand.before = [
            (table, key, self._item(table, key)) for table, key in _written_keys(model.name, params, self._tables)
        ]

    def _on_answered(self, http_response: Any, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        asked = self._at_hand.asked
        in_transaction = model.name == "TransactWriteItems"
        written = [Written(table, key, was, self._item(table, key)) for table, key, was in self._at_hand.before]
        writes = sum(
            item_writes(each.before, each.after, self._tables[each.table], in_transaction=in_transaction)
            for each in written
        )
        if model.name == "SendMessageBatch":
            self.sent += [(asked["QueueUrl"], each["MessageBody"]) for each in asked["Entries"]]
        scanned = parsed.get("ScannedCount", 0) + sum(map(len, parsed.get("Responses", {}).values()))
        reads = _reads(model.name, asked, self._whole(model.name, asked, parsed))
        self.written += written
        self.calls.append(Call(model.name, scanned, len(http_response.content), reads, writes))

    def _whole(self, operation: str, asked: dict[str, Any], parsed: dict[str, Any]) -> dict[str, Any]:
        """The answer with whole items: what is left out of an answer is billed all the same."""
        if operation == "Query" and "Items" in parsed:
            return {"Items": self._looked_at(asked, parsed)}
        if operation == "GetItem" and "Item" in parsed:
            return {"Item": self._item(asked["TableName"], asked["Key"])}
        if operation == "BatchGetItem":
            whole = {
                table: {"Keys": wanted["Keys"], "ConsistentRead": True}
                for table, wanted in asked["RequestItems"].items()
            }
            return dict(self._look.batch_get_item(RequestItems=whole))
        return parsed

    def _looked_at(self, asked: dict[str, Any], parsed: dict[str, Any]) -> list[Item]:
        """What a query looked at: the items themselves, or an index's entries."""
        items: list[Item] = parsed["Items"]
        if "ProjectionExpression" in asked:
            again = {name: value for name, value in asked.items() if name != "ProjectionExpression"}
            used = set(re.findall(r"#\w+", again["KeyConditionExpression"]))
            names = again["ExpressionAttributeNames"]
            again["ExpressionAttributeNames"] = {key: name for key, name in names.items() if key in used}
            items = self._look.query(**again)["Items"]
        index = _index(self._tables.get(asked["TableName"], {}), asked.get("IndexName"))
        return items if index is None else [index_entry(each, index) or each for each in items]

    def _item(self, table: str, key: Item) -> Item | None:
        found: Item | None = self._look.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
        return found


def _index(table: dict[str, Any], name: str | None) -> dict[str, Any] | None:
    indexes = (*table.get("LocalSecondaryIndexes", ()), *table.get("GlobalSecondaryIndexes", ()))
    return next((each for each in indexes if each["IndexName"] == name), None)


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
            _batch_reads(wanted, parsed["Responses"].get(table, [])) for table, wanted in asked["RequestItems"].items()
        )
    if operation in {*_WRITES, *_OF_OTHERS}:
        return 0
    raise ValueError(f"nobody has said what a {operation} costs")


def _batch_reads(wanted: dict[str, Any], items: list[Item]) -> float:
    """Units of a table's part of a batch; an item that is not there costs as much as a small one."""
    consistent = bool(wanted.get("ConsistentRead"))
    missing = len(wanted["Keys"]) - len(items)
    found = sum(read_units([item_size(each)], consistent=consistent) for each in items)
    return found + missing * read_units([], consistent=consistent)


def _written_keys(operation: str, params: dict[str, Any], tables: dict[str, Any]) -> list[tuple[str, Item]]:
    if operation in {"DeleteItem", "UpdateItem"}:
        return [(params["TableName"], params["Key"])]
    if operation == "PutItem":
        return [(params["TableName"], _key_of(params["Item"], tables[params["TableName"]]))]
    written = []
    for step in params.get("TransactItems", ()) if operation == "TransactWriteItems" else ():
        ((_, what),) = step.items()
        key = what.get("Key") or _key_of(what["Item"], tables[what["TableName"]])
        written.append((what["TableName"], key))
    return written


def _key_of(item: Item, table: dict[str, Any]) -> Item:
    return {each["AttributeName"]: item[each["AttributeName"]] for each in table["KeySchema"]}
