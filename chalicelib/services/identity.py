"""Who is calling: the trusted issuers of this deployment, and what each kind of caller may reach."""

import json
from datetime import datetime
from functools import cache, partial
from typing import Any

import msgspec

from chalicelib.adapters.agents import is_disabled
from chalicelib.adapters.issuer_keys import kept_key
from chalicelib.adapters.tokens import read_token
from chalicelib.domain.issuer import Issuer, Refused, trusted
from chalicelib.domain.people import Agent, Caller
from chalicelib.settings import settings

AGENT_PATHS = "v1/agent/*"


@cache
def issuers() -> tuple[Issuer, ...]:
    """The trusted issuers of this deployment."""
    return trusted(settings().issuers())


def identify(authorization: str, now: datetime) -> Caller:
    """The caller named by an Authorization header; Refused says why there is none."""
    scheme, _, token = authorization.partition(" ")
    find_key = partial(kept_key, now=now.timestamp())
    caller = read_token(token.strip() if scheme.lower() == "bearer" else "", issuers(), now, find_key)
    if isinstance(caller, Agent) and is_disabled(caller.id, now):
        raise Refused("sub: this agent was disabled")
    return caller


def policy_for(caller: Caller, method_arn: str) -> dict[str, Any]:
    """The authorizer's answer: all that this kind of caller may call, so that it may be cached for the token.

    The caller goes on as ASCII JSON, since API Gateway's context takes only flat text.
    """
    api = "/".join(method_arn.split("/")[:2])
    agent_routes = f"{api}/*/{AGENT_PATHS}"
    statements = [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"{api}/*/v1/*"}]
    if isinstance(caller, Agent):
        statements[0]["Resource"] = agent_routes
    else:
        statements.append({"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": agent_routes})
    return {
        "principalId": "agent" if isinstance(caller, Agent) else "hotel",
        "policyDocument": {"Version": "2012-10-17", "Statement": statements},
        "context": {"caller": json.dumps(msgspec.to_builtins(caller))},
    }
