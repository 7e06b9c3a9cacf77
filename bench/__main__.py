"""Measures what the service costs and writes it into docs/performance.md.

`python -m bench [cold] [warm] [growth] [push] [chat] [search]`: some parts, or all.
"""

import platform
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import FrameType
from typing import NoReturn

from bench import chat, cold, growth, money, page, push, warm
from bench.growth import PAGE, SIZES, Cost
from bench.search import measure as search
from bench.search import report
from infra.build import ROOT

_MILLION = 1_000_000
_KEPT = (
    "Full pages make the same calls at every size, and none of these looks at more than 27 rows; notifications look at "
    "the newest 100 unopened tickets at most, a summary at the newest 300 of the hotel's and of the user's."
)


def _say(words: str) -> None:
    print(f"· {time.strftime('%H:%M:%S')}  {words}", flush=True)


def _counted() -> str:
    return f"Counted on {datetime.now(UTC).date().isoformat()} with Python {platform.python_version()}."


def _instructions(found: float) -> str:
    return f"{found / _MILLION:,.1f}"


def _cold() -> str:
    found = cold.measure(_say)
    ratios = [
        ("start, as it is deployed", found["ours"], "plain `chalice package`", found["plain"], 0.30),
        ("start, as it is deployed", found["ours"], "a minimal function", found["minimal"], 1.10),
        ("first request", found["first"], "a later one", found["steady"], 2.0),
    ]
    rows = [
        [what, _instructions(ours), beside, _instructions(theirs), f"{ours / theirs:.2f}", f"{goal:.2f}"]
        for what, ours, beside, theirs, goal in ratios
    ]
    sizes = [
        ["resident memory after a start, MB", f"{found['memory'] / _MILLION:.1f}", "42"],
        ["zip, MB", f"{found['zip'] / _MILLION:.2f}", "10"],
        ["of it cryptography, MB", f"{found['cryptography'] / _MILLION:.2f}", "5"],
    ]
    head = ["what", "million instructions", "beside", "million instructions", "ratio", "goal"]
    return f"{_counted()}\n\n{page.table(head, rows)}\n\n{page.table(['what', 'size', 'goal'], sizes)}"


def _warm() -> str:
    found = warm.measure(_say)
    ours, by_hand = found["page"], found["by_hand"]
    row = [f"a page of {PAGE} rows", _instructions(ours), _instructions(by_hand), f"{ours / by_hand:.1f}", "8"]
    head = ["what", "million instructions", "one signed request and `json.loads`", "ratio", "goal"]
    return f"{_counted()}\n\n{page.table(head, [row])}"


def _growth() -> str:
    found = growth.measure_all(_say)
    by_size = {size: {cost.what: cost for cost in costs} for size, costs in found.items()}
    whats = list(by_size[SIZES[0]])
    reads = [what for what in whats if not any(costs[what].writes for costs in by_size.values())]
    head = ["what", "calls", *(f"rows at {size:,}" for size in SIZES), *(f"shown at {size:,}" for size in SIZES)]
    tables = [
        page.table([*head, "bytes", "read units"], [_page_row(what, by_size) for what in reads]),
        page.table(
            ["what", "calls", "write units", "read units"],
            [_change_row(by_size[SIZES[-1]][what]) for what in whats if what not in reads],
        ),
        _money(by_size[SIZES[-1]]),
    ]
    broken = growth.broken_promises(found)
    verdict = _KEPT if not broken else "**Broken promises**: " + "; ".join(broken)
    return "\n\n".join([_counted(), *tables, verdict])


def _page_row(what: str, by_size: dict[int, dict[str, Cost]]) -> list[str]:
    costs = [by_size[size][what] for size in SIZES]
    calls = sorted({cost.calls for cost in costs})
    figures = [*(str(cost.rows) for cost in costs), *(str(cost.shown) for cost in costs)]
    units = sorted({cost.reads for cost in costs})
    between = f"{units[0]:g}" if len(units) == 1 else f"{units[0]:g} to {units[-1]:g}"
    return [what, " or ".join(map(str, calls)), *figures, f"{max(cost.size for cost in costs):,}", between]


def _change_row(cost: Cost) -> list[str]:
    return [cost.what, str(cost.calls), str(cost.writes), f"{cost.reads:g}"]


def _money(costs: dict[str, Cost]) -> str:
    lives = {"a ticket that is answered once": money.ONE_ANSWER, "each further round": money.ANOTHER_ROUND}
    rows = []
    for words, requests in lives.items():
        units, asking = money.dollars(requests, costs)
        rows.append([words, str(sum(requests.values())), f"{units:.0f}", f"{asking:.0f}", f"{units + asking:.0f}"])
    return page.table(["a million times", "requests", "$ DynamoDB (goal 75)", "$ gateway and Lambda", "$"], rows)


def _push() -> str:
    found = push.measure(_say)
    ways = {
        "an answer: from its response to its frame on the page": push.middle_and_last(found.pushes),
        "an echo: from `ping {id}` to `pong {id}`": push.middle_and_last(found.echoes),
    }
    rows = [[what, *(f"{seconds * 1000:,.0f}" for seconds in figures)] for what, figures in ways.items()]
    answer, echo = ways.values()
    rows.append(["times the echo", *(f"{ours / theirs:.1f}" for ours, theirs in zip(answer, echo, strict=True))])
    done = [[what, f"{found.done[what]:.2f}"] for what in found.done]
    costs = [[each.what, *_figures(each)] for each in found.costs]
    total = push.total(found.costs)
    return "\n\n".join(
        [
            f"{_counted()} {len(found.pushes)} answers, an echo after each.",
            page.table(["what", "median, ms", "99th percentile, ms"], rows),
            page.table(["on this stack", "for one answer"], done),
            page.table(
                ["a ticket's first answer", "calls", "write units", "read units", "messages sent"],
                [*costs, [f"**{total.what}**", *_figures(total)]],
            ),
        ]
    )


def _figures(cost: push.Cost) -> list[str]:
    return [str(cost.calls), str(cost.writes), f"{cost.reads:g}", str(cost.messages)]


def _chat() -> str:
    found = chat.measure(_say)
    head = [
        "chats that talk",
        "a text: median, ms",
        "99th percentile, ms",
        "an echo: median, ms",
        "99th percentile, ms",
    ]
    return "\n\n".join(
        [
            f"{_counted()} {chat.TEXTS} texts and {chat.TEXTS} echoes of each size, {chat.SOCKETS} sockets open.",
            page.table([*head, "times the echo", "at the 99th"], [_times_row(*each) for each in found.times.items()]),
            _chat_parts(found.costs[1]),
            _chat_dollars(found.costs),
        ]
    )


def _times_row(size: int, times: chat.Times) -> list[str]:
    text, echo = push.middle_and_last(times.texts), push.middle_and_last(times.echoes)
    ratios = [f"{ours / theirs:.1f}" for ours, theirs in zip(text, echo, strict=True)]
    return [str(size), *(f"{seconds * 1000:,.0f}" for seconds in (*text, *echo)), *ratios]


def _chat_parts(costs: dict[str, chat.Cost]) -> str:
    rows = {**costs, f"**{len(costs)} parts**": chat.total(costs.values())}
    by_dollars = sorted(rows.items(), key=lambda each: (each[0] not in costs, -sum(chat.dollars(each[1]).values())))
    head = ["one chat, its agent has no other", "frames in", "frames out", "invocations", "write units", "read units"]
    lines = [
        [
            what,
            *(f"{n:g}" for n in (cost.taken, cost.sent, cost.invocations, cost.writes, cost.reads, cost.queue)),
            f"{sum(chat.dollars(cost).values()):.0f}",
        ]
        for what, cost in by_dollars
    ]
    return page.table([*head, "SQS requests", "$ a million"], lines)


def _chat_dollars(costs: dict[int, dict[str, chat.Cost]]) -> str:
    sums = {chats: chat.total(parts.values()) for chats, parts in costs.items()}
    words = {chats: "has no other" if chats == 1 else f"has {chats} at once" for chats in sums}
    rows, verdicts = [], []
    for chats, cost in sums.items():
        prices = chat.dollars(cost)
        all_, timed = sum(prices.values()), chat.time_dollars(cost)
        rows.append([f"its agent {words[chats]}", *(f"{each:.0f}" for each in (*prices.values(), all_, all_ + timed))])
        beside = "above" if all_ > chat.GOAL else "below"
        verdicts.append(f"${abs(all_ - chat.GOAL):.0f} {beside} it where the agent {words[chats]}")
    head = ["a million chats, $", *chat.dollars(chat.Cost()), f"sum (goal {chat.GOAL})", "and 10 ms an invocation"]
    is_missed = any(" above " in each for each in verdicts)
    verdict = "**The goal is missed**" if is_missed else "The goal is kept"
    return f"{page.table(head, rows)}\n\n{verdict}: {', '.join(verdicts)}."


def _search() -> str:
    return f"{_counted()}\n\n{report.section(search.measure(_say))}"


PARTS: dict[str, Callable[[], str]] = {
    "cold": _cold,
    "warm": _warm,
    "growth": _growth,
    "push": _push,
    "chat": _chat,
    "search": _search,
}


def _end(*_: int | FrameType | None) -> NoReturn:
    raise SystemExit("stopped")  # what is running is stopped on the way out


def main(names: list[str]) -> None:
    """Measures these parts, or all."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _end)
    for name in names or PARTS:
        content = PARTS[name]()
        print(f"\n{content}\n")
        page.write(name, content)
    print(f"Written into {page.PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
