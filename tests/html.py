"""Pages held to the standard of HTML."""

import json
import subprocess
from pathlib import Path

WEB = Path(__file__).parents[1] / "web"


def html_faults(*files: Path) -> list[str]:
    """What html-validate finds wrong, by the standard."""
    command = [
        "node_modules/html-validate/bin/html-validate.mjs",
        "--preset",
        "standard",
        "--formatter",
        "json",
        *map(str, files),
    ]
    node = WEB.parent / ".venv" / "bin" / "node"
    done = subprocess.run([node, *command], cwd=WEB, capture_output=True, text=True, check=False)
    return [
        f"{Path(each['filePath']).name}:{message['line']} {message['ruleId']}: {message['message']}"
        for each in json.loads(done.stdout)
        for message in each["messages"]
    ]
