"""The agents there are, as the user pool knows them."""

from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.adapters.tables import aws_client, reaching_aws
from chalicelib.domain.issuer import GROUPS
from chalicelib.domain.ticket import Assignee
from chalicelib.settings import settings


@cache
def _pool() -> Any:
    return aws_client("cognito-idp")


def find_agent(id_: str) -> Assignee | None:
    """The agent with this id or this name to sign in by; None when there is none, or one who may not sign in."""
    pool_id = settings().agents_issuer.rpartition("/")[2]
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
