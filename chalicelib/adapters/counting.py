"""How often something was done in a stretch of time, counted by all functions together in the live table."""

from datetime import datetime, timedelta

from chalicelib.adapters.tables import LiveItem, reaching_aws
from chalicelib.domain.moment import began, rfc3339


def count(what: str, more: int, now: datetime, every: timedelta) -> int:
    """Adds to how often `what` (a partition of the live table) was done in the stretch that `now` is in; gives the sum.

    Stretches of this length follow each other, and each has an item of its own: one addition, and none is lost.
    """
    since = began(now, every)
    item = LiveItem(what, rfc3339(since))
    expires_at = LiveItem.expires_at.set(int((since + 2 * every).timestamp()))
    with reaching_aws():
        item.update([LiveItem.counted.add(more), expires_at])
    return int(item.counted or 0)
