"""Writes docs/openapi.json from the code's types: `make openapi`."""

import json
import os

from infra import build

COMMITTED = build.ROOT / "docs" / "openapi.json"


def generated() -> str:
    """The document as it is committed."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    import app  # noqa: F401 - registers the routes
    from chalicelib.routes.openapi import document

    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    COMMITTED.write_text(generated())
    print(f"written: {COMMITTED.relative_to(build.ROOT)}")
