"""The deployment: a change set, shown, executed, tried. The same code deploys to AWS and to the local stack.

`python -m infra.deploy --stage prod --region eu-central-1` takes its parameters from infra/stages/prod.json and AWS's
address from the environment; `AWS_ENDPOINT_URL` points it at another one.
"""

import argparse
import hashlib
import json
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

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
        bucket = self._code_bucket()
        key = f"{hashlib.sha256(zip_path.read_bytes()).hexdigest()}.zip"
        template_url = self._upload(bucket, key, zip_path, template_path)
        values = {**parameters, "CodeBucket": bucket, "CodeKey": key}
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

    def _code_bucket(self) -> str:
        account = self.client("sts").get_caller_identity()["Account"]
        bucket = f"{APP}-code-{account}-{self._session.region_name}"
        s3 = self.client("s3")
        try:
            s3.head_bucket(Bucket=bucket)
        except ClientError:
            where = (
                {} if self._session.region_name == "us-east-1" else {"LocationConstraint": self._session.region_name}
            )
            s3.create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": where} if where else {}))
            blocked = dict.fromkeys(
                ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
            )
            s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=blocked)
        return bucket

    def _upload(self, bucket: str, key: str, zip_path: Path, template_path: Path) -> str:
        s3 = self.client("s3")
        s3.put_object(Bucket=bucket, Key=key, Body=zip_path.read_bytes())
        template = template_path.read_bytes()
        template_key = f"{hashlib.sha256(template).hexdigest()}.json"
        s3.put_object(Bucket=bucket, Key=template_key, Body=template)
        return f"{s3.meta.endpoint_url}/{bucket}/{template_key}"

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
        cloudformation.execute_change_set(StackName=self.stack_name, ChangeSetName=change_set)
        waiter = cloudformation.get_waiter("stack_create_complete" if is_new else "stack_update_complete")
        try:
            waiter.wait(StackName=self.stack_name, WaiterConfig=_EVERY_2_SECONDS)
        except WaiterError as error:
            raise DeployError(f"the deployment failed: {self._first_failure()}") from error

    def _first_failure(self) -> str:
        events = self.client("cloudformation").describe_stack_events(StackName=self.stack_name)["StackEvents"]
        failed = [each for each in events if each["ResourceStatus"].endswith("FAILED")]
        return f"{failed[-1]['LogicalResourceId']}: {failed[-1].get('ResourceStatusReason')}" if failed else "no reason"


def _loses_data(change: Mapping[str, Any]) -> bool:
    renewing = KEEPS_DATA.get(change["ResourceType"])
    if renewing is None:
        return False
    # "Conditional" also stands at harmless changes, such as a new index, so the properties are looked at too.
    changed = {each["Target"].get("Name") for each in change.get("Details", ())}
    return change["Action"] == "Remove" or change.get("Replacement") == "True" or bool(changed & renewing)


def smoke_test(api_url: str) -> None:
    """The service answers at its address; DeployError when it does not."""
    with urllib.request.urlopen(f"{api_url}/v1/health", timeout=30) as answer:
        if json.load(answer)["status"] != "ok":
            raise DeployError(f"{api_url}/v1/health does not say ok")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    parser.add_argument("--stage", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--destroy", action="store_true", help="delete the stack instead")
    wanted = parser.parse_args()
    deployment = Deployment(wanted.stage, wanted.region)
    if wanted.destroy:
        return deployment.destroy()
    settings = build.ROOT / "infra" / "stages" / f"{wanted.stage}.json"
    if not settings.exists():
        raise SystemExit(f"{settings.relative_to(build.ROOT)} is missing: copy infra/stages/example.json and edit it")
    parameters = {
        name: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        for name, value in json.loads(settings.read_text()).items()
    }
    try:
        outputs = deployment.deploy(*build.ensure_package(wanted.stage), parameters)
        smoke_test(outputs["EndpointURL"].rstrip("/"))
    except DeployError as error:
        raise SystemExit(str(error)) from None
    for name, value in sorted(outputs.items()):
        print(f"{name:<24}{value}")
    print(f"ok: {wanted.stage} is deployed and answers")
    return None


if __name__ == "__main__":
    main()
