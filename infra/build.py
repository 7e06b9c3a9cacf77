"""The build: Chalice's package, finished. `python -m infra.build --stage prod` leaves a zip and its template in build/.

Finished means: bytecode beside every source, botocore's data cut to the services in use, folders that never run left
out, and the same bytes for the same source (docs/decisions/0003).
"""

import argparse
import compileall
import gzip
import hashlib
import json
import os
import platform
import py_compile
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chalicelib import catalog
from infra import differences

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LOCAL = "local"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
SUPPORTED = ("3.11", "3.12", "3.13")

KEPT_SERVICES = ("apigatewaymanagementapi", "cognito-idp", "dynamodb", "s3", "scheduler", "sqs")
"""botocore's service models that the functions use; every other one is left out."""
LEFT_OUT = (
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/data_masking",
    "aws_lambda_powertools/utilities/idempotency",
    "aws_lambda_powertools/utilities/kafka",
    "aws_lambda_powertools/utilities/parser",
    "boto3/examples",
    "bin",
    "cffi",
)
"""Folders that never run: Powertools' router, its utilities that need packages not shipped, examples, scripts, and
cffi's build side (cryptography needs only `_cffi_backend`)."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


def architecture(stage: str) -> str:
    """arm64 on AWS; this machine's own locally, where its Python runs the functions."""
    return "arm64" if stage != LOCAL or platform.machine() in {"aarch64", "arm64"} else "x86_64"


def names(stage: str) -> tuple[Path, Path]:
    """Where the zip and the template of a stage are left."""
    suffix = "" if stage == LOCAL else f"-{stage}"
    return BUILD / f"deskbell{suffix}.zip", BUILD / f"deskbell{suffix}.json"


def is_built(stage: str) -> bool:
    """Whether build/ holds the package of exactly this source."""
    stamp = _stamp(stage)
    return stamp.exists() and stamp.read_text() == fingerprint(stage) and all(path.exists() for path in names(stage))


def _stamp(stage: str) -> Path:
    return BUILD / f"{stage}.fingerprint"


def ensure_package(stage: str) -> tuple[Path, Path]:
    """The zip and the template of a stage, built if the source changed since."""
    return names(stage) if is_built(stage) else package(stage)


def package(stage: str) -> tuple[Path, Path]:
    """Builds the zip and the template of a stage; returns where they are."""
    if PYTHON not in SUPPORTED:
        raise SystemExit(f"Python {PYTHON} is not one that Lambda runs: use one of {', '.join(SUPPORTED)}")
    before = fingerprint(stage)
    catalog.check()
    stage_dir = BUILD / f"stage-{stage}"
    zip_path, template_path = names(stage)
    _finish_zip(chalice_package(stage, stage_dir), stage_dir / "content", zip_path)
    _finish_template(stage, stage_dir / "out" / "sam.yaml", template_path)
    shutil.rmtree(stage_dir)
    _stamp(stage).write_text(before)
    return zip_path, template_path


def chalice_package(stage: str, stage_dir: Path) -> Path:
    """Lays the source out in `stage_dir` and has Chalice package it; the zip as Chalice leaves it."""
    _lay_out(stage, stage_dir)
    _run_chalice(stage, stage_dir)
    return stage_dir / "out" / "deployment.zip"


def fingerprint(stage: str) -> str:
    """What the build depends on, as a hash: an unchanged one needs no new build."""
    digest = hashlib.sha256(f"{stage} {PYTHON} {architecture(stage)}".encode())
    for path in sorted(_inputs()):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _inputs() -> Iterator[Path]:
    yield ROOT / "app.py"
    yield ROOT / "requirements.txt"
    for folder in ("chalicelib", ".chalice", "infra"):
        yield from (path for path in (ROOT / folder).rglob("*") if _is_source(path))


def _is_source(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts and "deployments" not in path.parts


def _lay_out(stage: str, stage_dir: Path) -> None:
    BUILD.mkdir(exist_ok=True)
    shutil.rmtree(stage_dir, ignore_errors=True)
    (stage_dir / ".chalice").mkdir(parents=True)
    shutil.copy(ROOT / "app.py", stage_dir)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "chalicelib", stage_dir / "chalicelib", ignore=ignore)
    for policy in (ROOT / ".chalice").glob("policy-*.json"):
        shutil.copy(policy, stage_dir / ".chalice")
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    config |= {"lambda_python_version": f"python{PYTHON}", "lambda_architecture": architecture(stage)}
    (stage_dir / ".chalice" / "config.json").write_text(json.dumps({**config, "stages": {stage: {}}}))
    # Chalice's packager adds Chalice's runtime by itself; the rest of it is its command line.
    shutil.copytree(_vendor(stage), stage_dir / "vendor", ignore=shutil.ignore_patterns("chalice"))


def _vendor(stage: str) -> Path:
    """The runtime dependencies for the target machine, installed once for each set of pins."""
    pins = (ROOT / "requirements.txt").read_bytes()
    target = BUILD / "vendor" / f"{PYTHON}-{architecture(stage)}-{hashlib.sha256(pins).hexdigest()[:16]}"
    if not target.exists():
        machine = "aarch64" if architecture(stage) == "arm64" else "x86_64"
        unfinished = target.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        _run(
            *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(unfinished)),
            *("--python-version", PYTHON, "--python-platform", f"{machine}-manylinux2014", "--only-binary", ":all:"),
            *("--no-deps", "--require-hashes", "--no-compile", "-r", str(ROOT / "requirements.txt")),
        )
        unfinished.rename(target)
    return target


def _run_chalice(stage: str, stage_dir: Path) -> None:
    _run(
        *(
            sys.executable,
            "-c",
            "import sys; from chalice.cli import main; sys.exit(main())",
            "--project-dir",
            str(stage_dir),
        ),
        *("package", "--stage", stage, "--template-format", "yaml"),
        *("--merge-template", str(ROOT / "infra" / "resources.yaml"), str(stage_dir / "out")),
    )


def _run(*command: str) -> None:
    environment = {**os.environ, "AWS_DEFAULT_REGION": os.environ.get("AWS_DEFAULT_REGION", "eu-central-1")}
    done = subprocess.run(command, cwd=BUILD, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def _finish_zip(packaged: Path, content: Path, zip_path: Path) -> None:
    with zipfile.ZipFile(packaged) as packed:
        packed.extractall(content)
    _cut(content)
    invalidation = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(content, quiet=1, invalidation_mode=invalidation, stripdir=str(content)):
        raise SystemExit("a source in the zip does not compile")
    with zipfile.ZipFile(zip_path, "w") as finished:
        for path in sorted(path for path in content.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(path.relative_to(content)), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            finished.writestr(entry, path.read_bytes(), compresslevel=9)


def _cut(content: Path) -> None:
    for folder in LEFT_OUT:
        shutil.rmtree(content / folder, ignore_errors=True)
    for metadata in content.glob("*.dist-info"):
        for name in ("RECORD", "INSTALLER", "REQUESTED", "uv_cache.json"):
            (metadata / name).unlink(missing_ok=True)
    _cut_models(content / "botocore" / "data")
    for cache in content.rglob("__pycache__"):
        shutil.rmtree(cache)


def _cut_models(data: Path) -> None:
    """Keeps of botocore's data the services in use, without their manual: a start reads all of what is left."""
    for service in data.iterdir():
        if service.is_dir() and service.name not in KEPT_SERVICES:
            shutil.rmtree(service)
    endpoints = json.loads((data / "endpoints.json").read_text())
    endpoints["partitions"] = [each for each in endpoints["partitions"] if each["partition"] == "aws"]
    for partition in endpoints["partitions"]:
        partition["services"] = {name: each for name, each in partition["services"].items() if name in KEPT_SERVICES}
    (data / "endpoints.json").write_text(json.dumps(endpoints, separators=(",", ":")))
    for examples in data.rglob("examples-1.json"):
        examples.unlink()
    for model in data.rglob("*.json.gz"):
        kept = _without_manual(json.loads(gzip.decompress(model.read_bytes())))
        model.write_bytes(gzip.compress(json.dumps(kept, separators=(",", ":")).encode(), mtime=0))


def _without_manual(model: Any) -> Any:
    """The model with empty texts for its `documentation`, which botocore asks for here and there."""
    if isinstance(model, dict):
        return {
            name: "" if name == "documentation" and isinstance(value, str) else _without_manual(value)
            for name, value in model.items()
        }
    return [_without_manual(each) for each in model] if isinstance(model, list) else model


def _finish_template(stage: str, chalice_template: Path, template_path: Path) -> None:
    import yaml

    template = yaml.safe_load(chalice_template.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": {"Ref": "CodeBucket"}, "Key": {"Ref": "CodeKey"}}
    # Chalice's deployment is made once and never again, so a changed route would not be served: AutoDeploy instead.
    del template["Resources"]["WebsocketAPIDeployment"]
    del template["Resources"]["WebsocketAPIStage"]["Properties"]["DeploymentId"]
    if stage == LOCAL:
        for words in differences.apply(template):
            print(f"  otherwise on this machine: {words}")
    template_path.write_text(json.dumps(template, indent=1, sort_keys=True) + "\n")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m infra.build", description=__doc__)
    parser.add_argument("--stage", default=LOCAL, help="local, or any name for one on AWS")
    zip_path, template_path = package(parser.parse_args().stage)
    digest = hashlib.sha256(zip_path.read_bytes()).hexdigest()
    print(f"{zip_path.relative_to(ROOT)}  {zip_path.stat().st_size / 1e6:.1f} MB  sha256 {digest[:16]}")
    print(f"{template_path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
