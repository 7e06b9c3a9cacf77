"""The Chalice app: what runs when, and nothing of how."""

import gc

gc.disable()  # what is imported stays: looking for garbage in it is 7 % of a cold start
from typing import Any

from chalice.app import Chalice, Rate

from chalicelib.routes import agent_tickets, catalog, contacts, openapi, public, queue, tickets, uploads
from chalicelib.routes.http import Asked, Routes, with_context

app = Chalice(app_name="deskbell", configure_logs=False)


@app.authorizer(ttl_seconds=60)
def authorize(request: Asked) -> dict[str, Any]:
    """Both kinds of token; PyJWT and cryptography are loaded in this function alone."""
    from chalicelib.handlers.authorizer import answer

    return answer(request.token, request.method_arn, request.request_id)


@app.schedule(Rate(5, unit=Rate.MINUTES))
def sweep(event: Any) -> None:
    """What is left behind: uploads that no message took."""
    from chalicelib.handlers.sweep import run

    run(event.context.aws_request_id)


Routes.gate = authorize
authorize = with_context(authorize)  # what Lambda calls; the routes keep Chalice's own
for blueprint in (
    public.routes,
    contacts.routes,
    catalog.hotel,
    catalog.agent,
    uploads.hotel,
    uploads.agent,
    tickets.routes,
    queue.routes,
    agent_tickets.routes,
):
    app.register_blueprint(blueprint)
    openapi.publish(blueprint.endpoints)
gc.freeze()
gc.enable()
