"""What there is to choose from, in the caller's language."""

import msgspec

from chalicelib import catalog
from chalicelib.domain.file import MAX_BYTES, TYPES
from chalicelib.domain.text import Language
from chalicelib.routes.http import Incoming, Routes
from chalicelib.settings import settings

hotel = Routes(__name__, "hotel")
agent = Routes(__name__, "agent")


class CatalogQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The language of the labels; the token's own without it."""

    locale: Language | None = None


class Choice(msgspec.Struct, frozen=True):
    """Something to choose, with its name."""

    id: str
    label: str


class ImportanceChoice(Choice, frozen=True):
    """An importance, with what it means."""

    meaning: str


class AttachmentRules(msgspec.Struct, frozen=True):
    """What a file may be."""

    max_bytes: int
    types: tuple[str, ...]


class Catalog(msgspec.Struct, frozen=True):
    """Everything that a form needs to know."""

    topics: list[Choice]
    statuses: list[Choice]
    importances: list[ImportanceChoice]
    attachment: AttachmentRules
    faq_url: str | None


class AgentTopic(Choice, frozen=True):
    """A topic, with the team that handles it."""

    team: str


class AgentCatalog(msgspec.Struct, frozen=True):
    """Everything that a form of an agent's needs to know."""

    topics: list[AgentTopic]
    teams: list[Choice]
    statuses: list[Choice]
    importances: list[ImportanceChoice]
    attachment: AttachmentRules
    faq_url: str | None


def _catalog(locale: str) -> Catalog:
    return Catalog(
        topics=[Choice(each.id, each.label.in_(locale)) for each in catalog.topics().values()],
        statuses=[Choice(each.id, each.label.in_(locale)) for each in catalog.statuses().values()],
        importances=[
            ImportanceChoice(each.id, each.label.in_(locale), each.meaning.in_(locale))
            for each in catalog.importances().values()
        ],
        attachment=AttachmentRules(MAX_BYTES, TYPES),
        faq_url=settings().faq_url or None,
    )


@hotel.serve("GET", "/v1/catalog", query=CatalogQuery, answer=Catalog)
def hotel_catalog(incoming: Incoming) -> Catalog:
    """Topics, statuses, importances and the rules for files, in the asked language or the token's."""
    return _catalog(incoming.query.locale or incoming.user.locale)


@agent.serve("GET", "/v1/agent/catalog", query=CatalogQuery, answer=AgentCatalog)
def agent_catalog(incoming: Incoming) -> AgentCatalog:
    """Topics with their teams, statuses, importances and the rules for files, in the asked language or in English."""
    locale = incoming.query.locale or "en"
    common = _catalog(locale)
    return AgentCatalog(
        topics=[AgentTopic(each.id, each.label.in_(locale), each.team) for each in catalog.topics().values()],
        teams=[Choice(each.id, each.label.in_(locale)) for each in catalog.teams().values()],
        statuses=common.statuses,
        importances=common.importances,
        attachment=common.attachment,
        faq_url=common.faq_url,
    )
