"""Puts a folder of pages into the pages' bucket. `python -m infra.publish --stage prod --region eu-central-1`.

Only what changed is uploaded. A page is there before anything leads to it: what pages are made of first, then the
articles, then the pages that list them, then what names a search index, and last what is gone is deleted. Files named
by their content stay, so that a page that is open goes on working.
"""

import argparse
import hashlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra import build
from infra.deploy import DeployError, Deployment
from infra.places import deployment_of

FOLDER = build.ROOT / "build" / "site"
NEEDED = ("index.html", "404.html")
"""Without these a folder is not the site, and publishing it would take the site away."""
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
}
_NEVER_CHANGES = re.compile(r"\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9.]+$")
"""A file's name that holds a hash of its content."""
_AT_ONCE = 8
_ARTICLES_DEPTH = 4
"""How many slashes an article's key has: faq/<locale>/<section>/<article>/index.html."""


class PublishError(Exception):
    """Why nothing was published, in a line that says what to do."""


@dataclass(frozen=True)
class Published:
    """The keys of the bucket that were written and deleted, in that order."""

    written: list[str]
    deleted: list[str]


@dataclass(frozen=True)
class Page:
    """One file of the site and its key, the path of its address without the first slash."""

    key: str
    path: Path

    @property
    def type(self) -> str:
        """Its Content-Type; PublishError for an ending that is not in TYPES."""
        try:
            return TYPES[self.path.suffix]
        except KeyError:
            message = f"{self.key} is of no type that is published: remove it, or name its type in infra/publish.py"
            raise PublishError(message) from None

    @property
    def cache(self) -> str:
        """Its Cache-Control: for ever when its name changes with its content, else a minute."""
        return "public, max-age=31536000, immutable" if never_changes(self.key) else "public, max-age=60"

    @property
    def turn(self) -> int:
        """0 what never changes, 1 articles, 2 pages that lead to them, 3 what names a search index, and the like."""
        if never_changes(self.key):
            return 0
        if self.path.suffix != ".html":
            return 3
        return 1 if self.key.count("/") >= _ARTICLES_DEPTH else 2


def never_changes(key: str) -> bool:
    """Whether a key's name holds a hash of the content."""
    return _NEVER_CHANGES.search(key.rpartition("/")[2]) is not None


def publish(s3: Any, bucket: str, folder: Path) -> Published:
    """Makes the bucket serve what the folder holds; PublishError when that cannot be the site."""
    pages = _pages(folder)
    there = dict(_listed(s3, bucket))
    changed = [page for page in pages if there.get(page.key) != _etag(page.path)]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for turn in range(4):
            some = [page for page in changed if page.turn == turn]
            list(threads.map(lambda page: _put(s3, bucket, page), some))
    gone = [key for key in there.keys() - {page.key for page in pages} if not never_changes(key)]
    for key in sorted(gone):
        s3.delete_object(Bucket=bucket, Key=key)
    return Published([page.key for page in sorted(changed, key=lambda page: (page.turn, page.key))], sorted(gone))


def _pages(folder: Path) -> list[Page]:
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise PublishError(f"{folder} has no {' and no '.join(missing)}: build the pages with `make kb`")
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    pages = [Page(path.relative_to(folder).as_posix(), path) for path in paths]
    for page in pages:
        _ = page.type  # said before anything is written
    return pages


def _listed(s3: Any, bucket: str) -> Iterator[tuple[str, str]]:
    for part in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for each in part.get("Contents", ()):
            yield each["Key"], each["ETag"].strip('"')


def _etag(path: Path) -> str:
    """S3's own: the MD5 of an object that was put whole, with S3's keys (API reference of S3: Object)."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _put(s3: Any, bucket: str, page: Page) -> None:
    s3.put_object(
        Bucket=bucket, Key=page.key, Body=page.path.read_bytes(), ContentType=page.type, CacheControl=page.cache
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m infra.publish", description=__doc__)
    parser.add_argument("--stage", default=build.LOCAL)
    parser.add_argument("--region", default="eu-central-1")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    wanted = parser.parse_args()
    try:
        print(_run(wanted.stage, wanted.region, wanted.folder))
    except (PublishError, DeployError, BotoCoreError, ClientError) as error:
        raise SystemExit(str(error)) from None


def _run(stage: str, region: str, folder: Path) -> str:
    deployment = deployment_of(stage, region)
    try:
        done = publish(deployment.client("s3"), _bucket_of(deployment), folder)
    finally:
        deployment.close()
    return f"{len(done.written)} written, {len(done.deleted)} deleted in the pages of {deployment.stack_name}"


def _bucket_of(deployment: Deployment) -> str:
    try:
        return deployment.outputs()["PagesBucketName"]
    except KeyError:
        raise PublishError(f"{deployment.stack_name} has no bucket for pages yet: `make deploy` it first") from None
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        raise PublishError(f"{deployment.stack_name} is not in this region: `make deploy` it first") from None


if __name__ == "__main__":
    main()
