"""At most so many frames a minute on a socket.

A process counts in its memory, and adds to the count of all processes only once in fifty frames: an ordinary socket
never costs a write, and where several processes serve one, each may let fifty more through.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.adapters import places
from chalicelib.adapters.counting import count

FRAMES_A_MINUTE = 600
TOO_MUCH = "A socket takes 600 frames a minute. Please wait a minute."
_MINUTE = timedelta(minutes=1)
_TOLD_EVERY = 50
_REMEMBERED = 1000


@dataclass
class _Counted:
    since: datetime
    here: int = 0
    everywhere: int = 0


_counted: OrderedDict[str, _Counted] = OrderedDict()


def is_too_much(connection_id: str, now: datetime) -> bool:
    """Counts a frame; whether it is more than 600 in this minute."""
    counted = _counted.get(connection_id)
    if counted is None or not counted.since <= now < counted.since + _MINUTE:
        counted = _counted[connection_id] = _Counted(now)
        while len(_counted) > _REMEMBERED:
            _counted.popitem(last=False)
    counted.here += 1
    if counted.here % _TOLD_EVERY == 0:
        counted.everywhere = count(places.frames(connection_id), _TOLD_EVERY, now, _MINUTE)
    return max(counted.here, counted.everywhere + counted.here % _TOLD_EVERY) > FRAMES_A_MINUTE
