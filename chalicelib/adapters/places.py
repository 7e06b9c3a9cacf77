"""Where items stand: the keys of all tables, made from an account so that no other account's can be named.

Parts are percent-encoded, so `#`, `@` and `/` between them mean what they say whatever a PMS calls its hotels.
"""

from datetime import datetime
from urllib.parse import quote, unquote

from chalicelib.domain.chat import Chat, queue_key
from chalicelib.domain.faq import Miss, Vote
from chalicelib.domain.moment import rfc3339
from chalicelib.domain.notification import Answered
from chalicelib.domain.number import TicketNumber
from chalicelib.domain.people import AccountId, Agent, Caller
from chalicelib.observability import keyed_hash

HEAD = "ticket"
"""The sort key of the ticket itself; it sorts right behind its messages, so one query backwards reads both."""
ROWS = "row#"
ANSWERS = "answer#"
REMINDERS = "reminder#"
AGENTS = "agents"
"""The audience of what every agent gets."""
WAITING = "chats#waiting"
"""The partition of the chats that wait, in the queue's order."""
PRESENT = "chats#agents"
"""The partition of the agents who are there."""
CLAIMS = "chats#claims"
"""The partition of what is done at most once in a while."""
THREAD = "thread#"
NOTES = "note#"
AUDIT = "audit#"


def account(account_id: AccountId) -> str:
    """The partition of an account's list."""
    return quote(account_id, safe="/")


def user(account_id: AccountId, user_id: str) -> str:
    """The partition of what belongs to one hotel user."""
    return f"{account(account_id)}@{quote(user_id, safe='')}"


def agent(agent_id: str) -> str:
    """The partition of what belongs to one agent."""
    return f"{AGENTS}@{quote(agent_id, safe='')}"


def caller(who: Caller) -> str:
    """The partition of what belongs to this caller."""
    return agent(who.id) if isinstance(who, Agent) else user(who.account, who.id)


def audience_of(owner: str) -> str:
    """Among whom the owner of such a partition is: his account's partition, or the agents."""
    return owner.partition("@")[0]


def account_of(owner: str) -> AccountId:
    """The account of a hotel user's partition."""
    return AccountId(unquote(audience_of(owner)))


def ticket(account_id: AccountId, number: TicketNumber) -> str:
    """The partition of a ticket: its head, its messages, its notes."""
    return f"{account(account_id)}#{number}"


def ticket_of(partition: str) -> tuple[AccountId, TicketNumber]:
    """Which ticket stands in such a partition."""
    account_, _, number_ = partition.partition("#")
    return AccountId(unquote(account_)), TicketNumber(number_)


def number(number_: TicketNumber) -> str:
    """The partition of the entry that makes a number unique and tells agents whose it is."""
    return f"number#{number_}"


def opened(created_at: datetime, number_: TicketNumber) -> str:
    """What a ticket's row and its marks are sorted by: the time of its opening, then its number."""
    return f"{rfc3339(created_at)}#{number_}"


def row(created_at: datetime, number_: TicketNumber) -> str:
    """The sort key of a ticket's row in its account's list."""
    return f"{ROWS}{opened(created_at, number_)}"


def rows_between(first: datetime, end: datetime) -> tuple[str, str]:
    """The bounds of the rows of tickets opened from `first` on and before `end`: no row's key is either of them."""
    return f"{ROWS}{rfc3339(first)}", f"{ROWS}{rfc3339(end)}"


def answer(answered: Answered) -> str:
    """The sort key of a notification, in the order of answers."""
    return f"{ANSWERS}{rfc3339(answered.at)}#{answered.number}#{answered.message:06d}"


def answer_of_ticket(opened_at: datetime, answered: Answered) -> str:
    """What a user's notifications are sorted by where they stand by ticket, in the order of the list of tickets."""
    return f"{opened(opened_at, answered.number)}#{answered.message:06d}"


def reminder(at: datetime, id_: str) -> str:
    """The sort key of an agent's reminder."""
    return f"{REMINDERS}{rfc3339(at)}#{id_}"


def message(count: int) -> str:
    """The sort key of a public message, counted from 1."""
    return f"{THREAD}{count:06d}"


def note(after: int, count: int) -> str:
    """The sort key of a note that stands behind public message `after`."""
    return f"{NOTES}{after:06d}#{count:06d}"


def audit(version: int) -> str:
    """The sort key of what an agent changed when the ticket came to this version."""
    return f"{AUDIT}{version:09d}"


def visitor(owner: str) -> str:
    """What a visitor's chat is found by, telling nothing of him: 16 hex characters that its id begins with."""
    return keyed_hash(owner)


def chat(chat_id: str) -> str:
    """The partition of the one chat of a visitor."""
    return f"chat#{chat_id.partition('-')[0]}"


def queued(chat_: Chat) -> str:
    """The sort key of a chat in the queue, in its order."""
    is_new, since, id_ = queue_key(chat_)
    return f"{int(is_new)}#{rfc3339(since)}#{id_}"


def chats_of(day: datetime) -> str:
    """The partition of the records of the chats that ended on this day (UTC)."""
    return f"chats#{day:%Y-%m-%d}"


def frames(connection_id: str) -> str:
    """The partition of how many frames of a socket were counted."""
    return f"frames#{connection_id}"


def faq_of(day: datetime) -> str:
    """The partition of what was said of the knowledge base on this day (UTC)."""
    return f"faq#{day:%Y-%m-%d}"


def vote(said: Vote) -> str:
    """The sort key of the votes on an article in a language."""
    return f"vote#{said.locale}#{said.article}"


def miss(said: Miss) -> str:
    """The sort key of the searches in a language that found nothing."""
    return f"miss#{said.locale}"


def reader(address: str) -> str:
    """The partition of how much a reader of the knowledge base said, telling nothing of his address."""
    return f"reader#{keyed_hash(address)}"


def sender(address: str) -> str:
    """The same of whoever called API Gateway: a reader, or the edge before many of them."""
    return f"sender#{keyed_hash(address)}"


def agent_of(owner: str) -> str:
    """The id of the agent whose partition it is."""
    return unquote(owner.partition("@")[2])
