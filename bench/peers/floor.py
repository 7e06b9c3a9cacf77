"""The fair floor: one indexed SQL statement for each action, over the same tickets, its rows put into JSON.

No help desk can do with less on a relational database. It runs in .venv-peers.
"""

import itertools
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
from psycopg.rows import dict_row

from bench.peers import PAGE, STATUS, TOPIC, Action, opened_index
from bench.tickets import HOTEL, Sample, sample, samples

_TABLES = """
CREATE SCHEMA floor;
CREATE TABLE floor.ticket (
  number bigint PRIMARY KEY, account text NOT NULL, topic text NOT NULL, status text NOT NULL, importance text NOT NULL,
  subject text NOT NULL, opened_by text NOT NULL, opened_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
  text text NOT NULL);
"""
_INDEXES = """
CREATE INDEX ON floor.ticket (account, opened_at DESC);
CREATE INDEX ON floor.ticket (account, status, topic, opened_at DESC);
"""
_COLUMNS = "number, account, topic, status, importance, subject, opened_by, opened_at, updated_at, text"
_SHOWN = "number, topic, status, importance, subject, opened_by, opened_at, updated_at"
_LIST = f"SELECT {_SHOWN} FROM floor.ticket WHERE account = %s ORDER BY opened_at DESC LIMIT %s"  # noqa: S608 - ours
_FILTER = (
    f"SELECT {_SHOWN} FROM floor.ticket WHERE account = %s AND status = %s AND topic = %s "  # noqa: S608 - ours
    "ORDER BY opened_at DESC LIMIT %s"
)
_OPEN = f"SELECT {_SHOWN}, text FROM floor.ticket WHERE account = %s AND number = %s"  # noqa: S608 - ours
_CREATE = (
    f"INSERT INTO floor.ticket ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, now(), now(), %s) "  # noqa: S608 - ours
    f"RETURNING {_SHOWN}, text"
)


def _connect() -> Any:
    host = os.environ["DESKBELL_PEERS_SOCKET"]
    return psycopg.connect(host=host, dbname="postgres", user="deskbell", autocommit=True, row_factory=dict_row)


def load(count: int) -> None:
    """The table with the first `count` tickets, and its two indexes."""
    with _connect() as connection, connection.cursor() as cursor:
        cursor.execute(_TABLES)
        with cursor.copy(f"COPY floor.ticket ({_COLUMNS}) FROM STDIN") as copy:
            for given in samples(range(count)):
                copy.write_row((given.index, *_facts(given), given.opened_at, given.opened_at, given.text))
        cursor.execute(_INDEXES)
        cursor.execute("VACUUM ANALYZE floor.ticket")


def _facts(given: Sample) -> tuple[str, ...]:
    return given.account, given.topic, given.status, given.importance, given.subject, given.user.name


def _action(action: Action, count: int) -> Callable[[], list[Any]]:
    cursor = _connect().cursor()
    if action == "create":
        newest = cursor.execute("SELECT max(number) AS number FROM floor.ticket").fetchone()["number"]
        numbers, given = itertools.count(newest + 1), sample(0)
        return lambda: _rows(cursor, _CREATE, (next(numbers), *_facts(given), given.text))
    asked: dict[str, tuple[str, tuple[object, ...]]] = {
        "list": (_LIST, (HOTEL, PAGE)),
        "filter": (_FILTER, (HOTEL, STATUS, TOPIC, PAGE)),
        "open": (_OPEN, (HOTEL, opened_index(count))),
    }
    return partial(_rows, cursor, *asked[action])


def _rows(cursor: Any, statement: str, values: tuple[object, ...]) -> list[Any]:
    """The rows of a prepared statement, once they have been made into JSON as an answer would be."""
    rows: list[Any] = cursor.execute(statement, values, prepare=True).fetchall()
    json.dumps(rows, default=lambda moment: moment.isoformat())
    return rows


def repeat(action: Action, count: int, times: int) -> None:
    """Does the action `times` times, with `count` tickets in the table."""
    do = _action(action, count)
    for _ in range(times):
        do()


def queries(action: Action, count: int) -> int:
    """One, once its answer has been looked at."""
    found = len(_action(action, count)())
    assert found == (PAGE if action in {"list", "filter"} else 1), found
    return 1


if __name__ == "__main__":
    if sys.argv[1] == "load":
        load(int(sys.argv[2]))
    else:
        print(queries(sys.argv[2], int(sys.argv[3])))  # type: ignore[arg-type]  # bench.peers gives it
