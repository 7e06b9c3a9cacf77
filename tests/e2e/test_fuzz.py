"""The running service against its own document: whatever is sent, every answer is one that the document names."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.seed import DEMO
from tests.conftest import Running

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "12"))
"""How many random cases a route gets, besides those for every bound of the document; `make fuzz` gives more."""
AT_LEAST = int(os.environ.get("FUZZ_CASES", "300"))
"""How many cases have to come of it, for hotels and for agents each."""
LEFT_OUT = "positive_data_acceptance,unsupported_method"
"""Opaque cursors and ids that exist cannot be guessed; an unknown method is API Gateway's 404 (docs/openapi.json)."""
FROM = "192.0.2.1"
"""Where it comes from: what is limited per address is not used up for other tests."""
PATHS = {"hotel": ("--exclude-path-regex", "^/v1/agent/"), "agent": ("--include-path-regex", "^/v1/agent/")}


def _settings(folder: Path, number: str, attachment: str) -> Path:
    """Ids that exist, so that more than refusals is tried; and the contract's own status for a missing version."""
    path = folder / "schemathesis.toml"
    path.write_text(
        f"""
[parameters]
"path.number" = "{number}"
"path.id" = "{attachment}"

[checks.missing_required_header]
expected-statuses = ["400", "401", "403", "406", "415", "422", "428"]
"""
    )
    return path


@pytest.mark.parametrize("kind", PATHS)
def test_whatever_is_sent_the_answer_is_in_the_document(
    running: Running, account: str, kind: str, tmp_path: Path
) -> None:
    token = running.hotel_token(account) if kind == "hotel" else running.agent_token()
    hotel = running.client(running.hotel_token(account))
    request = {"topic": "other", "subject": "ა", "text": "ბ", "importance": "low"}
    upload_id = hotel.upload(DEMO / "files" / "calendar-ka.png")
    number = hotel.post("/v1/tickets", {**request, "upload_id": upload_id})["number"]
    api = running.facts["api_url"]
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"),
            *("--config-file", str(_settings(tmp_path, number, "m1"))),
            *("run", f"{api}/v1/openapi.json", "--url", api),
            *("--header", f"Authorization: Bearer {token}", "--header", f"X-Forwarded-For: {FROM}"),
            *("--checks", "all", "--exclude-checks", LEFT_OUT, "--max-examples", str(EXAMPLES)),
            *("--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--no-color", *PATHS[kind]),
        ],
        cwd=tmp_path,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"([0-9,]+) generated, ([0-9,]+) passed", done.stdout)
    assert passed, done.stdout
    assert int(passed[1].replace(",", "")) >= AT_LEAST, done.stdout
