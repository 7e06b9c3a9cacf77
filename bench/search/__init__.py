"""How well and how fast the FAQ's search finds, beside SQLite's FTS5 on the same articles and queries."""
