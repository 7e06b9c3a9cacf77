"""Whether a chat would be taken now. The chat itself is on the socket."""

import msgspec

from chalicelib.routes.http import Incoming, Routes
from chalicelib.services import availability
from chalicelib.services.availability import LocaleAvailability

routes = Routes(__name__, "hotel")


class AvailabilityQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which languages: `ka,ru`; all five without it."""

    languages: str = ""


class Availability(msgspec.Struct, frozen=True):
    """One entry a language, in the order asked for."""

    items: list[LocaleAvailability]


@routes.serve("GET", "/v1/chat/availability", query=AvailabilityQuery, answer=Availability)
def chat_availability(incoming: Incoming) -> Availability:
    """By language: whether an agent who is there would take a chat, how many wait, and when it opens again."""
    return Availability(availability.availability(incoming.query.languages, incoming.now))
