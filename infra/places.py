"""Where a stage is reached: the local one by AWS_ENDPOINT_URL or the stack.json of STATE_DIR, every other on AWS."""

import json
import os
from pathlib import Path

from infra import build
from infra.deploy import DeployError, Deployment


def local_endpoint() -> str:
    """Where the local stack's AWS answers; DeployError when there is none."""
    if given := os.environ.get("AWS_ENDPOINT_URL"):
        return given
    facts = Path(os.environ.get("STATE_DIR") or build.ROOT / ".local") / "stack.json"
    if not facts.exists():
        raise DeployError(f"{facts} is missing: start the local stack with `make run`, or name a STAGE on AWS")
    return str(json.loads(facts.read_text())["gateway_url"])


def deployment_of(stage: str, region: str) -> Deployment:
    """The deployment of a stage, to be closed; DeployError when the local stack was never started."""
    if stage != build.LOCAL:
        return Deployment(stage, region)
    take_local_keys()
    return Deployment(stage, region, endpoint=local_endpoint())


def take_local_keys() -> None:
    """Takes the keys that the local stack never checks, for all that this process asks of AWS."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ[name] = "test"
