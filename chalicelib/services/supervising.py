"""What supervisors do: take an agent's access away, and set what holds for a hotel."""

from datetime import datetime

from chalicelib.adapters import accounts, agents, places
from chalicelib.adapters.accounts import AccountSettings
from chalicelib.domain.people import Agent
from chalicelib.errors import Forbidden, InvalidRequest, NotFound
from chalicelib.services.handing_out import plan_release
from chalicelib.services.known import is_agent_id, known_account
from chalicelib.services.sockets import close_all

_SUPERVISORS = "supervisors"


def _check(agent: Agent) -> None:
    if _SUPERVISORS not in agent.groups:
        raise Forbidden("Only a supervisor may do this.")


def disable_agent(supervisor: Agent, id_: str, now: datetime) -> None:
    """Ends an agent's access: no new token, nothing served with the old ones, his sockets closed. Again is the same."""
    _check(supervisor)
    if id_ == supervisor.id:
        raise InvalidRequest({"id": "is your own: ask another supervisor"})
    # A name to sign in by would be a second way to himself.
    if not is_agent_id(id_) or not agents.disable_agent(id_, now):
        raise NotFound
    close_all(places.agent(id_))
    plan_release(id_)


def view_settings(account: str) -> AccountSettings:
    """What holds for a hotel account."""
    return accounts.find_settings(known_account(account))


def change_settings(supervisor: Agent, account: str, settings: AccountSettings) -> AccountSettings:
    """Sets what holds for a hotel account from now on."""
    _check(supervisor)
    accounts.put_settings(known_account(account), settings)
    return settings
