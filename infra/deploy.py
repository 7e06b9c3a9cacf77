"""The deployment: a change set, shown, executed, tried. The same code deploys to AWS and to the local stack.

`python -m infra.deploy --stage prod --region eu-central-1` takes its parameters from infra/stages/prod.json and AWS's
address from the environment; `AWS_ENDPOINT_URL` points it at another one.
"""

import argparse
import hashlib
import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import msgspec
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from chalicelib.domain.issuer import trusted
from infra import build

APP = "deskbell"
KEEPS_DATA = {
    "AWS::DynamoDB::Table": {"KeySchema", "LocalSecondaryIndexes", "TableName"},
    "AWS::S3::Bucket": {"BucketName"},
    "AWS::Cognito::UserPool": {"AliasAttributes", "UsernameAttributes", "UsernameConfiguration"},
    "AWS::SecretsManager::Secret": {"GenerateSecretString", "Name", "SecretString"},
}
"""What keeps data, and the properties whose change makes it anew, or makes what it keeps anew."""
_REPLACED = {"True": " (replaced)", "Conditional": " (replaced, if AWS finds that it must be)"}
_EVERY_2_SECONDS = {"Delay": 2, "MaxAttempts": 900}
Say = Callable[[str], None]


class DeployError(Exception):
    """Why a deployment stopped, in a line that says what to do."""


class Deployment:
    """One stack of one stage in one region."""

    def __init__(self, stage: str, region: str, *, endpoint: str | None = None, say: Say = print) -> None:
        self.stage = stage
        self.stack_name = f"{APP}-{stage}"
        self._session = boto3.Session(region_name=region)
        self._config = Config(retries={"mode": "standard", "total_max_attempts": 5}, s3={"addressing_style": "path"})
        self._endpoint = endpoint
        self._say = say
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """A client of this stack's AWS."""
        if service not in self._clients:
            make: Any = self._session.client
            self._clients[service] = make(service, endpoint_url=self._endpoint, config=self._config)
        return self._clients[service]

    def close(self) -> None:
        """Lets go of the clients' connections."""
        for client in self._clients.values():
            client.close()

    def deploy(self, zip_path: Path, template_path: Path, parameters: Mapping[str, str]) -> dict[str, str]:
        """Brings the stack to this zip, template and parameters; returns its outputs.

        Stops before anything happens if a change would replace what keeps data (DeployError).
        """
        _check_issuers(parameters)
        bucket = self._code_bucket()
        key = f"{hashlib.sha256(zip_path.read_bytes()).hexdigest()}.zip"
        template_url = self._upload(bucket, key, zip_path, template_path)
        values = {**parameters, "CodeBucket": bucket["Bucket"], "CodeKey": key}
        change_set = self._prepare(template_url, values)
        if change_set is None:
            self._say("no changes")
        else:
            self._show_and_execute(change_set)
        return self.outputs()

    def destroy(self) -> None:
        """Deletes the stack. What keeps data stays where its policy says so."""
        cloudformation = self.client("cloudformation")
        cloudformation.delete_stack(StackName=self.stack_name)
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=self.stack_name, WaiterConfig=_EVERY_2_SECONDS
        )
        self._say(f"{self.stack_name} is deleted")

    def outputs(self) -> dict[str, str]:
        """The stack's outputs."""
        (stack,) = self.client("cloudformation").describe_stacks(StackName=self.stack_name)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}

    def _status(self) -> str | None:
        try:
            (stack,) = self.client("cloudformation").describe_stacks(StackName=self.stack_name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return str(stack["StackStatus"])

    def _code_bucket(self) -> dict[str, str]:
        """The bucket for the zip, made if it is not there, and whose it must be: the name could be guessed."""
        account = self.client("sts").get_caller_identity()["Account"]
        region = str(self._session.region_name)
        bucket = {"Bucket": f"{APP}-code-{account}-{region}"}
        owned = {**bucket, "ExpectedBucketOwner": account}
        s3 = self.client("s3")
        try:
            s3.head_bucket(**owned)
        except ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise DeployError(f"the bucket {bucket['Bucket']} is not ours: {error}") from error
            where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            s3.create_bucket(**bucket, **where)
            blocked = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
            s3.put_public_access_block(**owned, PublicAccessBlockConfiguration=dict.fromkeys(blocked, True))
        return owned

    def _upload(self, bucket: dict[str, str], key: str, zip_path: Path, template_path: Path) -> str:
        s3 = self.client("s3")
        s3.put_object(**bucket, Key=key, Body=zip_path.read_bytes())
        template = template_path.read_bytes()
        template_key = f"{hashlib.sha256(template).hexdigest()}.json"
        s3.put_object(**bucket, Key=template_key, Body=template)
        return f"{s3.meta.endpoint_url}/{bucket['Bucket']}/{template_key}"

    def _prepare(self, template_url: str, parameters: Mapping[str, str]) -> str | None:
        cloudformation = self.client("cloudformation")
        status = self._status()
        if status and status.endswith("IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            raise DeployError(f"{self.stack_name} is {status}: wait until it is done, then try again")
        if status in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED"}:
            raise DeployError(f"{self.stack_name} never came up ({status}): delete it, then try again")
        is_new = status in {None, "REVIEW_IN_PROGRESS"}
        name = (
            f"deploy-{hashlib.sha256(json.dumps([template_url, parameters], sort_keys=True).encode()).hexdigest()[:32]}"
        )
        self._forget_change_set(name)
        try:
            change_set = cloudformation.create_change_set(
                StackName=self.stack_name,
                ChangeSetName=name,
                ChangeSetType="CREATE" if is_new else "UPDATE",
                TemplateURL=template_url,
                Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
                Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
                Tags=[{"Key": "app", "Value": APP}, {"Key": "stage", "Value": self.stage}],
            )["Id"]
            cloudformation.get_waiter("change_set_create_complete").wait(
                StackName=self.stack_name, ChangeSetName=change_set, WaiterConfig=_EVERY_2_SECONDS
            )
        except WaiterError as error:
            reason = str(error.last_response.get("StatusReason", error))
            if "didn't contain changes" in reason or "No updates" in reason:
                cloudformation.delete_change_set(StackName=self.stack_name, ChangeSetName=change_set)
                return None
            raise DeployError(f"the change set failed: {reason}") from error
        except ClientError as error:
            raise DeployError(f"the change set was refused: {error}") from error
        return str(change_set)

    def _forget_change_set(self, name: str) -> None:
        try:
            self.client("cloudformation").delete_change_set(StackName=self.stack_name, ChangeSetName=name)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {
                "ValidationError",
                "ChangeSetNotFound",
                "ChangeSetNotFoundException",
            }:
                raise

    def _show_and_execute(self, change_set: str) -> None:
        cloudformation = self.client("cloudformation")
        described = cloudformation.describe_change_set(StackName=self.stack_name, ChangeSetName=change_set)
        changes = [each["ResourceChange"] for each in described["Changes"]]
        for each in changes:
            replaced = _REPLACED.get(each.get("Replacement", "False"), "")
            self._say(f"{each['Action']:<8}{each['ResourceType']:<36}{each['LogicalResourceId']}{replaced}")
        if lost := [each["LogicalResourceId"] for each in changes if _loses_data(each)]:
            raise DeployError(f"stopped, nothing was changed: this would replace or remove {', '.join(lost)}")
        is_new = self._status() == "REVIEW_IN_PROGRESS"
        began = datetime.now(UTC)
        cloudformation.execute_change_set(StackName=self.stack_name, ChangeSetName=change_set)
        waiter = cloudformation.get_waiter("stack_create_complete" if is_new else "stack_update_complete")
        try:
            waiter.wait(StackName=self.stack_name, WaiterConfig=_EVERY_2_SECONDS)
        except WaiterError as error:
            raise DeployError(f"the deployment failed: {self._first_failure(began)}") from error

    def _first_failure(self, since: datetime) -> str:
        pages = self.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=self.stack_name)
        events = [each for page in pages for each in page["StackEvents"] if each["Timestamp"] >= since]
        failed = [each for each in events if each["ResourceStatus"].endswith("FAILED")]
        return f"{failed[-1]['LogicalResourceId']}: {failed[-1].get('ResourceStatusReason')}" if failed else "no reason"


def _loses_data(change: Mapping[str, Any]) -> bool:
    renewing = KEEPS_DATA.get(change["ResourceType"])
    if renewing is None:
        return False
    # "Conditional" also stands at harmless changes, such as a new index, so the properties are looked at too.
    changed = {each["Target"].get("Name") for each in change.get("Details", ())}
    return change["Action"] == "Remove" or change.get("Replacement") == "True" or bool(changed & renewing)


def _check_issuers(parameters: Mapping[str, str]) -> None:
    try:
        trusted(json.loads(parameters.get("TrustedIssuers", "[]")))
    except (ValueError, msgspec.ValidationError) as error:
        raise DeployError(f"stopped, nothing was changed: TrustedIssuers would lock everybody out: {error}") from error


def smoke_test(api_url: str, *, within: float = 30) -> None:
    """The service answers at its address, a new one's name within seconds; DeployError when it does not."""
    deadline = time.monotonic() + within
    while not _is_healthy(api_url):
        if time.monotonic() > deadline:
            raise DeployError(f"{api_url}/v1/health does not say ok")
        time.sleep(1)


def _is_healthy(api_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{api_url}/v1/health", timeout=10) as answer:
            return bool(json.load(answer)["status"] == "ok")
    except (OSError, ValueError, KeyError):
        return False


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    parser.add_argument("--stage", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--destroy", action="store_true", help="delete the stack instead")
    wanted = parser.parse_args()
    try:
        _run(wanted)
    except (DeployError, BotoCoreError, ClientError) as error:
        raise SystemExit(str(error)) from None


def _run(wanted: argparse.Namespace) -> None:
    deployment = Deployment(wanted.stage, wanted.region)
    if wanted.destroy:
        deployment.destroy()
        return
    settings = build.ROOT / "infra" / "stages" / f"{wanted.stage}.json"
    if not settings.exists():
        raise SystemExit(f"{settings.relative_to(build.ROOT)} is missing: copy infra/stages/example.json and edit it")
    parameters = {
        name: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        for name, value in json.loads(settings.read_text()).items()
    }
    outputs = deployment.deploy(*build.ensure_package(wanted.stage), parameters)
    smoke_test(outputs["EndpointURL"].rstrip("/"))
    for name, value in sorted(outputs.items()):
        print(f"{name:<24}{value}")
    print(f"ok: {wanted.stage} is deployed and answers")


if __name__ == "__main__":
    main()
