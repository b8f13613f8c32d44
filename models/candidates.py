"""Papers as arrays of evidence, the same for all users, and what of a model makes them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.domain import Paper
from models.authorship import Authorship
from models.collaborative import Collaborative
from models.kept_rows import KeptRows
from models.metric import Metric
from models.personal import Linear
from models.posterior import squared
from models.ridge import SharedGram
from models.sense import SenseBlock
from models.texthead import TextProblem
from models.topic_fit import TopicRows

_TOPICS_KEPT = 20_000

Floats = NDArray[np.float64]


class TopicScorer(Protocol):
    """The part of a topic model that ranking needs."""

    @property
    def names(self) -> tuple[str, ...]:
        """Topics, in the order of the columns."""

    def probabilities(self, X: TopicRows) -> Floats:
        """Calibrated probabilities (n, topics)."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Papers as arrays, the same for all users.

    ``vectors`` float64 (n, d), the same ``rough`` in float32, ``whitened`` float32 (n, d) for posteriors; ``terms``
    CSR float32 (n, n_terms), the same ``by_term`` (n_terms, n) and their products ``of_mean`` (n,) with the mean terms
    of the background, None and zeros without words; ``carried`` (n, k) factors and ``demand`` (n,) of
    :mod:`models.collaborative`; ``topics`` (n, t) probabilities; ``crowd`` (n,) scores; ``squares`` (n,) are the
    whitened rows' squared lengths; ``blank`` are the rows whose vector is zero; ``sense`` (n, d') rows of
    :mod:`models.sense`, None without a sentence encoder; ``metric`` float32 (n, k) those of :mod:`models.metric`, None
    where it is not learnt. ``kept_cosines`` remembers products of chosen papers' terms
    with theirs: after a click all but one are those of before.
    """

    vectors: Floats
    rough: NDArray[np.float32]
    whitened: NDArray[np.float32]
    terms: sparse.csr_array | None
    by_term: sparse.csr_array | None
    of_mean: Floats
    carried: Floats
    demand: Floats
    topics: Floats
    crowd: Floats
    squares: Floats
    blank: NDArray[np.intp]
    sense: Floats | None = None
    metric: NDArray[np.float32] | None = None
    kept_cosines: KeptRows = field(default_factory=lambda: KeptRows(0, np.float32), repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class EvidenceParts:
    """What evidence is made with, from the model.

    ``text`` is None for an encoder without words, ``sense`` for one without sentences, ``metric`` where too few chose.
    ``reference`` is what measured
    features are compared with, None before there is one. ``n_kept`` is how many chosen papers' cosines each candidates'
    arrays keep, for who asks about the same users again.
    """

    shared: SharedGram
    crowd: Linear
    topics: TopicScorer
    text: TextProblem | None
    collaborative: Collaborative
    authorship: Authorship
    sense: SenseBlock | None = None
    metric: Metric | None = None
    reference: Candidates | None = None
    n_kept: int = 0
    kept_topics: KeptRows = field(default_factory=lambda: KeptRows(_TOPICS_KEPT), repr=False, compare=False)

    def candidates(
        self, vectors: NDArray[np.float32], terms: sparse.csr_array | None, papers: Sequence[Paper] | None = None
    ) -> Candidates:
        """The arrays of papers with these ``vectors`` (n, d) and ``terms``; authors of ``papers`` tell of topics."""
        exact, whitened = vectors.astype(np.float64), self.shared.whiten(vectors)
        of_mean = np.zeros(len(exact))
        rows = TopicRows(vectors, terms) if papers is None else TopicRows.of(papers, vectors, terms)
        carried, demand = self._carried(vectors, terms, papers)
        if terms is not None and self.text is not None:
            of_mean = np.asarray(terms @ self.text.weighed_mean, dtype=np.float64)
        return Candidates(
            vectors=exact,
            rough=vectors.astype(np.float32),
            whitened=whitened.astype(np.float32),
            terms=None if self.text is None else terms,
            by_term=None if self.text is None or terms is None else terms.T.tocsr(),
            of_mean=of_mean,
            carried=carried,
            demand=demand,
            topics=self._topics(rows, papers),
            crowd=self.crowd.scores(exact),
            squares=squared(whitened),
            blank=np.flatnonzero(~vectors.any(axis=1)),
            sense=None if self.sense is None else self.sense.rows(vectors),
            metric=self._metric(vectors, terms, papers),
            kept_cosines=KeptRows(self.n_kept, np.float32),
        )

    def _carried(
        self, vectors: NDArray[np.float32], terms: sparse.csr_array | None, papers: Sequence[Paper] | None
    ) -> tuple[Floats, Floats]:
        """Factors and demand; factors of papers with a name are found at once when somebody chooses one of them."""
        carried, demand = self.collaborative.carry(vectors, terms)
        if papers is not None:
            self.collaborative.keep(papers, carried)
        return carried, demand

    def _topics(self, rows: TopicRows, papers: Sequence[Paper] | None) -> Floats:
        """Probabilities of the papers, kept like their factors."""
        found = self.topics.probabilities(rows)
        if papers is not None:
            self.kept_topics.keep([_key(paper) for paper in papers], found)
        return found

    def _metric(
        self, vectors: NDArray[np.float32], terms: sparse.csr_array | None, papers: Sequence[Paper] | None
    ) -> NDArray[np.float32] | None:
        """Rows of the metric, kept like factors."""
        if self.metric is None:
            return None
        found = self.metric.rows(vectors, terms)
        if papers is not None:
            self.metric.kept.keep([_key(paper) for paper in papers], found)
        return found

    def metric_of(
        self, papers: Sequence[Paper], vectors: NDArray[np.float32], terms: sparse.csr_array | None
    ) -> NDArray[np.float32] | None:
        """Rows (n, k) of papers that somebody chose by the metric; None where it is not learnt."""
        metric = self.metric
        if metric is None:
            return None
        return metric.kept.of(
            [_key(paper) for paper in papers],
            metric.map.shape[1],
            lambda places: metric.rows(vectors[places], None if terms is None else terms[places]),
        )

    def topics_of(self, papers: Sequence[Paper], rows: TopicRows) -> Floats:
        """Probabilities (n, t) of papers that somebody chose."""
        return self.kept_topics.of(
            [_key(paper) for paper in papers],
            len(self.topics.names),
            lambda places: self.topics.probabilities(rows.at(places)),
        )

    def with_reference(self, vectors: NDArray[np.float32], terms: sparse.csr_array | None) -> Self:
        """With the reference papers that have these vectors and terms."""
        return replace(self, reference=self.candidates(vectors, terms))

    def keeping(self, n: int) -> Self:
        """The same with memory of the cosines of ``n`` chosen papers, 4 n bytes a paper of a day."""
        known = self.reference
        again = None if known is None else replace(known, kept_cosines=KeptRows(n, np.float32))
        return replace(self, n_kept=n, reference=again)


def _key(paper: Paper) -> tuple[str, str, tuple[str, ...]]:
    return paper.id, paper.content_hash, paper.authors
