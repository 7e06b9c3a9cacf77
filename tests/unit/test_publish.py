"""Publishing: what is written, in which order, with which headers, and what is left alone."""

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra import publish as publishing
from infra.publish import PublishError, publish

ROOT = Path(__file__).parents[2]
BUCKET = "pages"
FOR_EVER = "public, max-age=31536000, immutable"
SITE = {
    "index.html": "<p>choose",
    "404.html": "<p>nothing",
    "faq/ka/index.html": "<p>contents",
    "faq/ka/reach/hours/index.html": "<p>hours",
    "faq/ka/search.json": '{"index": "/faq/ka/index.0f1e2d3c.json"}',
    "faq/ka/index.0f1e2d3c.json": "{}",
    "faq/ka/chat/chat/text.9a8b7c6d.json": "{}",
    "faq/media/chat/chat/window.a1b2c3d4.png": "png",
    "assets/faq.11223344.js": "1",
}
MADE_OF = {
    "faq/ka/index.0f1e2d3c.json",
    "faq/ka/chat/chat/text.9a8b7c6d.json",
    "faq/media/chat/chat/window.a1b2c3d4.png",
    "assets/faq.11223344.js",
}


class Bucket:
    """S3 as far as publishing needs it; what it was asked to do, in order."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.done: list[tuple[str, str]] = []
        self.refuses: str | None = None

    def get_paginator(self, operation: str) -> "Bucket":
        assert operation == "list_objects_v2"
        return self

    def paginate(self, **where: str) -> list[dict[str, Any]]:
        assert where == {"Bucket": BUCKET}
        facts = [
            {"Key": key, "ETag": f'"{hashlib.md5(each["Body"]).hexdigest()}"'} for key, each in self.objects.items()
        ]
        return [{"Contents": [each]} for each in facts] or [{}]

    def put_object(self, *, Bucket: str, Key: str, **facts: Any) -> None:  # noqa: N803 - botocore's names
        assert Bucket == BUCKET
        if self.refuses == Key:
            raise ConnectionError(Key)
        self.objects[Key] = facts
        self.done.append(("put", Key))

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803 - botocore's names
        assert Bucket == BUCKET
        del self.objects[Key]
        self.done.append(("delete", Key))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in SITE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


def test_an_empty_bucket_gets_everything(bucket, folder):
    assert set(publish(bucket, BUCKET, folder).written) == set(SITE)
    assert {key: each["Body"].decode() for key, each in bucket.objects.items()} == SITE


def test_what_pages_are_made_of_comes_first_then_articles_then_what_leads_to_them(bucket, folder):
    publish(bucket, BUCKET, folder)
    keys = [key for _, key in bucket.done]
    assert set(keys[:4]) == MADE_OF
    assert keys[4] == "faq/ka/reach/hours/index.html"
    assert set(keys[5:8]) == {"index.html", "404.html", "faq/ka/index.html"}
    assert keys[8:] == ["faq/ka/search.json"]


@pytest.mark.parametrize(
    ("refused", "absent"),
    [
        ("assets/faq.11223344.js", {"faq/ka/reach/hours/index.html", "faq/ka/index.html", "faq/ka/search.json"}),
        ("faq/ka/reach/hours/index.html", {"faq/ka/index.html", "faq/ka/search.json"}),
        ("faq/ka/index.html", {"faq/ka/search.json"}),
    ],
)
def test_nothing_leads_to_what_could_not_be_written(bucket, folder, refused, absent):
    bucket.refuses = refused
    with pytest.raises(ConnectionError):
        publish(bucket, BUCKET, folder)
    assert not absent & set(bucket.objects)
    bucket.refuses = None
    publish(bucket, BUCKET, folder)
    assert set(bucket.objects) == set(SITE)


def test_only_what_changed_is_written(bucket, folder):
    publish(bucket, BUCKET, folder)
    assert publish(bucket, BUCKET, folder).written == []
    (folder / "faq/ka/index.html").write_text("<p>contents, changed")
    bucket.done.clear()
    assert publish(bucket, BUCKET, folder).written == ["faq/ka/index.html"]
    assert bucket.done == [("put", "faq/ka/index.html")]


def test_a_page_that_is_gone_is_deleted_last_and_a_file_that_an_open_page_may_need_stays(bucket, folder):
    publish(bucket, BUCKET, folder)
    (folder / "assets/faq.11223344.js").rename(folder / "assets/faq.55667788.js")
    (folder / "faq/ka/index.html").unlink()
    bucket.done.clear()
    done = publish(bucket, BUCKET, folder)
    assert (done.written, done.deleted) == (["assets/faq.55667788.js"], ["faq/ka/index.html"])
    assert bucket.done == [("put", "assets/faq.55667788.js"), ("delete", "faq/ka/index.html")]
    assert "assets/faq.11223344.js" in bucket.objects


@pytest.mark.parametrize(
    ("key", "cache"),
    [
        ("assets/faq.11223344.js", FOR_EVER),
        ("faq/media/chat/chat/window.a1B2_-d4.png", FOR_EVER),
        ("faq/ka/index.0f1e2d3c.json", FOR_EVER),
        ("faq/ka/index.html", "public, max-age=60"),
        ("faq/ka/search.json", "public, max-age=60"),
        ("assets/faq.1122334.js", "public, max-age=60"),
        ("faq.11223344.old/index.html", "public, max-age=60"),
    ],
)
def test_only_a_name_that_holds_a_hash_is_kept_for_ever(bucket, folder, key, cache):
    (folder / key).parent.mkdir(parents=True, exist_ok=True)
    (folder / key).write_text("x")
    publish(bucket, BUCKET, folder)
    assert bucket.objects[key]["CacheControl"] == cache


@pytest.mark.parametrize(
    ("key", "type_"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("assets/faq.11223344.js", "text/javascript; charset=utf-8"),
        ("faq/ka/search.json", "application/json"),
        ("faq/media/chat/chat/window.a1b2c3d4.png", "image/png"),
    ],
)
def test_each_file_has_the_type_of_its_ending(bucket, folder, key, type_):
    publish(bucket, BUCKET, folder)
    assert bucket.objects[key]["ContentType"] == type_


def test_a_file_of_no_known_type_is_told_before_anything_is_written(bucket, folder):
    (folder / "faq/ka/notes.docx").write_text("x")
    with pytest.raises(PublishError, match=r"faq/ka/notes\.docx .* remove it"):
        publish(bucket, BUCKET, folder)
    assert bucket.done == []


@pytest.mark.parametrize("missing", ["index.html", "404.html"])
def test_a_folder_that_is_not_the_site_takes_nothing_away(bucket, folder, missing):
    publish(bucket, BUCKET, folder)
    (folder / missing).unlink()
    with pytest.raises(PublishError, match=rf"has no {missing}: build the pages with `make kb`"):
        publish(bucket, BUCKET, folder)
    assert set(bucket.objects) == set(SITE)


class Stage:
    """A deployment with these outputs, or the error instead."""

    stack_name = "deskbell-prod"

    def __init__(self, outputs: dict[str, str] | ClientError, bucket: Bucket) -> None:
        self._outputs, self._bucket = outputs, bucket

    def outputs(self) -> dict[str, str]:
        if isinstance(self._outputs, ClientError):
            raise self._outputs
        return self._outputs

    def client(self, service: str) -> Bucket:
        assert service == "s3"
        return self._bucket

    def close(self) -> None:
        pass


def _said(monkeypatch: pytest.MonkeyPatch, folder: Path, stage: Stage | None = None) -> str:
    """What the command line ends with, its line on success too."""
    if stage:
        monkeypatch.setattr(publishing, "deployment_of", lambda *_: stage)
    monkeypatch.setattr("sys.argv", ["publish", "--folder", str(folder)])
    lines: list[str] = []
    monkeypatch.setattr("builtins.print", lines.append)
    try:
        publishing.main()
    except SystemExit as stopped:
        lines.append(str(stopped))
    (line,) = lines
    return line


def _error(message: str) -> ClientError:
    return ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("outputs", "line"),
    [
        ({}, "deskbell-prod has no bucket for pages yet: `make deploy` it first"),
        (
            _error("Stack with id deskbell-prod does not exist"),
            "deskbell-prod is not in this region: `make deploy` it first",
        ),
        (
            _error("No rights"),
            "An error occurred (ValidationError) when calling the DescribeStacks operation: No rights",
        ),
        ({"PagesBucketName": BUCKET}, "9 written, 0 deleted in the pages of deskbell-prod"),
    ],
)
def test_the_command_ends_with_one_line_that_says_what_to_do(monkeypatch, bucket, folder, outputs, line):
    assert _said(monkeypatch, folder, Stage(outputs, bucket)) == line


def test_without_a_local_stack_it_says_how_to_start_one(monkeypatch, folder):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("STATE_DIR", str(folder))
    assert "start the local stack with `make run`" in _said(monkeypatch, folder)


def test_make_kb_publish_calls_it():
    command = ["make", "--dry-run", "--no-print-directory", "kb-publish", "STAGE=prod", "REGION=eu-west-1"]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines[-1] == ".venv/bin/python -m infra.publish --stage prod --region eu-west-1"
