"""MiniStack as a process of its own that saves its state every few seconds: `python -m local.ministack`.

MiniStack 1.5.33 saves only at a clean stop. Saving from a thread fails ("dictionary changed size during iteration"),
so it is done between two requests on its own event loop. This uses private names of the pinned version:
tests/e2e/test_make_run.py kills the process and looks what is left.
"""

import asyncio
import os
import signal
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack
from ministack.core.persistence import save_all

from local import DEPLOYED, distribution

SAVE_EVERY_SECONDS = 2.0
CHANGING = frozenset({"dynamodb", "s3", "cognito", "sqs", "scheduler", "cloudwatch_logs", "secretsmanager"})
"""What changes while the service is in use; all the rest (functions, APIs, the stack) changes only by a deployment."""


class Saver:
    """MiniStack's ASGI app, with its state written down whenever something may have changed it."""

    def __init__(self) -> None:
        self._is_dirty = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serves a request, and remembers that there was one."""
        if distribution.is_for_pages(scope):
            await distribution.serve(scope, receive, send)
            return
        if scope["type"] == "http" and scope["path"] == DEPLOYED:
            self._save(everything=True)
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await ministack.app(scope, receive, send)
        self._is_dirty = self._is_dirty or scope["type"] != "lifespan"

    async def keep_saving(self) -> None:
        """Saves every few seconds while whoever started this process lives."""
        parent = os.getppid()
        while os.getppid() == parent:
            await asyncio.sleep(SAVE_EVERY_SECONDS)
            if self._is_dirty:
                self._is_dirty = False
                self._save(everything=False)

    @staticmethod
    def _save(*, everything: bool) -> None:
        states = ministack._build_persistence_save_dict()  # noqa: SLF001 - see the module's docstring
        save_all({name: state for name, state in states.items() if everything or name in CHANGING})


async def run() -> None:
    """Serves until SIGTERM or SIGINT, then saves once more and stops."""
    config = Config()
    config.bind = [f"{os.environ['BIND_HOST']}:{os.environ['GATEWAY_PORT']}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    saver = Saver()
    saving = asyncio.create_task(saver.keep_saving())
    saving.add_done_callback(lambda _: stop.set())
    await serve(saver, config, shutdown_trigger=stop.wait)
    saving.cancel()


if __name__ == "__main__":
    asyncio.run(run())
