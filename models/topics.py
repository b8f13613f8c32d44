"""Topic classifiers for everybody: arXiv categories and Hugging Face keywords over the encoder's vectors.

All topics are fitted as one batch (:mod:`models.multilabel`). Their log-odds ``z`` become probabilities by
Platt's ``σ(a z + c)`` per topic, fitted on the latest tenth of the training days by a model that has not seen them.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from features.domain import Paper
from models.multilabel import fit_multilabel
from models.platt import fit_platt

Floats = NDArray[np.float64]

ALIASES: Mapping[str, str] = {
    "eess.SY": "cs.SY",
    "math.IT": "cs.IT",
    "stat.TH": "math.ST",
    "math.MP": "math-ph",
    "cs.NA": "math.NA",
    "q-fin.EC": "econ.GN",
}
"""arXiv's second names of a category → its first: papers of one always carry both."""

KEYWORD = "keyword:"
"""Begins the name of a topic that is a keyword of readers, not a category of arXiv."""

REGULARIZATION = 0.3
MAX_ROWS = 100_000
"""Papers of a fit; of more, this many are drawn, so that its time is bounded."""

_ACRONYM = re.compile(r"\s*\([^()]*\)$")
_UNNAMEABLE = re.compile(r"[\x00-\x1f\x7f/]+")


def canonical_topic(name: str) -> str:
    """The topic that a category or topic name stands for: aliases become arXiv's first name."""
    return ALIASES.get(name, name)


def keyword_topic(keyword: str) -> str | None:
    """The topic of a keyword: case and a trailing acronym in brackets do not count; None where nothing is left."""
    plain = _UNNAMEABLE.sub(" ", _ACRONYM.sub("", keyword)).casefold()
    name = KEYWORD + " ".join(plain.split())
    return name if len(KEYWORD) < len(name) <= 80 else None


def topics_of(paper: Paper) -> tuple[str, ...]:
    """The topics a paper carries by its own categories and keywords, sorted, each once."""
    found = {canonical_topic(category) for category in paper.categories}
    found |= {topic for topic in map(keyword_topic, paper.keywords) if topic is not None}
    return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class TopicModel:
    """Fitted topics; an immutable value.

    ``names`` (k) ascend; ``coef`` (k, d) and ``intercept`` (k,) give log-odds, ``slope`` and ``shift`` (k,) calibrate
    them. ``thresholds`` (k,) are the probabilities above which as large a share of the training papers lies as
    carries the topic: for yes or no, where a probability of ½ would never name a rare topic.
    """

    names: tuple[str, ...]
    coef: Floats
    intercept: Floats
    slope: Floats
    shift: Floats
    thresholds: Floats

    @classmethod
    def fit(
        cls,
        X: NDArray[np.floating[Any]],
        labels: Sequence[tuple[str, ...]],
        days: NDArray[np.datetime64],
        min_papers: int,
        seed: int,
    ) -> Self:
        """Learn every topic that ``min_papers`` of the papers or more carry; there may be none.

        Parameters
        ----------
        X : ndarray of shape (n, d)
            The papers' vectors.
        labels : sequence of n tuples
            What each paper carries (:func:`topics_of`). A paper without any category says nothing about categories,
            and one without keywords nothing about keywords; it is left out of those fits.
        days : datetime64[D] of shape (n,)
            First days; they decide what calibrates.
        seed : int
            Draws the papers of a fit where there are more than ``MAX_ROWS``.
        """
        counts = Counter(topic for topics in labels for topic in set(topics))
        kept = sorted(topic for topic, n_papers in counts.items() if n_papers >= min_papers)
        rng = np.random.default_rng(seed)
        groups = []
        for keywords in (False, True):
            names = [name for name in kept if name.startswith(KEYWORD) == keywords]
            rows = [row for row, topics in enumerate(labels) if _says(topics, keywords)]
            if names:
                drawn = _drawn(np.array(rows), rng)
                wanted = _indicator([labels[row] for row in drawn.tolist()], names)
                groups.append(cls(tuple(names), *_fit_group(X[drawn], wanted, days[drawn])))
        return cls._joined(groups, X.shape[1])

    def probabilities(self, X: NDArray[np.floating[Any]]) -> Floats:
        """P(topic | paper): float64 (n, k), calibrated."""
        scores = np.asarray(X, dtype=np.float64) @ self.coef.T + self.intercept
        return np.asarray(expit(self.slope * scores + self.shift))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as named arrays without objects, for ``.npy`` files."""
        return {
            "names": np.array(self.names, dtype=np.str_),
            "coef": self.coef,
            "intercept": self.intercept,
            "slope": self.slope,
            "shift": self.shift,
            "thresholds": self.thresholds,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The value whose :meth:`arrays` these are."""
        names = tuple(str(name) for name in arrays["names"])
        return cls(names, *(arrays[part] for part in ("coef", "intercept", "slope", "shift", "thresholds")))

    @classmethod
    def _joined(cls, groups: Sequence[Self], dimensions: int) -> Self:
        """The groups as one, by name."""
        names = [name for group in groups for name in group.names]
        order = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.intp)
        none = cls((), np.zeros((0, dimensions)), *(np.zeros(0) for _ in range(4)))
        stacked = [
            np.concatenate([getattr(group, part) for group in (none, *groups)])[order]
            for part in ("coef", "intercept", "slope", "shift", "thresholds")
        ]
        return cls(tuple(names[place] for place in order.tolist()), *stacked)


def _says(topics: tuple[str, ...], keywords: bool) -> bool:
    return any(topic.startswith(KEYWORD) == keywords for topic in topics)


def _drawn(rows: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    return rows if len(rows) <= MAX_ROWS else np.sort(rng.choice(rows, MAX_ROWS, replace=False))


def _indicator(labels: Sequence[tuple[str, ...]], names: Sequence[str]) -> NDArray[np.int8]:
    """0/1 (n, k): which paper carries which topic."""
    column = {name: number for number, name in enumerate(names)}
    wanted = np.zeros((len(labels), len(names)), dtype=np.int8)
    for row, topics in enumerate(labels):
        for topic in topics:
            if topic in column:
                wanted[row, column[topic]] = 1
    return wanted


def _fit_group(
    X: NDArray[np.floating[Any]], wanted: NDArray[np.int8], days: NDArray[np.datetime64]
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Weights, intercepts, slopes, shifts and thresholds: calibrated on the latest days, then fitted on all."""
    slope, shift, before = np.ones(wanted.shape[1]), np.zeros(wanted.shape[1]), None
    latest = _latest_tenth(days)
    if latest.any():
        before = fit_multilabel(X[~latest], wanted[~latest], REGULARIZATION)
        slope, shift = fit_platt(before.log_odds(X[latest]), wanted[latest])
    model = fit_multilabel(X, wanted, REGULARIZATION, start=before)
    probabilities = expit(slope * model.log_odds(X) + shift)
    shares = wanted.mean(axis=0)
    thresholds = [np.quantile(column, 1 - share) for column, share in zip(probabilities.T, shares, strict=True)]
    return model.coef, model.intercept, slope, shift, np.array(thresholds)


def _latest_tenth(days: NDArray[np.datetime64]) -> NDArray[np.bool_]:
    """Which rows lie in the latest tenth of the distinct days (rounded up); none where all share one day."""
    distinct = np.unique(days)
    if len(distinct) < 2:
        return np.zeros(len(days), dtype=np.bool_)
    return np.asarray(days >= distinct[-(-len(distinct) * 9 // 10)] if len(distinct) >= 10 else days == distinct[-1])
