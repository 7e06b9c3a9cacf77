"""What supervisors do."""

import msgspec

from chalicelib.adapters.accounts import AccountSettings
from chalicelib.errors import NotFound
from chalicelib.routes.http import Incoming, Routes
from chalicelib.services import supervising

routes = Routes(__name__, "agent")


class SettingsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose settings: `<issuer id>/<account>`."""

    account: str = ""


class ChangeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose settings, and all of them."""

    account: str
    shares_answers: bool


@routes.serve("POST", "/v1/agent/agents/{id}/disable", status=204, errors=(NotFound,))
def disable_agent(incoming: Incoming) -> None:
    """Ends an agent's access within a minute, for supervisors: no new token, sockets closed, old tokens refused."""
    supervising.disable_agent(incoming.agent, incoming.path["id"], incoming.now)


@routes.serve("GET", "/v1/agent/settings", query=SettingsQuery, answer=AccountSettings)
def view_settings(incoming: Incoming) -> AccountSettings:
    """What holds for a hotel: whether answers that nobody has opened go to all its users (`shares_answers`)."""
    return supervising.view_settings(incoming.query.account)


@routes.serve("PUT", "/v1/agent/settings", body=ChangeSettings, answer=AccountSettings)
def change_settings(incoming: Incoming) -> AccountSettings:
    """Sets what holds for a hotel, for supervisors."""
    wanted = AccountSettings(incoming.body.shares_answers)
    return supervising.change_settings(incoming.agent, incoming.body.account, wanted)
