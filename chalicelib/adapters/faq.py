"""The counters of the knowledge base: by day, language and article, each raised in one write."""

from datetime import datetime

from chalicelib.adapters import places
from chalicelib.adapters.tables import TicketsItem, reaching_aws
from chalicelib.domain.faq import Miss, Vote


def add_vote(vote: Vote, now: datetime) -> None:
    """One more `yes` or `no` for the article on this day (UTC); the other number is there too, from 0 on."""
    item = TicketsItem(places.faq_of(now), places.vote(vote))
    with reaching_aws():
        item.update([TicketsItem.yes.add(int(vote.helpful)), TicketsItem.no.add(int(not vote.helpful))])


def add_miss(miss: Miss, now: datetime) -> None:
    """One more search of this day (UTC) that found nothing."""
    item = TicketsItem(places.faq_of(now), places.miss(miss))
    with reaching_aws():
        item.update([TicketsItem.counted.add(1)])
