"""The search as readers have it: its own bundle in Debian's Chromium."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import cast

from playwright.sync_api import Page, sync_playwright

from bench.search.corpora import Source
from infra.build import ROOT

_NODE = str(ROOT / ".venv" / "bin" / "node")
_LOAD = "json => { window.search = DeskbellSearch.Search.load(json); }"
_ASK = "queries => queries.map(query => window.search.find(query, 3).map(hit => hit.id))"
_TIME = """queries => queries.map(query => {
  const begin = performance.now();
  window.search.find(query);
  return performance.now() - begin;
})"""


def bundle() -> str:
    """The browser's script."""
    return _node("bench/search/bundle.ts")


def build_index(locale: str, sources: Sequence[Source]) -> str:
    """The index's file, by the tool that builds the pages' too."""
    said = json.dumps({"locale": locale, "sources": [asdict(each) for each in sources]})
    return cast(str, json.loads(_node("web/tools/build-index.ts", said))["index"])


@contextmanager
def browser(script: str) -> Iterator["Browser"]:
    """A page with the script in it."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = chromium.new_page()
        page.add_script_tag(content=script)
        yield Browser(page)
        chromium.close()


class Browser:
    """Asks the search in its page."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def load(self, index: str) -> None:
        """Takes this index for all that is asked from now on."""
        self._page.evaluate(_LOAD, index)

    def find(self, queries: Sequence[str]) -> list[list[str]]:
        """Up to 3 ids for each query."""
        return cast(list[list[str]], self._page.evaluate(_ASK, queries))

    def time(self, queries: Sequence[str]) -> list[float]:
        """Milliseconds for each query."""
        return cast(list[float], self._page.evaluate(_TIME, queries))


def _node(script: str, said: str = "") -> str:
    run = subprocess.run([_NODE, script], cwd=ROOT, input=said, capture_output=True, text=True, check=True)
    return run.stdout
