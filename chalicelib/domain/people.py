"""Who is calling, and how an account and a user are told apart over several PMS installations."""

from datetime import datetime
from typing import NewType

import msgspec

AccountId = NewType("AccountId", str)
"""`<issuer id>/<account>`: one hotel, unique over all PMS installations."""


class HotelUser(msgspec.Struct, frozen=True, kw_only=True, tag="hotel"):
    """One user of one hotel account, as the PMS's token says."""

    account: AccountId
    id: str
    name: str
    expires_at: datetime
    account_name: str = ""
    locale: str = "en"
    zone: str = "UTC"


class Agent(msgspec.Struct, frozen=True, kw_only=True, tag="agent"):
    """One support agent, as the user pool's token says."""

    id: str
    name: str
    expires_at: datetime
    groups: tuple[str, ...] = ()
    zone: str = "UTC"


Caller = HotelUser | Agent
