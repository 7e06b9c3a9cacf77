"""The agents there are, as the user pool knows them."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.adapters import places
from chalicelib.adapters.tables import LiveItem, aws_client, reaching_aws
from chalicelib.domain.issuer import GROUPS
from chalicelib.domain.ticket import Assignee
from chalicelib.settings import settings


@cache
def _pool() -> Any:
    return aws_client("cognito-idp")


def _pool_id() -> str:
    return settings().agents_issuer.rpartition("/")[2]


def find_agent(id_: str) -> Assignee | None:
    """The agent with this id or this name to sign in by; None when there is none, or one who may not sign in."""
    pool_id = _pool_id()
    with reaching_aws():
        try:
            found = _pool().admin_get_user(UserPoolId=pool_id, Username=id_)
            groups = _pool().admin_list_groups_for_user(UserPoolId=pool_id, Username=found["Username"])["Groups"]
        except ClientError as error:
            if error.response["Error"]["Code"] in {"UserNotFoundException", "InvalidParameterException"}:
                return None
            raise
    facts = {each["Name"]: each["Value"] for each in found["UserAttributes"]}
    if not found["Enabled"] or GROUPS.isdisjoint(group["GroupName"] for group in groups):
        return None
    return Assignee(facts["sub"], facts.get("name") or found["Username"])


_DISABLED = "disabled"
_DISABLED_KEPT = timedelta(hours=2)
"""Longer than a token can live: by then the user pool alone keeps him out."""


def disable_agent(id_: str, now: datetime) -> bool:
    """Takes the right to sign in away, and has the tokens that are out refused; False when there is no such agent."""
    with reaching_aws():
        try:
            username = _pool().admin_get_user(UserPoolId=_pool_id(), Username=id_)["Username"]
            _pool().admin_disable_user(UserPoolId=_pool_id(), Username=username)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"UserNotFoundException", "InvalidParameterException"}:
                return False
            raise
        LiveItem(places.agent(id_), _DISABLED, expires_at=int((now + _DISABLED_KEPT).timestamp())).save()
    return True


def is_disabled(id_: str, now: datetime) -> bool:
    """Whether the tokens of this agent that are out are to be refused."""
    with reaching_aws():
        try:
            item = LiveItem.get(places.agent(id_), _DISABLED, consistent_read=True)
        except LiveItem.DoesNotExist:
            return False
    return (item.expires_at or 0) > now.timestamp()
