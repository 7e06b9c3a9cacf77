"""The clock's handler: what is left behind is cleared away."""

from datetime import UTC, datetime

from chalicelib.observability import one_line
from chalicelib.services.uploads import sweep_uploads


def run(request_id: str) -> None:
    """Deletes the uploads that no message took; an error ends it, and the next one goes on."""
    with one_line("sweep", request_id) as line:
        swept = sweep_uploads(datetime.now(UTC))
        line.update(uploads=swept.gone, refused=swept.refused)
        if swept.refused:
            line["error"] = "files that S3 refused to delete"
