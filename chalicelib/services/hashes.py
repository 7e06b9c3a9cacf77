"""Who called, as the log may tell it; apart from `identity`, which loads what checks tokens."""

from chalicelib.domain.people import Agent, Caller
from chalicelib.observability import keyed_hash


def hashed(caller: Caller | None) -> dict[str, str]:
    """The caller as the log may name him: the same hashes for the same account and user, and nothing else."""
    if isinstance(caller, Agent):
        return {"user": keyed_hash(f"agents@{caller.id}")}
    if caller is None:
        return {}
    return {"account": keyed_hash(caller.account), "user": keyed_hash(f"{caller.account}@{caller.id}")}
