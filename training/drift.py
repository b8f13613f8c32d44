"""Whether the newest days are still what the days before them taught: words, categories, scores, papers a day.

The last complete days are compared with the complete days before them, all as known at the cut. Distributions P and Q
are compared by the Jensen-Shannon divergence in bits, ``JS = ½ KL(P ‖ M) + ½ KL(Q ‖ M)`` with M their mean, less what
two samples of n and m from one distribution over k values show by chance, ``(k − 1)(1/n + 1/m) / (8 ln 2)``; so that
a small stream is not taken for a changed one. A day that brings no more than a quarter of what its weekday brings is
incomplete and takes no part.

The thresholds are set on a year of arXiv listings: there ordinary weeks reach .006 bits in words, .038 in categories
and a factor of 2.0 in papers a day, and the weeks in which a category went missing pass .05 or lose it whole. Words
are given more room, .05: fields that go out of fashion within weeks, as those of the synthetic sample do, show .03.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from features.domain import DayFeed, Paper
from features.settings import DriftSettings
from training.history import Catalogue
from training.split import complete_days

N_WORDS = 2000
COMMON = 0.3
"""Words in more than this share of the papers before are left out: they tell nothing."""
MIN_CATEGORY_SHARE = 0.02
MIN_EXPECTED = 15
"""Papers a category should have had among the newest: fewer may be missing by chance."""
MIN_SCORES = 1000
N_BINS = 10
_WORD = re.compile(r"[a-z][a-z-]{2,}")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measure:
    """One comparison; ``value`` is None where there was too little to compare, ``detail`` what moved most."""

    name: str
    value: float | None
    threshold: float
    fired: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Drift:
    """The days compared and what came of it; ``reason`` says why nothing was compared, if nothing was."""

    newest: tuple[date, ...]
    window: tuple[date, ...]
    measures: tuple[Measure, ...]
    reason: str | None = None

    @property
    def fired(self) -> tuple[str, ...]:
        """What has drifted, in words."""
        return tuple(f"{measure.name} ({measure.detail})" for measure in self.measures if measure.fired)

    def document(self) -> dict[str, object]:
        """As ``drift.json`` of the run."""
        spans = {"newest": self.newest, "window": self.window}
        days = {name: {"n_days": len(part), "days": [*map(str, part[:1] + part[-1:])]} for name, part in spans.items()}
        return days | {
            "fired": list(self.fired),
            "measures": [asdict(measure) for measure in self.measures],
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores (n,) the product gave, and the days datetime64[D] (n,) they were given on."""

    days: NDArray[np.datetime64]
    values: Floats


def measure_drift(
    catalogue: Catalogue, feeds: Sequence[DayFeed], cut: datetime, settings: DriftSettings, scores: Scores | None = None
) -> Drift:
    """Compare the newest complete days up to ``cut`` with those before; catalogue and feeds are as known at it."""
    days = [day for day in complete_days(feeds) if day <= cut.date()]
    newest = tuple(days[-settings.newest_days :])
    window = tuple(days[: -settings.newest_days][-settings.window_days :])
    parts = [_papers_on(catalogue, part) for part in (newest, window)]
    if len(parts[0]) < settings.min_papers or len(window) < 2 * settings.newest_days:
        reason = f"{len(parts[0])} papers on the newest {len(newest)} days, {len(window)} days before: too little"
        return Drift(newest, window, (), reason)
    words = [Counter(word for paper in part for word in _words(paper)) for part in parts]
    listed = [Counter(paper.categories[0] for paper in part if paper.categories) for part in parts]
    size = len(parts[1])
    measures = (
        _diverging("terms", words[0], _telling(words[1], size), settings.terms),
        _diverging("categories", listed[0], listed[1], settings.categories),
        _lost(listed[0], listed[1], settings.lost_category),
        _volume(feeds, newest, window, settings.volume),
        _scores(scores, newest, settings.scores),
    )
    return Drift(newest, window, measures)


def divergence(new: Floats, old: Floats) -> float:
    """Jensen-Shannon divergence in bits of two counts (k,), less what chance gives; NaN where either is empty."""
    if not new.sum() or not old.sum():
        return float("nan")
    p, q = new / new.sum(), old / old.sum()
    middle = (p + q) / 2
    kl = [float(np.sum(np.log2(side[side > 0] / middle[side > 0]) * side[side > 0])) for side in (p, q)]
    by_chance = (np.count_nonzero(middle) - 1) * (1 / new.sum() + 1 / old.sum()) / (8 * np.log(2))
    return max(0.0, sum(kl) / 2 - float(by_chance))


def _papers_on(catalogue: Catalogue, days: Sequence[date]) -> list[Paper]:
    on = np.isin(catalogue.first_days, np.array(days, dtype="datetime64[D]"))
    return [catalogue.papers[row] for row in np.flatnonzero(on).tolist()]


def _words(paper: Paper) -> set[str]:
    return set(_WORD.findall(paper.text.lower()))


def _telling(words: Mapping[str, int], n_papers: int) -> Counter[str]:
    """The most frequent words that are not common ones; ties by alphabet."""
    kept = [(word, count) for word, count in words.items() if count <= COMMON * n_papers]
    return Counter(dict(sorted(kept, key=lambda pair: (-pair[1], pair[0]))[:N_WORDS]))


def _diverging(name: str, new: Counter[str], old: Counter[str], threshold: float) -> Measure:
    """Words count where they were known before, categories that are new count as well."""
    keys = sorted(old if name == "terms" else old | new)
    value = divergence(_counts(new, keys), _counts(old, keys))
    return _measure(name, value, threshold, f"{value:.3f} bits; {_moved(new, old, keys)}")


def _moved(new: Counter[str], old: Counter[str], keys: Sequence[str]) -> str:
    """The three that gained or lost most of the whole."""
    p, q = (_counts(side, keys) / max(1, sum(side[key] for key in keys)) for side in (new, old))
    first = np.argsort(-np.abs(p - q), kind="stable")[:3].tolist()
    return ", ".join(f"{keys[row]} from {q[row]:.1%} to {p[row]:.1%}" for row in first)


def _lost(new: Counter[str], old: Counter[str], threshold: float) -> Measure:
    """The category that kept the least of its share; one without any papers left has kept 0."""
    totals = max(1, new.total()), max(1, old.total())
    shares = {name: (new[name] / totals[0], count / totals[1]) for name, count in sorted(old.items())}
    least = max(MIN_CATEGORY_SHARE, MIN_EXPECTED / totals[0])
    kept = {name: now / before for name, (now, before) in shares.items() if before >= least}
    if not kept:
        return Measure("lost category", None, threshold, fired=False, detail="no category is large enough")
    name = min(kept, key=lambda key: (kept[key], key))
    detail = f"{name} from {shares[name][1]:.1%} to {shares[name][0]:.1%} of the papers"
    return Measure("lost category", kept[name], threshold, kept[name] < threshold, detail)


def _volume(feeds: Sequence[DayFeed], newest: Iterable[date], window: Iterable[date], threshold: float) -> Measure:
    n_papers = {feed.day: feed.n_papers for feed in feeds}
    now, before = (float(np.mean([n_papers[day] for day in days])) for days in (newest, window))
    factor = max(now / before, before / now)
    return _measure("volume", factor, threshold, f"from {before:.0f} to {now:.0f} papers a day")


def _scores(scores: Scores | None, newest: Sequence[date], threshold: float) -> Measure:
    """Over the deciles of the scores before."""
    if scores is None:
        return Measure("scores", None, threshold, fired=False, detail="none were given")
    is_new = scores.days >= np.datetime64(newest[0])
    finite = np.isfinite(scores.values)
    now, before = (scores.values[part & finite] for part in (is_new, ~is_new))
    if min(len(now), len(before)) < MIN_SCORES:
        return Measure("scores", None, threshold, fired=False, detail="too few were given")
    edges = np.unique(np.quantile(before, np.linspace(0, 1, N_BINS + 1)[1:-1]))
    binned = [
        np.bincount(np.searchsorted(edges, part), minlength=len(edges) + 1).astype(float) for part in (now, before)
    ]
    value = divergence(binned[0], binned[1])
    return _measure(
        "scores", value, threshold, f"{value:.3f} bits; median from {np.median(before):.3f} to {np.median(now):.3f}"
    )


def _measure(name: str, value: float, threshold: float, detail: str) -> Measure:
    known = bool(np.isfinite(value))
    return Measure(name, value if known else None, threshold, known and value > threshold, detail)


def _counts(side: Counter[str], keys: Sequence[str]) -> Floats:
    return np.array([side[key] for key in keys], dtype=np.float64)
