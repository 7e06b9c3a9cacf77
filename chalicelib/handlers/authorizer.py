"""The authorizer: a token in, a policy out."""

from datetime import UTC, datetime
from typing import Any

from chalicelib.domain.issuer import Refused
from chalicelib.observability import one_line
from chalicelib.services.hashes import hashed
from chalicelib.services.identity import identify, policy_for


def answer(authorization: str, method_arn: str, request_id: str) -> dict[str, Any]:
    """The policy for the token's caller. API Gateway answers 401 to exactly this exception's text."""
    caller = None
    with one_line("authorize", request_id) as line:
        try:
            caller = identify(authorization, datetime.now(UTC))
        except Refused:
            line["status"] = 401
        line.update(hashed(caller))
    if caller is None:
        raise Exception("Unauthorized")  # noqa: TRY002 - the text is API Gateway's contract
    return policy_for(caller, method_arn)
