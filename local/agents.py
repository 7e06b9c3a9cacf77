"""Agents of the local stack: users of its Cognito pool, made when first asked for."""

import secrets
from collections.abc import Sequence
from typing import Any

from local.stack import Stack


def agent_token(
    stack: Stack, username: str, *, name: str | None = None, supervisor: bool = False, teams: Sequence[str] = ()
) -> str:
    """An ID token of this agent, good for an hour, straight from the pool."""
    deployment = stack.deployment
    outputs, cognito = deployment.outputs(), deployment.client("cognito-idp")
    pool, client_id = outputs["AgentsPoolId"], outputs["AgentsClientId"]
    _make(cognito, pool, username, name or username.capitalize())
    for group in ["supervisors" if supervisor else "agents", *(f"team-{team}" for team in teams)]:
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=username, GroupName=group)
    password = _password()
    cognito.admin_set_user_password(UserPoolId=pool, Username=username, Password=password, Permanent=True)
    signed_in = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )
    return str(signed_in["AuthenticationResult"]["IdToken"])


def _make(cognito: Any, pool: str, username: str, name: str) -> None:
    try:
        cognito.admin_get_user(UserPoolId=pool, Username=username)
    except cognito.exceptions.UserNotFoundException:
        attributes = [{"Name": "name", "Value": name}]
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=username,
            UserAttributes=attributes,
            TemporaryPassword=_password(),
            MessageAction="SUPPRESS",
        )


def _password() -> str:
    return f"{secrets.token_urlsafe(24)}aA1"
