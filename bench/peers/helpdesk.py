"""django-helpdesk's side: its own views behind Django's WSGI handler, called in this process as a server would.

It runs in .venv-peers, which has Django and nothing of ours but `bench.tickets`.
"""

import io
import json
import re
import sys
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import django

from bench.peers import PAGE, STATUS, TOPIC, opened_index
from bench.tickets import HOTEL, Sample, User, sample, samples, users

HOST = "desk.example"
_AGENT = "nino"
_CUSTOMER = users(HOTEL)[0]
_CSRF = "a" * 32
_STATUSES = {"new": 1, "open": 2, "pending": 3, "closed": 4}
"""Its open, reopened, resolved and closed stand for ours."""
_PRIORITIES = {"critical": 1, "high": 2, "normal": 3, "low": 4}
_TOPICS = Path(__file__).resolve().parents[2] / "chalicelib" / "catalog" / "topics.toml"
_BATCH = 1_000
_OK = 200
_FOUND = 302
_COLUMNS = (
    *("id", "ticket", "priority", "queue", "status", "created", "due_date"),
    *("assigned_to", "submitter", "last_followup", "kbitem"),
)
"""What its page's table asks for, column by column."""

django.setup()


def load(count: int) -> None:
    """Its tables with the first `count` tickets: a queue a topic, and each first message as a follow-up, as it does."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection
    from helpdesk.models import FollowUp, Queue, Ticket

    call_command("migrate", verbosity=0)
    accounts = get_user_model().objects
    accounts.create_user(_AGENT, "nino@desk.example", is_staff=True, first_name="Nino", last_name="Beridze")
    accounts.create_user(_CUSTOMER.id, _email(_CUSTOMER, HOTEL), first_name=_CUSTOMER.name)
    topics = tomllib.loads(_TOPICS.read_text("utf-8"))["topic"]
    queues = {
        topic["id"]: Queue.objects.create(title=topic["label"]["en"], slug=topic["id"], allow_public_submission=True)
        for topic in topics
    }
    tickets = Ticket.objects.bulk_create(
        (_ticket(Ticket, queues, given) for given in samples(range(count))), batch_size=_BATCH
    )
    FollowUp.objects.bulk_create(
        (_follow_up(FollowUp, ticket, sample(index)) for index, ticket in enumerate(tickets)), batch_size=_BATCH
    )
    with connection.cursor() as cursor:
        opened = [(sample(index).opened_at,) * 2 + (ticket.pk,) for index, ticket in enumerate(tickets)]
        cursor.executemany("UPDATE helpdesk_ticket SET created = %s, modified = %s WHERE id = %s", opened)
        cursor.execute("VACUUM ANALYZE")


def _ticket(model: Any, queues: dict[str, Any], given: Sample) -> Any:
    return model(
        title=given.subject,
        queue=queues[given.topic],
        submitter_email=_email(given.user, given.account),
        status=_STATUSES[given.status],
        priority=_PRIORITIES[given.importance],
        description=given.text,
    )


def _email(user: User, account: str) -> str:
    return f"{user.id}@{account}.example"


def _follow_up(model: Any, ticket: Any, given: Sample) -> Any:
    return model(ticket=ticket, date=given.opened_at, title="Ticket Opened", comment=given.text, public=True)


class Browser:
    """A signed-in user's browser, without the network: one WSGI call a request, its answer read to the end."""

    def __init__(self, username: str) -> None:
        from django.core.wsgi import get_wsgi_application

        self._serve = get_wsgi_application()
        self._cookies = f"sessionid={_sign_in(username)}; csrftoken={_CSRF}"

    def get(self, path: str) -> bytes:
        """The page at this path."""
        return self._ask("GET", path, b"", _OK)

    def post(self, path: str, form: dict[str, str]) -> bytes:
        """Sends a form that is answered by a redirect."""
        return self._ask("POST", path, urlencode({"csrfmiddlewaretoken": _CSRF, **form}).encode(), _FOUND)

    def _ask(self, method: str, target: str, body: bytes, expected: int) -> bytes:
        path, _, query = target.partition("?")
        statuses: list[str] = []
        answer = self._serve(
            {
                "REQUEST_METHOD": method,
                "SCRIPT_NAME": "",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": "application/x-www-form-urlencoded" if body else "",
                "CONTENT_LENGTH": str(len(body)),
                "SERVER_NAME": HOST,
                "SERVER_PORT": "80",
                "SERVER_PROTOCOL": "HTTP/1.1",
                "REMOTE_ADDR": "127.0.0.1",
                "HTTP_HOST": HOST,
                "HTTP_COOKIE": self._cookies,
                "wsgi.version": (1, 0),
                "wsgi.url_scheme": "http",
                "wsgi.input": io.BytesIO(body),
                "wsgi.errors": sys.stderr,
                "wsgi.multithread": False,
                "wsgi.multiprocess": True,
                "wsgi.run_once": False,
            },
            lambda status, *_: statuses.append(status),
        )
        content = b"".join(answer)
        answer.close()
        assert int(statuses[0][:3]) == expected, (statuses, content[:2_000])
        return content


def _sign_in(username: str) -> str:
    from django.contrib.auth import get_user_model, login
    from django.contrib.sessions.backends.db import SessionStore
    from django.http import HttpRequest

    request = HttpRequest()
    request.session = SessionStore()
    login(request, get_user_model().objects.get(username=username))
    request.session.save()
    return str(request.session.session_key)


def _action(name: str, count: int) -> Callable[[], bytes]:
    """What one repeat does; `list rows` is the second request of `list` alone, `own` a customer's list."""
    if name == "own":
        return partial(Browser(_CUSTOMER.id).get, "/api/user_tickets/?page=1")
    browser = Browser(_AGENT)
    if name == "open":
        return partial(browser.get, f"/tickets/{_id_of(opened_index(count))}/")
    if name == "create":
        return partial(browser.post, "/tickets/submit/", _form())
    action, _, only_rows = name.partition(" ")
    page = f"/tickets/?{_filters(action)}&sort=created&sortreverse=on"
    found = re.search(rb'"(/datatables_ticket_list/[^"]+)"', browser.get(page))
    assert found
    rows = f"{found[1].decode()}?{_table()}"
    return partial(browser.get, rows) if only_rows else partial(_both, browser, page, rows)


def _both(browser: Browser, page: str, rows: str) -> bytes:
    browser.get(page)
    return browser.get(rows)


def _id_of(index: int) -> int:
    from helpdesk.models import Ticket

    return int(Ticket.objects.get(title=sample(index).subject).pk)


def _filters(action: str) -> str:
    from helpdesk.models import Queue

    chosen = {"queue": Queue.objects.get(slug=TOPIC).pk, "status": _STATUSES[STATUS]}
    return urlencode(chosen if action == "filter" else {})


def _form() -> dict[str, str]:
    from helpdesk.models import Queue

    given = sample(0)
    return {
        "queue": str(Queue.objects.get(slug=given.topic).pk),
        "title": given.subject,
        "body": given.text,
        "priority": str(_PRIORITIES[given.importance]),
        "submitter_email": _email(given.user, given.account),
        "due_date": "",
        "assigned_to": "",
    }


def _table() -> str:
    """The parameters that its table sends for the first page, in the order that the page asks for."""
    asked = {"draw": "1", "start": "0", "length": str(PAGE), "search[value]": "", "search[regex]": "false"}
    for place, name in enumerate(_COLUMNS):
        column = {"data": name, "name": "", "searchable": "true", "orderable": "true"}
        asked |= {f"columns[{place}][{key}]": value for key, value in column.items()}
        asked |= {f"columns[{place}][search][value]": "", f"columns[{place}][search][regex]": "false"}
    return urlencode(asked)


def repeat(name: str, count: int, times: int) -> None:
    """Does the action `times` times, with `count` tickets in the tables."""
    do = _action(name, count)
    for _ in range(times):
        do()


def queries(name: str, count: int) -> int:
    """How many queries one repeat makes; it also looks at the answer."""
    from django.db import connection

    made: list[str] = []
    do = _action(name, count)
    do()

    def note(execute: Any, sql: str, *others: Any) -> Any:
        made.append(sql)
        return execute(sql, *others)

    with connection.execute_wrapper(note):
        content = do()
    if name not in {"open", "create"}:
        answer = json.loads(content)
        found = answer["results" if name == "own" else "data"]
        assert len(found) == PAGE, len(found)
    return len(made)


def main(command: str, *arguments: str) -> None:
    """`load COUNT`, `queries ACTION COUNT`."""
    if command == "load":
        load(int(arguments[0]))
    else:
        print(queries(arguments[0], int(arguments[1])))


if __name__ == "__main__":
    main(*sys.argv[1:])
