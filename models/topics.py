"""Topic classifiers for everybody: arXiv categories and Hugging Face keywords, from vectors, words and authors.

All topics are fitted as one batch (:mod:`models.multilabel`): first weights of the encoder's vectors, then weights of
its terms and effects of authors on what those leave; the categories of the authors' earlier papers are added
(:mod:`models.topic_authors`). Their log-odds ``z`` become probabilities by
Platt's ``σ(a z + c)`` per topic, fitted on the latest tenth of the training days by a model that has not seen them.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit

from features.domain import Paper
from models.ridge import in_blocks
from models.topic_authors import AuthorTopics
from models.topic_fit import Group, TopicRows, fit_group

__all__ = ["TopicModel", "TopicRows", "canonical_topic", "keyword_topic", "topics_of"]

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


TERM_PAPERS = 10
"""Papers a term must stand in to say something of topics."""

COLUMNS = ("coef", "intercept", "slope", "shift", "thresholds", "term_coef", "author_weight")


@dataclass(frozen=True, slots=True)
class TopicModel:
    """Fitted topics; an immutable value.

    ``names`` (k) ascend; ``coef`` (k, d), ``term_coef`` (k, v) and ``intercept`` (k,) give log-odds, to which the
    authors' log-ratios times ``author_weight`` (k,) and their effects are added; ``slope`` and ``shift`` (k,) calibrate
    them.
    ``columns`` (v,) are the encoder's terms that ``term_coef`` reads.
    ``thresholds`` (k,) are for yes or no, where a probability of ½ would never name a rare topic
    (:func:`models.topic_fit.fit_group`).
    """

    names: tuple[str, ...]
    coef: Floats
    intercept: Floats
    slope: Floats
    shift: Floats
    thresholds: Floats
    term_coef: NDArray[np.float32]
    author_weight: Floats
    authors: AuthorTopics
    columns: NDArray[np.int32]
    _by_term: NDArray[np.float32] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # scipy copies what is not in C order, at every product
        object.__setattr__(self, "_by_term", np.ascontiguousarray(self.term_coef.T))

    @classmethod
    def fit(
        cls,
        X: TopicRows | NDArray[np.floating[Any]],
        labels: Sequence[tuple[str, ...]],
        days: NDArray[np.datetime64],
        min_papers: int,
        seed: int,
        threads: int = 1,
    ) -> Self:
        """Learn every topic that ``min_papers`` of the papers or more carry; there may be none.

        Parameters
        ----------
        X : TopicRows of n papers, or ndarray of shape (n, d)
            The papers, or their vectors alone.
        labels : sequence of n tuples
            What each paper carries (:func:`topics_of`). A paper without any category says nothing about categories,
            and one without keywords nothing about keywords; it is left out of those fits.
        days : datetime64[D] of shape (n,)
            First days; they decide what calibrates.
        seed : int
            Draws the papers of a fit where there are more than ``MAX_ROWS``.
        threads : int
            Share the work; they change no bit.
        """
        papers, columns = _common_terms(_as_rows(X))
        del X  # with it go terms that nobody asks for again, where the caller holds them no longer
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
                read = replace(papers, authors=None) if keywords else papers
                groups.append((names, fit_group(read, drawn, wanted, days[drawn], threads)))
        return replace(cls._joined(groups, papers), columns=columns)

    def probabilities(self, X: TopicRows | NDArray[np.floating[Any]]) -> Floats:
        """P(topic | paper): float64 (n, k), calibrated; from vectors alone where no more is known of the papers."""
        return np.asarray(expit(self.slope * self._log_odds(_as_rows(X)) + self.shift))

    def _log_odds(self, papers: TopicRows) -> Floats:
        # in blocks, so that a paper's bits are the same among others: they are kept (models.kept_rows)
        scores = in_blocks(np.asarray(papers.vectors, dtype=np.float64), self.coef.T) + self.intercept
        if papers.terms is not None and self.term_coef.shape[1]:
            scores += self._read(papers.terms) @ self._by_term
        if papers.authors is not None and self.author_weight.any():
            scores += self.authors.log_odds(papers.authors, self.author_weight)
        return np.asarray(scores)

    def _read(self, terms: sparse.csr_array) -> sparse.csr_array:
        """``terms[:, columns]`` of rows of terms, for less where they are few."""
        places = np.searchsorted(self.columns, terms.indices)
        known = self.columns[np.minimum(places, len(self.columns) - 1)] == terms.indices
        before = np.concatenate([[0], np.cumsum(known)])
        shape = (terms.shape[0], len(self.columns))
        return sparse.csr_array((terms.data[known], places[known], before[terms.indptr]), shape=shape)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as named arrays without objects, for ``.npy`` files."""
        columns = {part: getattr(self, part) for part in COLUMNS}
        names = {"names": np.array(self.names, dtype=np.str_), "columns": self.columns}
        return names | columns | self.authors.arrays()

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The value whose :meth:`arrays` these are."""
        names = tuple(str(name) for name in arrays["names"])
        parts = {part: arrays[part] for part in (*COLUMNS, "columns")}
        return cls(names, authors=AuthorTopics.from_arrays(arrays), **parts)

    @classmethod
    def _joined(cls, groups: Sequence[tuple[Sequence[str], Group]], papers: TopicRows) -> Self:
        """The groups as one, by name."""
        names = [name for group_names, _ in groups for name in group_names]
        order = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.intp)
        n_terms = 0 if papers.terms is None else papers.terms.shape[1]
        empty = (np.zeros((0, papers.vectors.shape[1])), *(np.zeros(0) for _ in range(4)))
        none = (*empty, np.zeros((0, n_terms), dtype=np.float32), np.zeros(0))
        stacked = {
            part: np.concatenate([none[place], *(group.columns[place] for _, group in groups)])[order]
            for place, part in enumerate(COLUMNS)
        }
        authors = _joined_authors([group.authors for _, group in groups], order)
        found = tuple(names[place] for place in order.tolist())
        return cls(found, authors=authors, columns=np.zeros(0, dtype=np.int32), **stacked)


def _common_terms(papers: TopicRows) -> tuple[TopicRows, NDArray[np.int32]]:
    """The papers with the terms that :data:`TERM_PAPERS` of them or more hold, and the columns of these."""
    if papers.terms is None:
        return papers, np.zeros(0, dtype=np.int32)
    frequencies = np.bincount(papers.terms.indices, minlength=papers.terms.shape[1])
    columns = np.flatnonzero(frequencies >= min(TERM_PAPERS, papers.terms.shape[0])).astype(np.int32)
    return replace(papers, terms=sparse.csr_array(papers.terms[:, columns])), columns


def _as_rows(X: TopicRows | NDArray[np.floating[Any]]) -> TopicRows:
    return X if isinstance(X, TopicRows) else TopicRows(X)


def _joined_authors(groups: Sequence[AuthorTopics], order: NDArray[np.intp]) -> AuthorTopics:
    """Columns of all groups in ``order``; only one group, that of categories, has authors."""
    if not groups:
        return AuthorTopics.nobody(0)
    known = max(groups, key=lambda group: len(group.keys))
    blocks = [g.counts if g is known else sparse.csr_array((len(known.keys), g.counts.shape[1])) for g in groups]
    counts = sparse.csr_array(sparse.hstack(blocks, format="csr", dtype=np.float32)[:, order])
    counts.sort_indices()
    effects = np.hstack([group.effects_for(known.known) for group in groups])[:, order]
    shares = np.concatenate([group.shares for group in groups])[order]
    return AuthorTopics(known.keys, counts, known.n_papers, shares, known.known, np.ascontiguousarray(effects))


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
