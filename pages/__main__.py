"""The command line: `python -m pages kb | contacts | import FOLDER`."""

import argparse
from pathlib import Path

from pages import contacts, importing, site
from pages.articles import Faults
from pages.assets import ROOT, CannotBuild


def main() -> None:
    """Does what the command line says; what is wrong is told in lines that name the file."""
    parser = argparse.ArgumentParser(prog="python -m pages", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("kb", help="build the site into build/site")
    commands.add_parser("contacts", help="write the contacts as one file, build/contacts.html")
    taken = commands.add_parser("import", help="take articles from an export of a wiki")
    taken.add_argument("folder", type=Path)
    taken.add_argument("--locale", help="the language of pages whose path does not say it")
    taken.add_argument("--section", help="the section for all of it, instead of one a folder")
    taken.add_argument("--address", help="where the wiki is, for links to what was not taken")
    try:
        _run(parser.parse_args())
    except (Faults, CannotBuild, importing.CannotImport) as error:
        raise SystemExit(str(error)) from None


def _run(wanted: argparse.Namespace) -> None:
    if wanted.command == "kb":
        built = site.build_site()
        pages = sum(1 for _ in built.rglob("*.html"))
        print(f"ok: {pages} pages in {built.relative_to(ROOT)}")
    elif wanted.command == "contacts":
        out = ROOT / "build" / "contacts.html"
        print(f"ok: {contacts.write_self_contained(out)} bytes in {out.relative_to(ROOT)}")
    else:
        facts = {"locale": wanted.locale, "section": wanted.section, "address": wanted.address}
        for line in importing.run(wanted.folder, site.KB, **facts).lines():
            print(line)


if __name__ == "__main__":
    main()
