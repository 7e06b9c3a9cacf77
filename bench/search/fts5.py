"""SQLite's full-text search on the same articles: `unicode61` without marks, `bm25`, any of the query's words."""

import re
import sqlite3
from collections.abc import Iterable

from bench.search.corpora import Source

_WEIGHTS = "8.0, 3.0, 1.0"  # title, summary and keywords, text: as ours


class Fts5:
    """An index in memory."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._db = sqlite3.connect(":memory:")
        self._db.execute(
            "CREATE VIRTUAL TABLE article USING fts5(title, lead, body, id UNINDEXED, "
            "tokenize = 'unicode61 remove_diacritics 2')"
        )
        rows = [(each.title, " ".join([each.summary, *each.keywords]), each.body, each.id) for each in sources]
        self._db.executemany("INSERT INTO article VALUES (?, ?, ?, ?)", rows)

    def find(self, query: str, limit: int) -> list[str]:
        """Ids of the articles, best first."""
        words = re.findall(r"\w+", query)
        if not words:
            return []
        any_of = " OR ".join(f'"{each}"' for each in words)
        ranked = f"SELECT id FROM article WHERE article MATCH ? ORDER BY bm25(article, {_WEIGHTS}) LIMIT ?"  # noqa: S608 - the weights are constants
        return [row[0] for row in self._db.execute(ranked, (any_of, limit))]
