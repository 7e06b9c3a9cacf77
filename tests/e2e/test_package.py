"""The zip: it stands alone, loads nothing it need not, and comes out the same each time."""

import gzip
import hashlib
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra import build
from infra.deploy import KEEPS_DATA

HANDLERS = (
    "app:app",
    "app:authorize",
    "app:sweep",
    "chalicelib.handlers.authorizer:answer",
    "chalicelib.handlers.sweep:run",
)
POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")
HEAVY = ("boto3", "s3transfer", "aws_xray_sdk", "pydantic", "jwt", "cryptography")
_ALONE = """
import sys
sys.path[:] = [sys.argv[1], *(path for path in sys.path if "site-packages" not in path)]
{}
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty folder")
    with zipfile.ZipFile(build.ensure_package(build.LOCAL)[0]) as packed:
        packed.extractall(folder)
    return folder


def _run_alone(folder: Path, code: str) -> str:
    """Runs code with only the unpacked zip and Python itself on the path, and no setting but a region."""
    command = [sys.executable, "-I", "-c", _ALONE.format(code), str(folder)]
    done = subprocess.run(
        command, cwd=folder, env={"AWS_DEFAULT_REGION": "eu-central-1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("handler", HANDLERS)
def test_every_handler_is_imported_from_the_zip_alone(unpacked: Path, handler: str) -> None:
    module, _, name = handler.partition(":")
    code = (
        f"import importlib; found = importlib.import_module({module!r}); print(found.__file__, callable(found.{name}))"
    )
    where, is_callable = _run_alone(unpacked, code).split(" ")[-2:]
    assert str(unpacked.name.split(" ")[-1]) in where
    assert is_callable.strip() == "True"


def test_a_package_taken_out_of_the_zip_is_missed(unpacked: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "less"
    shutil.copytree(unpacked, folder, ignore=shutil.ignore_patterns("msgspec"))
    with pytest.raises(AssertionError, match="msgspec"):
        _run_alone(folder, "import app")


def test_the_functions_that_people_wait_for_load_nothing_heavy(unpacked: Path) -> None:
    loaded = json.loads(_run_alone(unpacked, "import app, json; print(json.dumps(sorted(sys.modules)))"))
    assert not {name.split(".")[0] for name in loaded} & set(HEAVY)
    shipped = {path.name for path in unpacked.iterdir()}
    assert {"boto3", "s3transfer", "jwt", "cryptography"} <= shipped, "there for the functions that do need them"


def test_tokens_are_checked_with_the_zips_own_libraries(unpacked: Path) -> None:
    code = """
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
for name, key in (("ES256", ec.generate_private_key(ec.SECP256R1())), ("EdDSA", ed25519.Ed25519PrivateKey.generate()),
                  ("RS256", rsa.generate_private_key(65537, 2048))):
    token = jwt.encode({"a": 1}, key, algorithm=name)
    print(name, jwt.decode(token, key.public_key(), algorithms=[name]))
"""
    assert _run_alone(unpacked, code).count("{'a': 1}") == 3


def test_every_source_has_bytecode_that_is_used_as_it_is(unpacked: Path) -> None:
    sources = set(unpacked.rglob("*.py"))
    tag = f"cpython-{sys.version_info.major}{sys.version_info.minor}"
    for source in sources:
        compiled = source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"
        assert compiled.read_bytes()[4:8] == b"\x01\x00\x00\x00", "unchecked hash"
        assert str(build.ROOT).encode() not in compiled.read_bytes(), "no path of the building machine"


def test_only_the_services_in_use_are_shipped(unpacked: Path) -> None:
    data = unpacked / "botocore" / "data"
    assert {path.name for path in data.iterdir() if path.is_dir()} == set(build.KEPT_SERVICES)
    endpoints = json.loads((data / "endpoints.json").read_text())
    assert [(each["partition"], set(each["services"])) for each in endpoints["partitions"]] == [
        ("aws", set(build.KEPT_SERVICES) - {"apigatewaymanagementapi"})
    ], "sockets are reached at their API's own address, which no list has"
    for model in data.rglob("service-2.json.gz"):
        assert set(re.findall(rb'"documentation":"(.?)', gzip.decompress(model.read_bytes()))) == {b'"'}, model


def test_on_aws_each_service_is_called_at_its_own_address(unpacked: Path) -> None:
    """What is left of botocore's data must do where no setting says where AWS is."""
    code = """
import os
os.environ |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
os.environ["CONNECTIONS_URL"] = "https://api-id.execute-api.eu-central-1.amazonaws.com/api"
from chalicelib.adapters import agents, bucket, queues, schedules, sockets, tables

class Sent(BaseException):
    pass

def stop(request, **_):
    raise Sent(request.url)

pool, s3, sqs, scheduler = agents._pool(), bucket._s3(), queues._sqs(), schedules._scheduler()
queue = "https://sqs.eu-central-1.amazonaws.com/1/pushes"
for client, call in (
    (tables.CLIENT, tables.CLIENT.list_tables),
    (pool, lambda: pool.admin_get_user(UserPoolId="eu-central-1_a", Username="a")),
    (s3, lambda: s3.get_object(Bucket="files", Key="a")),
    (sqs, lambda: sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": "0", "MessageBody": "{}"}])),
    (scheduler, lambda: scheduler.delete_schedule(Name="a", GroupName="b")),
    (sockets._connections(), lambda: sockets._connections().delete_connection(ConnectionId="a")),
):
    client.meta.events.register("before-send", stop)
    try:
        call()
    except Sent as sent:
        print(sent)
"""
    assert [url.partition("?")[0] for url in _run_alone(unpacked, code).split()] == [
        "https://dynamodb.eu-central-1.amazonaws.com/",
        "https://cognito-idp.eu-central-1.amazonaws.com/",
        "https://files.s3.eu-central-1.amazonaws.com/a",
        "https://sqs.eu-central-1.amazonaws.com/",
        "https://scheduler.eu-central-1.amazonaws.com/schedules/a",
        "https://api-id.execute-api.eu-central-1.amazonaws.com/api/@connections/a",
    ]


def test_two_builds_of_one_source_are_byte_for_byte_the_same() -> None:
    first = [hashlib.sha256(path.read_bytes()).hexdigest() for path in build.package(build.LOCAL)]
    second = [hashlib.sha256(path.read_bytes()).hexdigest() for path in build.package(build.LOCAL)]
    assert first == second


def test_a_stage_on_aws_is_built_for_arm(tmp_path: Path) -> None:
    zip_path, template_path = build.ensure_package("check")
    template = json.loads(template_path.read_text())
    functions = [each for each in template["Resources"].values() if each["Type"] == "AWS::Serverless::Function"]
    assert {tuple(each["Properties"]["Architectures"]) for each in functions} == {("arm64",)}
    with zipfile.ZipFile(zip_path) as packed:
        library = next(name for name in packed.namelist() if name.startswith("msgspec/_core") and name.endswith(".so"))
        packed.extract(library, tmp_path)
    assert (tmp_path / library).read_bytes()[18] == 0xB7, "ELF e_machine: AArch64"


def test_what_keeps_data_is_guarded_on_aws_and_every_difference_is_told() -> None:
    from infra import differences

    as_local = build.ensure_package("check")[1].read_text().replace("stage=check", "stage=local")
    template = json.loads(as_local.replace("deskbell-check-websocket-api", "deskbell-local-websocket-api"))
    resources = template["Resources"]
    keeping = {name for name, each in resources.items() if each["Type"] in KEEPS_DATA} - {"LiveTable"}
    assert keeping == {
        "TicketsTable",
        "NotificationsTable",
        "AttachmentsBucket",
        "PagesBucket",
        "AgentsPool",
        "Secret",
    }
    assert {resources[name][policy] for name in keeping for policy in POLICIES} == {"Retain"}
    assert resources["AgentsPool"]["Properties"]["DeletionProtection"] == "ACTIVE"
    for table in (resources["TicketsTable"], resources["NotificationsTable"]):
        assert table["Properties"]["DeletionProtectionEnabled"]
        assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    local = json.loads(build.ensure_package(build.LOCAL)[1].read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["Architectures"] = [build.architecture(build.LOCAL)]
    assert template != local
    assert len(differences.apply(template)) == len(differences.DIFFERENCES)
    assert template == local, "nothing else differs"
