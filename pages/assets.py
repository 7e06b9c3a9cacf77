"""What is built before the pages: scripts and styles by Vite, names that hold a digest of what is in the file."""

import base64
import hashlib
import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
WEB = ROOT / "web"
NODE = ROOT / ".venv" / "bin" / "node"
BUILT = ROOT / "build" / "web"


class CannotBuild(Exception):
    """Why scripts, styles or the search index could not be built: what the tool said."""


@dataclass(frozen=True)
class Assets:
    """The addresses of an entry's styles and scripts."""

    styles: tuple[str, ...]
    scripts: tuple[str, ...]


def run_node(*arguments: str, stdin: str = "") -> str:
    """What a tool of `web/` printed; CannotBuild with what it complained of when it failed."""
    if not (WEB / "node_modules" / ".ready").exists():
        raise CannotBuild("The tools of web/ are not installed: `make kb` and `make run` install them.")
    done = subprocess.run(
        [str(NODE), "--disable-warning=ExperimentalWarning", *arguments],
        cwd=WEB,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotBuild(done.stderr.strip() or done.stdout.strip())
    return done.stdout


def build_web() -> None:
    """Runs Vite: build/web holds the scripts and styles of every page, and their manifest."""
    run_node("node_modules/vite/bin/vite.js", "build", "--logLevel", "error")


def assets_of(entry: str) -> Assets:
    """Where an entry's files will be, such as `src/faq/faq.ts`."""
    manifest: dict[str, Any] = json.loads((BUILT / ".vite" / "manifest.json").read_text())
    built = manifest[entry]
    return Assets(tuple(f"/{css}" for css in built.get("css", ())), (f"/{built['file']}",))


def digest(content: bytes) -> str:
    """Ten characters that tell this content from any other."""
    return base64.b32encode(hashlib.sha256(content).digest()).decode().lower()[:10]


def hashed_name(name: str, content: bytes) -> str:
    """`index.json` with this content is `index.<digest>.json`."""
    path = Path(name)
    return f"{path.stem}.{digest(content)}{path.suffix}"


def digest_of(paths: Iterable[Path]) -> str:
    """A digest of these files and of all files in these folders, by name and content."""
    found = (file for path in paths for file in ([path] if path.is_file() else path.rglob("*")))
    files = sorted(file for file in found if file.is_file() and file.suffix != ".pyc")
    facts = [(str(file.relative_to(ROOT)), hashlib.sha256(file.read_bytes()).hexdigest()) for file in files]
    return digest(json.dumps(facts).encode())
