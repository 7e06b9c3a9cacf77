"""The deployment: twice is once, and an update keeps what is there or does not happen."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import build
from infra.deploy import DeployError, Deployment, smoke_test
from local.client import Client
from local.stack import REGION
from tests.conftest import Running, free_port, new_stack

REQUEST = {"topic": "other", "subject": "ა", "text": "ბ", "importance": "low"}


class Filled:
    """A deployed stack with a ticket in it, and what its deployments said."""

    def __init__(self, running: Running) -> None:
        self.said: list[str] = []
        self.running = running
        self.deployment = Deployment(build.LOCAL, REGION, endpoint=running.stack.gateway_url, say=self.said.append)
        self.client: Client = running.client(running.hotel_token("deployed"))
        self.number = self.client.post("/v1/tickets", REQUEST)["number"]

    def deploy(self, template: dict[str, Any], folder: Path) -> dict[str, str]:
        self.said.clear()
        path = folder / "template.json"
        path.write_text(json.dumps(template))
        return self.deployment.deploy(build.names(build.LOCAL)[0], path, self.running.stack.parameters())


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    stack = new_stack(tmp_path_factory.mktemp("deploy"))
    with stack.running(lambda _: None) as up:
        running = Running(stack, up.facts)
        stack_ = Filled(running)
        yield stack_
        stack_.client.close()
        stack_.deployment.close()


@pytest.fixture
def template() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(build.names(build.LOCAL)[1].read_text())
    return read


def test_deploying_the_same_again_changes_nothing(filled: Filled, template: dict[str, Any], tmp_path: Path) -> None:
    before = filled.deployment.outputs()
    assert filled.deploy(template, tmp_path) == before
    assert filled.said == ["no changes"]


def test_an_update_of_a_filled_stack_keeps_its_tables_its_bucket_and_what_is_in_them(
    filled: Filled, template: dict[str, Any], tmp_path: Path
) -> None:
    before = filled.deployment.outputs()
    template["Resources"]["APIHandler"]["Properties"]["MemorySize"] = 1536
    template["Resources"]["AttachmentsBucket"]["Properties"]["CorsConfiguration"]["CorsRules"][0]["MaxAge"] = 60
    template["Resources"]["TicketsTable"]["Properties"]["Tags"] = [{"Key": "kind", "Value": "durable"}]
    after = filled.deploy(template, tmp_path)
    kept = ("TicketsTableName", "LiveTableName", "AttachmentsBucketName", "AgentsPoolId")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert {"APIHandler", "AttachmentsBucket", "TicketsTable"} <= {line.split()[2] for line in filled.said}
    assert not any("(replaced)" in line for line in filled.said)
    name = after["APIHandlerName"]
    function = filled.deployment.client("lambda").get_function_configuration(FunctionName=name)
    assert function["MemorySize"] == 1536
    assert filled.client.get(f"/v1/tickets/{filled.number}")["number"] == filled.number


@pytest.mark.parametrize("change", ["bucket", "table", "remove"])
def test_a_change_that_would_lose_data_is_stopped_before_anything_happens(
    filled: Filled, template: dict[str, Any], tmp_path: Path, change: str
) -> None:
    before = filled.deployment.outputs()
    if change == "bucket":
        template["Resources"]["AttachmentsBucket"]["Properties"]["BucketName"] = "another-name"
    elif change == "table":
        template["Resources"]["LiveTable"]["Properties"]["KeySchema"].pop()
    else:
        template["Resources"]["Spare"] = {"Type": "AWS::S3::Bucket"}
        filled.deploy(template, tmp_path)
        del template["Resources"]["Spare"]
    with pytest.raises(DeployError, match="nothing was changed"):
        filled.deploy(template, tmp_path)
    assert filled.deployment.outputs() == before
    assert filled.client.get(f"/v1/tickets/{filled.number}")["number"] == filled.number


def test_a_template_that_cannot_come_up_is_told_with_its_reason(
    filled: Filled, template: dict[str, Any], tmp_path: Path
) -> None:
    template["Resources"]["Broken"] = {"Type": "AWS::No::Such", "Properties": {}}
    with pytest.raises(DeployError, match="No::Such"):
        filled.deploy(template, tmp_path)
    assert filled.client.get(f"/v1/tickets/{filled.number}")["number"] == filled.number


def test_a_destroyed_stack_is_gone(tmp_path: Path) -> None:
    stack = new_stack(tmp_path / "state")
    with stack.running(lambda _: None):
        stack.deployment.destroy()
        assert stack.deployment._status() is None


@pytest.mark.parametrize(
    "wrong",
    [
        '[{"id": "a", "kind": "hotel", "issuer": "x", "audience": "y", "keys": [{}], "accounts": "hotel-1"}]',
        '[{"id": "agents", "kind": "hotel", "issuer": "x", "audience": "y", "keys": [{}]}]',
        '[{"id": "a", "kind": "hotel", "issuer": "x", "audience": "y", "jwks_url": "http://pms.test/keys"}]',
        '[{"id": "a", "kind": "hotel", "issuer": "x", "audience": "y"}]',
        "not json",
    ],
)
def test_trusted_issuers_that_would_lock_everybody_out_are_stopped(filled: Filled, wrong: str) -> None:
    parameters = {**filled.running.stack.parameters(), "TrustedIssuers": wrong}
    with pytest.raises(DeployError, match="lock everybody out"):
        filled.deployment.deploy(*build.names(build.LOCAL), parameters)
    assert filled.client.get(f"/v1/tickets/{filled.number}")["number"] == filled.number


def test_a_service_that_does_not_answer_fails_the_smoke_test() -> None:
    with pytest.raises(DeployError, match="does not say ok"):
        smoke_test(f"http://127.0.0.1:{free_port()}", within=0)
