"""Builds the package of both places and holds their templates to cfn-lint and checkov, with no finding."""

import subprocess
import sys
from pathlib import Path

from infra import build

STAGES = (build.LOCAL, "check")
"""The local stage, and one as it is on AWS."""


def _check(*command: str) -> None:
    done = subprocess.run(command, cwd=build.ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{Path(command[0]).name} found:\n{done.stdout}{done.stderr}")


def main() -> None:
    """Builds and checks; the first finding ends it."""
    scripts = Path(sys.executable).parent
    for stage in STAGES:
        _, template = build.ensure_package(stage)
        _check(str(scripts / "cfn-lint"), str(template))
    # On one machine some guards are off on purpose (infra/differences.py), so checkov looks at the template for AWS.
    checkov = build.ROOT / ".venv-checkov" / "bin" / "checkov"
    _check(
        str(checkov),
        "--file",
        str(template),
        "--framework",
        "cloudformation",
        "--quiet",
        "--compact",
        "--skip-download",
    )


if __name__ == "__main__":
    main()
