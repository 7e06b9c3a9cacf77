"""What a caller named, if there is such a thing: numbers, topics, teams, accounts, agents."""

import re
from typing import Annotated

from chalicelib import catalog
from chalicelib.adapters import agents
from chalicelib.catalog import Topic
from chalicelib.domain.issuer import account_named, trusted
from chalicelib.domain.number import TicketNumber, looks_like_number, parse_number
from chalicelib.domain.people import AccountId, Agent
from chalicelib.domain.text import text
from chalicelib.domain.ticket import Assignee
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.settings import settings

AgentName = Annotated[
    str, text(128, "`me`, or an agent's id or name to sign in by; nobody: null, or `none` in a list.")
]
_AGENT_ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ME = "me"
NOBODY = "none"


def known_number(written: str) -> TicketNumber:
    """The number in a path; what cannot be one is NotFound, with a hint when only the check digit is wrong."""
    number = parse_number(written)
    if number is None and looks_like_number(written):
        raise NotFound(hint="The last digit does not fit the others. Please check the number.")
    if number is None:
        raise NotFound
    return number


def known_topic(id_: str) -> Topic:
    """The catalog's topic; InvalidRequest when it has none with this id."""
    topic = catalog.topics().get(id_)
    if topic is None:
        raise InvalidRequest({"topic": "is not one of the catalog's topics"})
    return topic


def known_teams(id_: str | None) -> list[str]:
    """The team with this id, or every team without one; InvalidRequest when there is no such team."""
    teams = list(catalog.teams())
    if id_ is not None and id_ not in teams:
        raise InvalidRequest({"team": "is not one of the catalog's teams"})
    return teams if id_ is None else [id_]


def known_account(name: str) -> AccountId:
    """The account written as `<issuer id>/<account>`; InvalidRequest when no trusted PMS installation can have it."""
    account = account_named(trusted(settings().issuers()), name)
    if account is None:
        raise InvalidRequest({"account": "is not <issuer id>/<account> of a trusted PMS installation"})
    return account


def is_agent_id(name: str) -> bool:
    """Whether this is written like the id that the user pool gives an agent."""
    return _AGENT_ID.fullmatch(name) is not None


def known_assignee(agent: Agent, name: str | None) -> Assignee:
    """Who is meant: `me`, another agent by id, or nobody; InvalidRequest when there is no such agent."""
    if name is None or name == NOBODY:
        return Assignee()
    if name in {ME, agent.id}:
        return Assignee(agent.id, agent.name)
    found = agents.find_agent(name)
    if found is None:
        raise InvalidRequest({"assignee": "is not an agent who may sign in"})
    return found
