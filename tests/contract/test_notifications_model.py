"""Notifications against a model of them: who is to see which answer in which state, whatever happens in which order."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chalicelib.domain.people import AccountId, HotelUser
from tests.contract.conftest import Api
from tests.contract.test_history import hotel_user, open_at
from tests.contract.told import NINO, answer_at, armed, listed, own_tables, reply_at, write_first_at

BEGIN = datetime(2026, 5, 11, 8, tzinfo=UTC)
SHARED_AFTER, WARNED_BEFORE = timedelta(minutes=10), timedelta(minutes=10)
REMINDED_AFTER, CLOSED_AFTER = timedelta(days=3), timedelta(days=10)
REOPENS_WITHIN, KEPT = timedelta(days=14), timedelta(days=90)
AT_MOST_SHARED = 20
NAMES = ("anna", "beka", "dato")
"""The first two take part; the third only looks."""
MINUTE, MILLISECOND = timedelta(minutes=1), timedelta(milliseconds=1)
Place = tuple[str, str]


@dataclass(eq=False)
class Answer:
    """A message of support's, and to whom it came as one who took part."""

    at: datetime
    number: str
    n: int
    told: frozenset[str]
    text: str | None

    @property
    def id(self) -> str:
        return f"{int(self.at.timestamp() * 1000)}-{self.number}-{self.n}"


@dataclass(eq=False)
class Copy:
    """What became of an answer for one user, and how often that was written."""

    state: str = "active"
    until: datetime | None = None
    writes: int = 0

    def put(self, state: str, until: datetime | None = None) -> None:
        self.state, self.until, self.writes = state, until, self.writes + 1


@dataclass(eq=False)
class Kept:
    """A ticket as the model knows it."""

    number: str
    opened_at: datetime
    importance: str
    status: str
    team: str
    languages: tuple[str, ...]
    taking_part: set[str]
    messages: int = 1
    version: int = 1
    writes: int = 1
    waiting_since: datetime | None = None
    pending_since: datetime | None = None
    was_reminded: bool = False
    closed_at: datetime | None = None
    warned_for: datetime | None = None
    answers: list[Answer] = field(default_factory=list)
    to_share: list[Answer] = field(default_factory=list)
    shared: list[Answer] = field(default_factory=list)
    read: dict[str, int] = field(default_factory=dict)

    @property
    def due_at(self) -> datetime | None:
        from chalicelib import catalog

        if self.waiting_since is None or self.status in {"closed", "pending"}:
            return None
        return catalog.due_at(self.waiting_since, self.importance, self.team, self.languages)

    def next_at(self) -> datetime | None:
        """When something happens with it by itself."""
        moments = [self.to_share[0].at + SHARED_AFTER] if self.to_share else []
        if self.pending_since:
            moments.append(self.pending_since + (CLOSED_AFTER if self.was_reminded else REMINDED_AFTER))
        if self.due_at and self.due_at != self.warned_for:
            moments.append(self.due_at - WARNED_BEFORE)
        return min(moments, default=None)

    def has_opened(self, user: str, answer: Answer) -> bool:
        return self.read.get(user, 0) >= answer.n

    def is_unopened(self, answer: Answer) -> bool:
        return max(self.read.values(), default=0) < answer.n

    def is_unread(self, user: str) -> bool:
        """Whether an answer was opened by nobody, or came to this user as one who takes part and not by him."""
        return any(
            self.is_unopened(each) or (user in each.told and not self.has_opened(user, each)) for each in self.answers
        )

    def move(self, status: str, now: datetime) -> None:
        self.closed_at = (self.closed_at or now) if status == "closed" else None
        self.pending_since = (self.pending_since or now) if status == "pending" else None
        self.was_reminded = self.was_reminded and status == "pending"
        self.status = status


@dataclass
class Hotel:
    """The model of a hotel: its tickets, and what every user has of every answer."""

    now: datetime = BEGIN
    shares: bool = True
    kept: list[Kept] = field(default_factory=list)
    told: list[Answer] = field(default_factory=list)
    copies: dict[tuple[str, str], Copy] = field(default_factory=dict)

    def tell(self, kept: Kept, text: str | None) -> None:
        """Support has written the ticket's newest message."""
        answer = Answer(self.now, kept.number, kept.messages, frozenset(kept.taking_part), text)
        kept.answers.append(answer)
        self.told.insert(0, answer)
        at_once = not answer.told or (self.shares and kept.importance == "critical")
        _add(kept.shared if at_once else kept.to_share, [answer])
        for user in answer.told:
            self.copies[user, answer.id] = Copy(writes=1)

    def share(self, kept: Kept, answers: list[Answer]) -> None:
        kept.to_share = [each for each in kept.to_share if each not in answers]
        if self.shares:
            _add(kept.shared, answers)

    def read(self, kept: Kept, user: str, up_to: int) -> None:
        is_new = any(each.n <= up_to and kept.is_unopened(each) for each in kept.answers)
        kept.writes += is_new
        for each in kept.answers:
            copy = self.copies.get((user, each.id))
            if each.n <= up_to and copy:
                is_unread = user in each.told and not kept.has_opened(user, each)
                if is_unread or copy.state in {"active", "snoozed"} or (user not in each.told and copy.state != "read"):
                    copy.put("read")
        kept.read[user] = max(up_to, kept.read.get(user, 0))
        kept.to_share = [each for each in kept.to_share if each.n > up_to]
        kept.shared = [each for each in kept.shared if each.n > up_to]

    def go_on(self, kept: Kept) -> None:
        """What is due with the ticket happens."""
        kept.writes += 1
        self.share(kept, [each for each in kept.to_share if each.at + SHARED_AFTER <= self.now])
        if kept.due_at and kept.due_at - WARNED_BEFORE <= self.now:
            kept.warned_for = kept.due_at
        if kept.pending_since and kept.pending_since + CLOSED_AFTER <= self.now and kept.was_reminded:
            kept.move("closed", self.now)
            self._write(kept)
        elif kept.pending_since and kept.pending_since + REMINDED_AFTER <= self.now and not kept.was_reminded:
            kept.was_reminded = True
            self._write(kept)

    def _write(self, kept: Kept) -> None:
        kept.messages += 1
        kept.version += 1
        self.tell(kept, None)

    def wake(self, user: str, answer: Answer) -> None:
        self.copies[user, answer.id].put("active" if self.is_shown(user, answer) else "deleted")

    def ticket_of(self, answer: Answer) -> Kept:
        return next(kept for kept in self.kept if kept.number == answer.number)

    def is_shown(self, user: str, answer: Answer) -> bool:
        return user in answer.told or answer in self.ticket_of(answer).shared

    def found(self, user: str, answer: Answer) -> Copy | None:
        """What this user may do something with: the very same again, or None when there is nothing for him."""
        copy = self.copies.get((user, answer.id))
        is_settled = (
            copy is not None
            and user in answer.told
            and copy.state in {"deleted", "read"}
            and self.ticket_of(answer).has_opened(user, answer)
        )
        if not self.is_shown(user, answer) or (is_settled and answer.at < self.now - KEPT):
            return None
        return copy or Copy()

    def listed(self, user: str, state: str) -> list[tuple[str, str, datetime | None]]:
        """The list of this state: id, state and until when, newest answer first."""
        in_order = sorted(self.told, key=lambda each: (each.at, each.number, each.n), reverse=True)
        shown = [(each, self.copies.get((user, each.id), Copy())) for each in in_order if self.is_shown(user, each)]
        return [
            (each.id, copy.state, copy.until)
            for each, copy in shown
            if copy.state == state or (state == "all" and each.at >= self.now - KEPT)
        ]

    def unread(self, user: str) -> list[str]:
        newest_first = sorted(self.kept, key=lambda kept: (kept.opened_at, kept.number), reverse=True)
        return [kept.number for kept in newest_first if kept.is_unread(user)]

    def summary(self, user: str) -> tuple[int, ...]:
        counts = (len(self.listed(user, state)) for state in ("active", "snoozed"))
        return len(self.unread(user)), *counts, sum(kept.status != "closed" for kept in self.kept)


def _add(answers: list[Answer], more: list[Answer]) -> None:
    answers[:] = [*answers, *more][-AT_MOST_SHARED:]


any_number = st.sampled_from([*[0] * 4, 1, 1, *range(2, 12)])
"""Stands for one of things of which there are more and more, the newest first, and oftenest."""
users = st.sampled_from(NAMES)
writers = st.sampled_from(NAMES[:2])
importances = st.sampled_from(["normal", "normal", "critical"])
jumps = st.sampled_from(
    [
        *(MILLISECOND, timedelta(seconds=59), MINUTE, 5 * MINUTE, 10 * MINUTE, 11 * MINUTE),
        *(
            MINUTE,
            11 * MINUTE,
            11 * MINUTE,
            timedelta(hours=1),
            timedelta(hours=1),
            timedelta(days=1),
            timedelta(days=3),
        ),
        *(timedelta(days=10), timedelta(days=15), KEPT, KEPT + MILLISECOND),
    ]
)
minutes = st.sampled_from([1, 5, 10, 60, 24 * 60, 30 * 24 * 60])


def _restart() -> None:
    """What a process remembers is gone."""
    for name, module in list(sys.modules.items()):
        if name.startswith("chalicelib"):
            for each in vars(module).values():
                if hasattr(each, "cache_clear"):
                    each.cache_clear()


class Notifications(RuleBasedStateMachine):
    """The service and the model, to which the same is done; after each step they must show the same."""

    def __init__(self) -> None:
        super().__init__()
        account = f"hotel-{uuid4().hex[:12]}"
        self.account = account
        self.users: dict[str, HotelUser] = {name: hotel_user(account, name) for name in NAMES}
        self.model = Hotel()
        self.timers: dict[str, tuple[Any, datetime]] = {}
        self.standing: dict[Place, tuple[Any, datetime]] = {}
        self.steps = 0
        self.is_fine = True

    @property
    def now(self) -> datetime:
        return self.model.now

    def _kept(self, which: int) -> Kept:
        return self.model.kept[-1 - which % len(self.model.kept)]

    @initialize(importance=st.sampled_from(["normal", "critical"]))
    def begin(self, importance: str) -> None:
        self._open("anna", importance)
        self.reply(0, "beka")
        self.answer(0, None)

    @rule(
        do=st.sampled_from([lambda machine: machine._open, lambda machine: machine._write_first]),
        who=writers,
        importance=importances,
    )
    @precondition(lambda self: len(self.model.kept) < 3)
    def open(self, do: Any, who: str, importance: str) -> None:
        do(self)(who, importance)

    def _open(self, who: str, importance: str) -> None:
        ticket = open_at(self.now, self.users[who], importance=importance)
        self._keep(ticket, taking_part={who}, waiting_since=self.now)

    def _write_first(self, who: str, importance: Any) -> None:
        """To Anna alone, or (in Beka's place) to the hotel as such."""
        to = who if who == "anna" else None
        ticket = write_first_at(self.now, self.account, to, importance)
        self._keep(ticket, taking_part={to} if to else set(), pending_since=self.now)
        self.model.tell(self.model.kept[-1], "1")

    def _keep(self, ticket: Any, **facts: Any) -> None:
        shown = {name: getattr(ticket, name) for name in ("number", "importance", "status", "team", "languages")}
        self.model.kept.append(Kept(opened_at=self.now, **shown, **facts))

    @rule(which=any_number, status=st.sampled_from([None, None, None, "pending", "closed", "open"]))
    def answer(self, which: int, status: str | None) -> None:
        kept = self._kept(which)
        text = f"{kept.messages + 1}"
        answer_at(self.now, kept.number, text, status=status)
        self._wrote(kept)
        kept.waiting_since = None
        kept.move(status or ("open" if kept.status == "new" else kept.status), self.now)
        if kept.status == "pending":
            kept.pending_since, kept.was_reminded = self.now, False
        self.model.tell(kept, text)

    def _wrote(self, kept: Kept) -> None:
        kept.messages += 1
        kept.version += 1
        kept.writes += 1

    @rule(which=any_number, who=writers)
    def reply(self, which: int, who: str) -> None:
        from chalicelib.errors import TicketClosed

        kept, user = self._kept(which), self.users[who]
        if kept.closed_at and self.now > kept.closed_at + REOPENS_WITHIN:
            with pytest.raises(TicketClosed):
                reply_at(self.now, user, kept.number)
            return
        reply_at(self.now, user, kept.number)
        if kept.due_at is None:
            kept.waiting_since = self.now
        self._wrote(kept)
        kept.languages = kept.languages or (user.locale,)
        kept.move("new" if kept.status == "new" else "open", self.now)
        kept.taking_part.add(who)

    @rule(which=any_number, who=users, back=st.sampled_from([0, 0, 0, 1, 2]))
    def read(self, which: int, who: str, back: int) -> None:
        kept = self._kept(which)
        self._read(who, kept, max(1, kept.messages - back))

    def _read(self, who: str, kept: Kept, up_to: int) -> None:
        from chalicelib.services.tickets import mark_read

        mark_read(self.users[who], kept.number, f"m{up_to}")
        self.model.read(kept, who, up_to)

    @rule(which=any_number, importance=st.sampled_from(["critical", "critical", "normal"]))
    def escalate(self, which: int, importance: Any) -> None:
        from chalicelib.services.agent_tickets import ChangeTicket, change_ticket

        kept = self._kept(which)
        change_ticket(NINO, kept.number, ChangeTicket(importance=importance), kept.version, self.now)
        if kept.importance != importance:
            kept.importance = importance
            kept.version += 1
            kept.writes += 1
            if importance == "critical" and self.model.shares:
                self.model.share(kept, kept.to_share)

    def _pick(self, who: str, which: int) -> Answer:
        """An answer, mostly one that this user is shown."""
        answers = self.model.told
        shown = [each for each in answers if self.model.is_shown(who, each)]
        return shown[which // 2 % len(shown)] if shown and which % 4 != 3 else answers[which % len(answers)]

    @rule(who=users, which=any_number, length=minutes)
    def snooze(self, who: str, which: int, length: int) -> None:
        self._snooze(who, self._pick(who, which), length)

    @rule(who=users, which=any_number)
    def delete(self, who: str, which: int) -> None:
        self._delete(who, self._pick(who, which))

    @rule(who=users, which=any_number)
    def restore(self, who: str, which: int) -> None:
        self._restore(who, self._pick(who, which))

    @rule(
        which=any_number,
        what=st.sampled_from(["again", "delete", "restore", "read", "opened by another", "opened by another", "due"]),
        length=minutes,
    )
    @precondition(lambda self: self._put_off())
    def change_what_is_put_off(self, which: int, what: str, length: int) -> None:
        put_off = self._put_off()
        who, answer = put_off[-1 - which % len(put_off)]
        kept, another = self.model.ticket_of(answer), "anna" if who == "dato" else "dato"
        steps = {
            "again": lambda: self._snooze(who, answer, length),
            "delete": lambda: self._delete(who, answer),
            "restore": lambda: self._restore(who, answer),
            "read": lambda: self._read(who, kept, answer.n),
            "opened by another": lambda: self._read(another, kept, answer.n),
            "due": lambda: self._wait_and_fire(self._place_of_copy(who, answer)),
        }
        steps[what]()

    def _wait_and_fire(self, place: Place) -> None:
        timer, at = self.standing[place]
        self.model.now = max(self.now, at)
        self._fire(timer)

    def _put_off(self) -> list[tuple[str, Answer]]:
        each_ones = product(NAMES, self.model.told)
        return [each for each in each_ones if self.model.copies.get((each[0], each[1].id), Copy()).until]

    def _snooze(self, who: str, answer: Answer, length: int) -> None:
        from chalicelib.services.notifications import snooze

        until = self.now + length * MINUTE
        self._do(who, answer, lambda user, id_: snooze(user, id_, until, self.now), "snoozed", until)

    def _delete(self, who: str, answer: Answer) -> None:
        from chalicelib.services.notifications import delete

        self._do(who, answer, lambda user, id_: delete(user, id_, self.now), "deleted")

    def _restore(self, who: str, answer: Answer) -> None:
        from chalicelib.services.notifications import restore

        self._do(who, answer, lambda user, id_: restore(user, id_, self.now), "active")

    def _do(
        self,
        who: str,
        answer: Answer,
        do: Callable[[HotelUser, str], Any],
        state: str,
        until: datetime | None = None,
    ) -> None:
        """Does it to what this user has of the answer; what is nothing of his is not found."""
        from chalicelib.errors import NotFound

        copy = self.model.found(who, answer)
        if copy is None:
            with pytest.raises(NotFound):
                do(self.users[who], answer.id)
            return
        do(self.users[who], answer.id)
        if copy.state != state or until:
            copy.put(state, until)
            self.model.copies[who, answer.id] = copy

    @rule(which=any_number, times=st.sampled_from([1, 1, 2, 5]))
    @precondition(lambda self: self.timers)
    def deliver(self, which: int, times: int) -> None:
        """A trigger comes, the newest first to choose from: in time or early or late, of now or long ago, or again."""
        timer = list(self.timers.values())[-1 - which % len(self.timers)][0]
        for _ in range(times):
            self._fire(timer)

    @rule()
    def sweep(self) -> None:
        from chalicelib.adapters import timers

        due = [each for table in timers.TABLES for each in timers.list_due(table, self.now, limit=1000)]
        expected = {timer.name for timer, at in self.standing.values() if at <= self.now}
        assert {each.name for each in due} == expected
        for timer, at in list(self.standing.values()):
            if at <= self.now:
                self._fire(timer)

    def _fire(self, timer: Any) -> None:
        from chalicelib.services.timers import fire

        fire(timer, self.now)
        standing, at = self.standing.get((timer.pk, timer.sk), (None, self.now))
        if standing != timer or at > self.now:
            return
        del self.standing[timer.pk, timer.sk]
        for kept in self.model.kept:
            if (timer.pk, timer.sk) == self._place_of_ticket(kept):
                self.model.go_on(kept)
        for who, answer in product(NAMES, self.model.told):
            if (timer.pk, timer.sk) == self._place_of_copy(who, answer):
                self.model.wake(who, answer)

    @rule(by=jumps)
    def wait(self, by: timedelta) -> None:
        self.model.now += by

    @rule(which=any_number, off=st.sampled_from([-MILLISECOND, timedelta(), timedelta(), MILLISECOND]))
    @precondition(lambda self: any(at > self.now for _, at in self.standing.values()))
    def wait_for(self, which: int, off: timedelta) -> None:
        """Until just about something is due."""
        moments = sorted(at for _, at in self.standing.values() if at > self.now)
        self.model.now = max(self.now, moments[which % len(moments)] + off)

    @rule(what=st.sampled_from(["restart", "close", "turn sharing"]), which=any_number)
    def do_what_is_seldom(self, what: str, which: int) -> None:
        steps = {"restart": _restart, "close": lambda: self._close(which), "turn sharing": self._turn_sharing}
        steps[what]()

    def _close(self, which: int) -> None:
        from chalicelib.services.tickets import close_ticket

        kept = self._kept(which)
        close_ticket(self.users["anna"], kept.number, self.now)
        if kept.status != "closed":
            kept.move("closed", self.now)
            kept.waiting_since = None
            kept.version += 1
            kept.writes += 1

    def _turn_sharing(self) -> None:
        from chalicelib.adapters.accounts import AccountSettings, put_settings

        self.model.shares = not self.model.shares
        put_settings(AccountId(f"demo/{self.account}"), AccountSettings(self.model.shares))

    def _place_of_ticket(self, kept: Kept) -> Place:
        from chalicelib.adapters import places

        return places.ticket(AccountId(f"demo/{self.account}"), kept.number), places.HEAD  # type: ignore[arg-type]  # plain words here

    def _place_of_copy(self, who: str, answer: Answer) -> Place:
        from chalicelib.adapters import places
        from chalicelib.domain.notification import Answered

        owner = places.user(AccountId(f"demo/{self.account}"), who)
        return owner, places.answer(Answered(answer.at, answer.number, answer.n))  # type: ignore[arg-type]  # plain words here

    @invariant()
    def holds(self) -> None:
        """What is armed, if it should have changed; then in turns what is written for a user or what he is shown."""
        self.is_fine = False
        turn, self.steps = self.steps, self.steps + 1
        if turn % 4 == 0 or self._expected_timers() != {place: at for place, (_, at) in self.standing.items()}:
            self._hold_timers()
        who, turn = NAMES[turn // 2 % 3], turn // 2 if turn % 2 else -1
        if turn < 0:
            self._hold_items(who)
        else:
            VIEWS[turn % len(VIEWS)](self, who)
        self.is_fine = True

    def teardown(self) -> None:
        if not self.is_fine:
            return
        self._hold_timers()
        for who in NAMES:
            self._hold_items(who)
            for view in VIEWS:
                view(self, who)
        for kept in self.model.kept:
            self._hold_ticket(kept)

    def _expected_timers(self) -> dict[Place, datetime]:
        expected = {
            self._place_of_copy(who, answer): copy.until
            for who, answer in product(NAMES, self.model.told)
            if (copy := self.model.copies.get((who, answer.id))) and copy.until
        }
        return expected | {self._place_of_ticket(kept): at for kept in self.model.kept if (at := kept.next_at())}

    def _hold_timers(self) -> None:
        """What waits to happen by itself is what the model expects, under a name that never meant anything else."""
        found, expected = armed(), self._expected_timers()
        assert {place: at for place, (_, at) in found.items()} == expected
        # In the model's order: the table's hangs on numbers drawn at random, and a run must be repeatable.
        self.standing = {place: found[place] for place in expected}
        for timer, at in self.standing.values():
            assert self.timers.setdefault(timer.name, (timer, at)) == (timer, at)

    def _hold_items(self, who: str) -> None:
        """What is written for this user, and how often it was: what has its effect twice is written twice."""
        from chalicelib.adapters.tables import NotificationsItem

        shown = ["pk", "sk", "state", "revision"]
        found = {
            (item.pk, item.sk): (item.state, item.revision)
            for item in NotificationsItem.query(self._owner(who), consistent_read=True, attributes_to_get=shown)
        }
        assert found == {
            self._place_of_copy(who, answer): (copy.state, copy.writes)
            for answer in self.model.told
            if (copy := self.model.copies.get((who, answer.id)))
        }

    def _owner(self, who: str) -> str:
        from chalicelib.adapters import places

        return places.user(AccountId(f"demo/{self.account}"), who)

    def _hold_list(self, who: str, state: str, pages: int) -> None:
        expected = self.model.listed(who, state)
        found = listed(self.users[who], state, self.now, limit=len(expected) // pages + 1)
        shown = [(each.notification.answered.id, each.notification) for each in found]
        assert [(id_, each.state, each.snoozed_until) for id_, each in shown] == expected
        texts = {each.id: each.text for each in self.model.told}
        assert all(each.message.text == texts[id_] for each, (id_, _) in zip(found, shown, strict=True) if texts[id_])

    def _hold_history(self, who: str) -> None:
        from chalicelib.services.history import Filters, list_history

        page = list_history(self.users[who], Filters(unread=True), None, 25)
        assert [row.number for row in page.rows] == self.model.unread(who)

    def _hold_summary(self, who: str) -> None:
        from chalicelib.services.notifications import summarize

        found = summarize(self.users[who])
        assert (found.unread, found.active, found.snoozed, found.open_tickets) == self.model.summary(who)

    def _hold_ticket(self, kept: Kept) -> None:
        from chalicelib.adapters.tickets import find_ticket

        ticket = find_ticket(AccountId(f"demo/{self.account}"), kept.number)  # type: ignore[arg-type]  # plain words here
        assert (ticket.status, ticket.messages, ticket.revision) == (kept.status, kept.messages, kept.writes)
        assert list(ticket.shared) == [each.id for each in kept.shared]
        assert list(ticket.to_share) == [each.id for each in kept.to_share]


VIEWS: tuple[Callable[[Notifications, str], None], ...] = (
    lambda machine, who: machine._hold_list(who, "active", 1),
    lambda machine, who: machine._hold_summary(who),
    lambda machine, who: machine._hold_list(who, "all", 3),
    lambda machine, who: machine._hold_history(who),
    lambda machine, who: machine._hold_list(who, "snoozed", 2),
)


@pytest.fixture
def empty(api: Api) -> Iterator[Callable[[], None]]:
    with own_tables(api.running) as empty:
        yield empty


def test_every_user_sees_what_the_model_shows_and_each_reminder_takes_effect_once(empty: Callable[[], None]) -> None:
    def machine() -> Notifications:
        empty()
        return Notifications()

    run_state_machine_as_test(
        machine,  # type: ignore[arg-type]  # what makes one does as well as its class
        settings=settings(
            max_examples=300,
            stateful_step_count=30,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
