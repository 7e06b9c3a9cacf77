"""The Chalice app: what runs when, and nothing of how."""

from typing import Any

from chalice.app import AuthRequest, Chalice

from chalicelib.routes import agent_tickets, catalog, openapi, public, tickets, uploads
from chalicelib.routes.http import Routes

app = Chalice(app_name="deskbell", configure_logs=False)


@app.authorizer(ttl_seconds=60)
def authorize(request: AuthRequest) -> dict[str, Any]:
    """Both kinds of token; PyJWT and cryptography are loaded in this function alone."""
    from chalicelib.handlers.authorizer import answer

    return answer(request.token, request.method_arn)


Routes.gate = authorize
for blueprint in (
    public.routes,
    catalog.hotel,
    catalog.agent,
    uploads.hotel,
    uploads.agent,
    tickets.routes,
    agent_tickets.routes,
):
    app.register_blueprint(blueprint)
    openapi.publish(blueprint.endpoints)
