"""What support has set for a hotel account."""

import msgspec

from chalicelib.adapters import places
from chalicelib.adapters.tables import TicketsItem, reaching_aws
from chalicelib.domain.people import AccountId

_SETTINGS = "settings"


class AccountSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether answers that nobody has opened go to all users of the hotel."""

    shares_answers: bool = True


def find_settings(account: AccountId) -> AccountSettings:
    """The account's settings, or what holds where nothing was set."""
    with reaching_aws():
        try:
            item = TicketsItem.get(places.account(account), _SETTINGS, consistent_read=True)
        except TicketsItem.DoesNotExist:
            return AccountSettings()
    return msgspec.json.decode(item.data or "", type=AccountSettings)


def put_settings(account: AccountId, settings: AccountSettings) -> None:
    """Sets all of them; the last one wins."""
    with reaching_aws():
        TicketsItem(places.account(account), _SETTINGS, data=msgspec.json.encode(settings).decode()).save()
