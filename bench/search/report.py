"""What was measured, as the section of docs/performance.md."""

from collections import Counter

from bench import page
from bench.search.measure import Found, Language, Recall

_RECALL, _NONSENSE, _SIZE, _TIME = 0.9, 2, 60_000, 20  # the goals


def section(found: Found) -> str:
    """Tables of recall, of kinds, of size and time, and whether the goals are kept."""
    all_ = found.languages
    rows = [_recall_row(locale, each) for locale, each in all_.items()]
    sums = [sum(each.articles for each in all_.values()), sum(each.nonsense for each in all_.values())]
    score = _sum([each.score for each in all_.values()])
    answered = sum(each.answered for each in all_.values())
    tune = _sum([each.tune for each in all_.values()])
    told = [f"{each} of {sums[1]}" for each in (answered, sum(each.fts5_answered for each in all_.values()))]
    rows.append(["**all**", f"{sums[0]:,}", *_shares(score), *_shares(tune), *told])
    head = ["language", "articles", "recall at 3 on the 50", "FTS5", "on the 100 for tuning", "FTS5"]
    costs = ["language", "index, KB", "of 200 articles of 100 words, KB", "median, ms", "95th percentile, ms"]
    return "\n\n".join(
        [
            page.table([*head, "nonsense answered", "FTS5"], rows),
            page.table(["kind, of the 50", "recall at 3", "FTS5"], _kind_rows(found)),
            page.table(
                [*costs, "times English's"], [_cost_row(locale, each, all_["en"]) for locale, each in all_.items()]
            ),
            f"The script has {found.script / 1000:.1f} KB after gzip.",
            _verdict(found, score, answered),
        ]
    )


def percentile(times: list[float], share: float) -> float:
    """That share of these sorted times is no longer."""
    return times[min(len(times) - 1, int(len(times) * share))]


def _sum(parts: list[Recall]) -> Recall:
    return Recall(*(sum(getattr(each, name) for each in parts) for name in ("pairs", "ours", "fts5")))


def _shares(recall: Recall) -> list[str]:
    return [f"{each / recall.pairs:.2f}" for each in (recall.ours, recall.fts5)]


def _recall_row(locale: str, found: Language) -> list[str]:
    answered = [f"{each} of {found.nonsense}" for each in (found.answered, found.fts5_answered)]
    return [f"`{locale}`", str(found.articles), *_shares(found.score), *_shares(found.tune), *answered]


def _kind_rows(found: Found) -> list[list[str]]:
    kinds = Counter(kind for each in found.languages.values() for kind in each.kinds)
    sums = {kind: _sum([each.kinds[kind] for each in found.languages.values() if kind in each.kinds]) for kind in kinds}
    return [[f"{kind} ({each.pairs})", *_shares(each)] for kind, each in sums.items()]


def _cost_row(locale: str, found: Language, beside: Language) -> list[str]:
    middle, last = percentile(found.times, 0.5), percentile(found.times, 0.95)
    sizes = [f"{each / 1000:.1f}" for each in (found.size, found.small)]
    return [f"`{locale}`", *sizes, f"{middle:.1f}", f"{last:.1f}", f"{last / percentile(beside.times, 0.95):.1f}"]


def _verdict(found: Found, score: Recall, answered: int) -> str:
    goals = {
        f"recall of {_RECALL}": score.ours / score.pairs >= _RECALL,
        f"{_NONSENSE} nonsense queries answered": answered <= _NONSENSE,
        f"{_SIZE // 1000} KB": all(each.small <= _SIZE for each in found.languages.values()),
        f"{_TIME} ms": all(percentile(each.times, 0.95) <= _TIME for each in found.languages.values()),
    }
    missed = [goal for goal, is_kept in goals.items() if not is_kept]
    return f"**The goals are missed**: {', '.join(missed)}." if missed else f"The goals are kept: {', '.join(goals)}."
