"""The pages' own chat client against the packaged service: what is said arrives though the sockets are cut."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Running

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
NODE = shutil.which("node", path=os.pathsep.join([str(ROOT / ".venv/bin"), os.environ["PATH"]])) or "node"
TEXTS, CUTS = 20, 10
NEVER = 300
Line = dict[str, str]


@pytest.fixture(scope="module")
def built() -> Path:
    """The client and the script that drives it, as Node runs them; `npm ci` in `web/` comes before."""
    build = [NODE, "node_modules/typescript/bin/tsc", "--project", "tsconfig.build.json"]
    subprocess.run(build, cwd=WEB, check=True, timeout=NEVER)
    return WEB / "build/e2e/chat.js"


def _said(lines: list[Line], by: str) -> list[str]:
    return [line["text"] for line in lines if line["from"] == by]


def test_two_pages_read_all_that_was_said_once_and_in_order_while_their_sockets_are_cut(
    running: Running, account: str, agent_bearer: str, built: Path
) -> None:
    api_url = running.facts["api_url"]
    given = {
        "site_url": running.facts["site_url"],
        "visitor": {"api_url": api_url, "token": running.hotel_token(account)},
        "agent": {"api_url": api_url, "token": agent_bearer},
    }
    done = subprocess.run(
        [NODE, str(built)], input=json.dumps(given), capture_output=True, text=True, timeout=NEVER, check=False
    )
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(done.stdout)
    assert read["cuts"] == CUTS
    for lines in (read["visitor"], read["agent"]):
        for by in ("visitor", "agent"):
            assert _said(lines, by) == [f"{by[0]}{n} ტექსტი 😀" for n in range(1, TEXTS + 1)]
    assert {line["delivery"] for line in read["visitor"] if line["from"] == "visitor"} == {"shown"}
    assert read["intro"]["question"] == "ორმაგი ჯავშანი 🛎️"
    assert read["states"] == [{"kind": "ended", "by": "visitor"}] * 2
