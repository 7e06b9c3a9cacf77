"""HTTP only: parse, one service call, shape the answer. One Blueprint a noun."""
