"""The clock's handler: what is left behind is cleared away."""

from datetime import UTC, datetime

from chalicelib.observability import logger
from chalicelib.services.uploads import sweep_uploads


def run() -> None:
    """Deletes the uploads that no message took; an error ends it, and the next one goes on."""
    swept = sweep_uploads(datetime.now(UTC))
    log = logger.error if swept.refused else logger.info
    log("swept", uploads=swept.gone, refused=swept.refused)
