"""Says why a token is refused, for PMS developers; the API itself never does. `make token-check TOKEN=… STAGE=…`."""

import argparse
import json
import os
from datetime import UTC, datetime
from typing import Any

import msgspec

from infra import build
from local import pms
from local.stack import Stack


def trusted_issuers(stage: str) -> list[dict[str, Any]]:
    """The trusted issuers of a stage as its operator wrote them; of the demo PMS for the local one."""
    if stage == build.LOCAL:
        return [pms.trusted_issuer(Stack.from_environment().state_dir)]
    path = build.ROOT / "infra" / "stages" / f"{stage}.json"
    if not path.exists():
        raise SystemExit(f"{path.relative_to(build.ROOT)} is missing: it holds the trusted issuers of {stage}")
    issuers: list[dict[str, Any]] = json.loads(path.read_text())["TrustedIssuers"]
    return issuers


def check(token: str, issuers: list[dict[str, Any]]) -> tuple[bool, str]:
    """Whether the token is good, and why not or whose it is."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    from chalicelib.adapters.issuer_keys import UNFETCHED, published_key
    from chalicelib.adapters.tokens import read_token
    from chalicelib.domain.issuer import Refused, trusted

    scheme, _, rest = token.strip().partition(" ")
    try:
        known = trusted(issuers)
        caller = read_token(
            rest if scheme.lower() == "bearer" else token.strip(), known, datetime.now(UTC), published_key
        )
    except Refused as refused:
        return False, str(refused)
    except msgspec.ValidationError as error:
        return False, f"the trusted issuers themselves are wrong: {error}"
    except UNFETCHED as error:
        return False, f"the issuer's keys cannot be used: {error}"
    return True, json.dumps(msgspec.to_builtins(caller), ensure_ascii=False)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m local.token_check", description=__doc__)
    parser.add_argument("--stage", default=build.LOCAL)
    parser.add_argument("token")
    wanted = parser.parse_args()
    is_good, words = check(wanted.token, trusted_issuers(wanted.stage))
    if not is_good:
        raise SystemExit(f"refused: {words}")
    print(f"good: {words}")


if __name__ == "__main__":
    main()
