"""What readers of the knowledge base say: counted for everyone, without a sign-in and without personal data."""

from chalicelib.domain.faq import Miss, Vote
from chalicelib.errors import TooManyRequests, TryAgain, UnsupportedMediaType
from chalicelib.routes.http import Incoming, Routes
from chalicelib.services import faq

routes = Routes(__name__, "everyone")
_ERRORS = (TooManyRequests, TryAgain, UnsupportedMediaType)


@routes.serve("POST", "/v1/faq/votes", body=Vote, status=204, errors=_ERRORS)
def count_vote(incoming: Incoming) -> None:
    """Counts whether an article was helpful. With the misses, 30 calls an hour from one address."""
    faq.count_vote(incoming.body, incoming.addresses, incoming.now)


@routes.serve("POST", "/v1/faq/misses", body=Miss, status=204, errors=_ERRORS)
def count_miss(incoming: Incoming) -> None:
    """Counts a search that found nothing, and not what was searched for. Limited together with the votes."""
    faq.count_miss(incoming.body, incoming.addresses, incoming.now)
