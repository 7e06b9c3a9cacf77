"""What readers of the knowledge base say is counted, and from one address only so much in an hour."""

from datetime import datetime, timedelta
from math import ceil

from chalicelib.adapters import faq, places
from chalicelib.adapters.counting import count
from chalicelib.domain.address import Addresses
from chalicelib.domain.faq import Miss, Vote
from chalicelib.domain.moment import began
from chalicelib.errors import TooManyRequests

A_READER = 30
A_SENDER = 600
"""An hour, votes and misses together. The second is for the edge, behind which many read, and for forged readers."""
_HOUR = timedelta(hours=1)


def count_vote(said: Vote, addresses: Addresses, now: datetime) -> None:
    """Counts a vote; TooManyRequests when this address had its share of the hour."""
    _let_through(addresses, now)
    faq.add_vote(said, now)


def count_miss(said: Miss, addresses: Addresses, now: datetime) -> None:
    """Counts a search that found nothing; TooManyRequests as above."""
    _let_through(addresses, now)
    faq.add_miss(said, now)


def _let_through(addresses: Addresses, now: datetime) -> None:
    """The reader first: what one sends too much of is not to use up the share of those behind the same edge."""
    shares = ((places.reader(addresses.reader), A_READER), (places.sender(addresses.sender), A_SENDER))
    for who, share in shares:
        if count(who, 1, now, _HOUR) > share:
            raise TooManyRequests(ceil((began(now, _HOUR) + _HOUR - now).total_seconds()))
