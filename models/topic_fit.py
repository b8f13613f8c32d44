"""The fit of one kind of topics: vectors, then terms and authors on what is left; calibrated on the latest days."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit

from features.domain import Paper
from models.multilabel import Effort, MultilabelLogistic, fit_multilabel, fit_sparse
from models.platt import fit_platt
from models.topic_authors import AuthorTopics

Floats = NDArray[np.float64]

REGULARIZATION = 3.0
"""L2 penalty of the weights of vectors."""

TERM_REGULARIZATION = 0.5
"""L2 penalty of the weights of terms and effects of authors, which learn what the vectors leave."""

AUTHOR_WEIGHT = 0.2
"""Of the authors' log-ratio in the log-odds of a category; all three were chosen on the training days of a stream."""

FEW = 30
"""Papers of the days that calibrate, from which on a topic's threshold is chosen by F1."""


@dataclass(frozen=True, slots=True)
class TopicRows:
    """Papers as a topic model reads them: ``vectors`` (n, d), and where known ``terms`` CSR (n, v) and ``authors``."""

    vectors: NDArray[np.floating[Any]]
    terms: sparse.csr_array | None = None
    authors: Sequence[tuple[str, ...]] | None = None

    @classmethod
    def of(cls, papers: Sequence[Paper], vectors: NDArray[np.float32], terms: sparse.csr_array | None) -> Self:
        """From papers with their vectors and terms, all in one order."""
        return cls(vectors, terms, [paper.authors for paper in papers])

    def at(self, rows: NDArray[np.intp]) -> "TopicRows":
        """Some of the rows."""
        authors = None if self.authors is None else [self.authors[row] for row in rows.tolist()]
        return TopicRows(self.vectors[rows], None if self.terms is None else self.terms[rows], authors)


class Group(NamedTuple):
    """A fit of one kind of topics: ``columns`` in the order of ``models.topics.COLUMNS``."""

    columns: tuple[NDArray[Any], ...]
    authors: AuthorTopics


@dataclass(frozen=True, slots=True)
class _Linear:
    """Vectors first, then terms and authors on what is left."""

    dense: MultilabelLogistic
    terms: MultilabelLogistic | None
    authors: AuthorTopics

    @classmethod
    def fit(
        cls,
        papers: TopicRows,
        rows: NDArray[np.intp],
        wanted: NDArray[np.int8],
        before: "_Linear | None",
        threads: int,
    ) -> "_Linear":
        """On some of the papers; their vectors are gone before their terms are there, whose fit is large."""
        vectors = papers.vectors[rows]
        dense = fit_multilabel(vectors, wanted, REGULARIZATION, start=before.dense if before else None)
        names = [() if papers.authors is None else papers.authors[row] for row in rows.tolist()]
        authors = AuthorTopics.fit(names, wanted)
        if papers.terms is None:
            return cls(dense, None, authors)
        given, n_terms = dense.log_odds(vectors), papers.terms.shape[1]
        del vectors
        found = fit_sparse(
            sparse.csr_array(sparse.hstack([papers.terms[rows], authors.columns(names)], format="csr")),
            wanted,
            given,
            TERM_REGULARIZATION,
            start=None if before is None else before.beside(authors.known),
            effort=Effort(threads=threads),
        )
        effects = np.ascontiguousarray(found.coef[:, n_terms:].T, dtype=np.float32)
        terms = MultilabelLogistic(found.coef[:, :n_terms], found.intercept)
        return cls(dense, terms, replace(authors, effects=effects))

    def beside(self, known: NDArray[np.uint64]) -> MultilabelLogistic | None:
        """Weights of terms and then effects of the authors with these keys, where a fit may start."""
        if self.terms is None:
            return None
        effects = self.authors.effects_for(known)
        return MultilabelLogistic(np.hstack([self.terms.coef, effects.T]), self.terms.intercept)

    def group(self, slope: Floats, shift: Floats, thresholds: Floats) -> Group:
        n_topics = len(slope)
        intercept, coef = self.dense.intercept, np.zeros((n_topics, 0), dtype=np.float32)
        if self.terms is not None:
            intercept, coef = intercept + self.terms.intercept, self.terms.coef.astype(np.float32)
        weight = np.full(n_topics, AUTHOR_WEIGHT if len(self.authors.keys) else 0.0)
        return Group((self.dense.coef, intercept, slope, shift, thresholds, coef, weight), self.authors)

    def log_odds(self, papers: TopicRows, *, authors: bool) -> Floats:
        scores = self.dense.log_odds(papers.vectors)
        if papers.terms is not None and self.terms is not None:
            scores = scores + papers.terms @ self.terms.coef.T + self.terms.intercept
        if authors and papers.authors is not None and len(self.authors.keys):
            scores = scores + self.authors.log_odds(papers.authors, AUTHOR_WEIGHT)
        return np.asarray(scores, dtype=np.float64)


def fit_group(
    papers: TopicRows,
    rows: NDArray[np.intp],
    wanted: NDArray[np.int8],
    days: NDArray[np.datetime64],
    threads: int = 1,
) -> Group:
    """Of the papers at ``rows``: calibrated, and thresholds taken, on their latest ``days``; then fitted on all."""
    latest = _latest_tenth(days)
    if not latest.any():
        model = _Linear.fit(papers, rows, wanted, None, threads)
        probabilities = expit(model.log_odds(papers.at(rows), authors=False))
        n_topics = wanted.shape[1]
        return model.group(
            np.ones(n_topics), np.zeros(n_topics), _thresholds(probabilities, wanted.mean(axis=0), wanted)
        )
    before = _Linear.fit(papers, rows[~latest], wanted[~latest], None, threads)
    held_out = before.log_odds(papers.at(rows[latest]), authors=True)
    slope, shift = fit_platt(held_out, wanted[latest])
    thresholds = _thresholds(expit(slope * held_out + shift), wanted.mean(axis=0), wanted[latest])
    model = _Linear.fit(papers, rows, wanted, before, threads)
    return model.group(slope, shift, thresholds)


def _thresholds(probabilities: Floats, shares: Floats, carried: NDArray[np.int8]) -> Floats:
    """Per topic, for yes or no, between what the papers ``carried`` and what the ``probabilities`` expect of them.

    The geometric mean of two: of the best F1 where ``FEW`` papers carried the topic, else of its usual share; and of
    the best F1 to be expected, 2 Σ_{i ≤ n} p_i / (n + Σ_i p_i) for the n likeliest papers. One alone is noisy where
    few carry it, the other off where its probabilities are.
    """
    found = []
    for topic, share in enumerate(shares.tolist()):
        order = np.argsort(-probabilities[:, topic], kind="stable")
        ranked = probabilities[order, topic]
        seen = np.quantile(ranked, 1 - share)
        if carried[:, topic].sum() >= FEW:
            seen = _at_best_f1(ranked, carried[order, topic])
        found.append(np.sqrt(seen * _at_best_f1(ranked, ranked)))
    return np.array(found, dtype=np.float64)


def _at_best_f1(ranked: Floats, right: NDArray[Any]) -> float:
    """The probability at which F1 is best, of papers by descending probability, each as ``right`` as said."""
    hits = np.cumsum(right)
    best = int((2 * hits / (np.arange(1, len(hits) + 1) + hits[-1])).argmax())
    return float(ranked[best : best + 2].mean())


def _latest_tenth(days: NDArray[np.datetime64]) -> NDArray[np.bool_]:
    """Which rows lie in the latest tenth of the distinct days (rounded up); none where all share one day."""
    distinct = np.unique(days)
    if len(distinct) < 2:
        return np.zeros(len(days), dtype=np.bool_)
    return np.asarray(days >= distinct[-(-len(distinct) * 9 // 10)] if len(distinct) >= 10 else days == distinct[-1])
