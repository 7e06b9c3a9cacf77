"""The Chalice app: what runs when, and nothing of how."""

import gc

gc.disable()  # what is imported stays: looking for garbage in it is 7 % of a cold start
from typing import Any

from chalice.app import Chalice, Rate, Response

from chalicelib.routes import (
    agent_tickets,
    catalog,
    chat,
    connections,
    contacts,
    faq,
    notifications,
    openapi,
    public,
    queue,
    reminders,
    supervising,
    tickets,
    uploads,
)
from chalicelib.routes.http import Asked, Routes, with_context

app = Chalice(app_name="deskbell", configure_logs=False)
app.experimental_feature_flags.add("WEBSOCKETS")  # what Chalice still calls so: handlers and their routes, no more


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


@app.schedule(Rate(1, unit=Rate.MINUTES))
def tick(event: Any) -> None:
    """What is due and was missed: reminders, answers for the next shift, tickets that wait."""
    from chalicelib.handlers.timers import tick as run

    run(event.context.aws_request_id)


@app.lambda_function()
def remind(event: Any, context: Any) -> Any:
    """The timers' queue."""
    from chalicelib.handlers.timers import remind as run

    return run(event, context.aws_request_id)


@app.lambda_function()
def relay(event: Any, context: Any) -> None:
    """The streams of the tables."""
    from chalicelib.handlers.push import relay as run

    run(event, context.aws_request_id)


@app.lambda_function()
def push(event: Any, context: Any) -> Any:
    """The queue of pushes."""
    from chalicelib.handlers.push import push as run

    return run(event, context.aws_request_id)


@app.on_ws_connect()
def connect(event: Any) -> Response:
    """A socket is to be opened."""
    from chalicelib.handlers.sockets import connect as run

    return Response("", status_code=200 if run(event.to_dict(), event.context.aws_request_id) else 403)


@app.on_ws_message()
def message(event: Any) -> None:
    """A frame came."""
    from chalicelib.handlers.sockets import receive as run

    run(event.to_dict(), event.context.aws_request_id)


@app.on_ws_disconnect()
def disconnect(event: Any) -> None:
    """A socket was closed."""
    from chalicelib.handlers.sockets import disconnect as run

    run(event.to_dict(), event.context.aws_request_id)


Routes.gate = authorize
authorize = with_context(authorize)  # what Lambda calls; the routes keep Chalice's own
for blueprint in (
    public.routes,
    contacts.routes,
    faq.routes,
    catalog.hotel,
    catalog.agent,
    uploads.hotel,
    uploads.agent,
    tickets.routes,
    queue.routes,
    agent_tickets.routes,
    notifications.routes,
    chat.routes,
    connections.hotel,
    connections.agent,
    reminders.routes,
    supervising.routes,
):
    app.register_blueprint(blueprint)
    openapi.publish(blueprint.endpoints)
gc.freeze()
gc.enable()
