"""The template's checks find what is wrong: their skips are few, explained, and needed."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra import build, template_checks


@pytest.fixture
def template() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(build.ensure_package("check")[1].read_text())
    return read


def _skips(template: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    return [
        (name, skip)
        for name, resource in template["Resources"].items()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", ())
    ]


def _checkov(template: dict[str, Any], folder: Path) -> set[tuple[str, str]]:
    path = folder / "template.json"
    path.write_text(json.dumps(template))
    checkov = str(build.ROOT / ".venv-checkov" / "bin" / "checkov")
    command = [checkov, "--file", str(path), "--framework", "cloudformation", "--skip-download", "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    failed = json.loads(done.stdout)["results"]["failed_checks"]
    return {(each["resource"].rpartition(".")[2], each["check_id"]) for each in failed}


def test_every_skipped_check_says_why_and_would_fail_without_its_skip(template: dict[str, Any], tmp_path: Path) -> None:
    skips = {(name, skip["id"]) for name, skip in _skips(template)}
    assert all(len(skip["comment"]) > 30 for _, skip in _skips(template))
    for resource in template["Resources"].values():
        resource.get("Metadata", {}).pop("checkov", None)
    assert _checkov(template, tmp_path) == skips


def test_a_public_bucket_is_found(template: dict[str, Any], tmp_path: Path) -> None:
    assert _checkov(template, tmp_path) == set()
    del template["Resources"]["AttachmentsBucket"]["Properties"]["PublicAccessBlockConfiguration"]
    assert {"CKV_AWS_53", "CKV_AWS_54"} <= {check for _, check in _checkov(template, tmp_path)}


def test_a_misspelt_resource_is_found(template: dict[str, Any], tmp_path: Path) -> None:
    template["Resources"]["TicketsTabel"] = {"Properties": template["Resources"]["TicketsTable"]["Properties"]}
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template))
    with pytest.raises(SystemExit, match="cfn-lint found"):
        template_checks._check(str(build.ROOT / ".venv" / "bin" / "cfn-lint"), str(path))
