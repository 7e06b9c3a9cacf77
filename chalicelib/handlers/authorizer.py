"""The authorizer: a token in, a policy out."""

from datetime import UTC, datetime
from typing import Any

from chalicelib.domain.issuer import Refused
from chalicelib.observability import logger
from chalicelib.services.identity import identify, policy_for


def answer(authorization: str, method_arn: str) -> dict[str, Any]:
    """The policy for the token's caller. API Gateway answers 401 to exactly this exception's text."""
    try:
        caller = identify(authorization, datetime.now(UTC))
    except Refused:
        logger.info("token refused")
        raise Exception("Unauthorized") from None  # noqa: TRY002 - the text is API Gateway's contract
    logger.info("token taken", kind=type(caller).__name__)
    return policy_for(caller, method_arn)
