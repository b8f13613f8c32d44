"""Everything known about a day and a user as of a moment, as arrays: the only input of ranking.

No clock in here: the cut comes in. The store's path (:func:`day_moment`, :func:`user_moment`) and the replay's go
through the same :func:`build_day` and :func:`build_user`, so that a replay's slate equals the API's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.domain import Cut, DayFeed, KnownInteraction, Paper, User, midnight
from features.interest_changes import ChangeKind, InterestChange
from features.labels import Examples, examples_of, hidden_of, topic_examples_of
from features.rules import Rule
from features.settings import LabelSettings
from features.store import Transaction


class PaperVectors(Protocol):
    """Something that knows the vectors of papers, such as ``features.encoders.EncodedPapers``."""

    def of(self, papers: Sequence[Paper]) -> NDArray[np.float32]:
        """Vectors (n, d) of ``papers``, in their order."""

    def terms(self, papers: Sequence[Paper]) -> sparse.csr_array | None:
        """CSR float32 (n, n_words), rows of length one or zero; None where the encoder knows no words."""


@dataclass(frozen=True, slots=True)
class DayMoment:
    """A day's candidates, the same for all users.

    ``papers`` (n) ascend by id; ``vectors`` float32 (n, d) of the model's encoder, or None where no model is;
    ``votes`` int64 (n,) as known at the cut; ``terms`` CSR float32 (n, n_words), or None without words. ``ids`` are
    the papers', made of them.
    """

    day: date
    cut: Cut
    feed: DayFeed
    papers: tuple[Paper, ...]
    vectors: NDArray[np.float32] | None
    votes: NDArray[np.int64]
    terms: sparse.csr_array | None = field(default=None, compare=False)
    ids: tuple[str, ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.papers):
            object.__setattr__(self, "ids", tuple(paper.id for paper in self.papers))


@dataclass(frozen=True, slots=True)
class VectorExamples:
    """Examples with their papers, ``vectors`` float32 (n, d) and ``terms`` CSR (n, n_words), in one order."""

    examples: Examples
    papers: tuple[Paper, ...]
    vectors: NDArray[np.float32] | None
    terms: sparse.csr_array | None = field(default=None, compare=False)

    def at(self, rows: NDArray[np.intp]) -> "VectorExamples":
        """The examples at these rows, in their order."""
        return VectorExamples(
            examples=self.examples.at(rows),
            papers=tuple(self.papers[row] for row in rows.tolist()),
            vectors=None if self.vectors is None else self.vectors[rows],
            terms=None if self.terms is None else self.terms[rows],
        )


@dataclass(frozen=True, slots=True)
class UserMoment:
    """What a user has said as of the cut.

    ``hidden`` are paper ids that are not candidates for this user on this day (ARCHITECTURE, decision 7);
    ``topics`` maps the user's own topics to their examples; ``rules`` and ``changes`` of
    interests stand in the order they were said in. Papers of a muted interest are no positive examples.
    """

    user_id: str
    user_key: str
    relevance: VectorExamples
    topics: Mapping[str, VectorExamples]
    hidden: frozenset[str]
    rules: tuple[Rule, ...] = ()
    changes: tuple[InterestChange, ...] = ()


@dataclass(frozen=True, slots=True)
class UserRows:
    """A user with the rows known and standing at a cut: interactions, (paper id, instant) of what was shown, and more.

    A replay measures what was learned from interactions and gives neither rules nor changes of interests.
    """

    user: User
    interactions: Sequence[KnownInteraction]
    shown: Sequence[tuple[str, datetime]] = ()
    rules: Sequence[Rule] = ()
    changes: Sequence[InterestChange] = ()


def build_day(
    feed: DayFeed, cut: Cut, papers: Sequence[Paper], votes: Mapping[str, int], vectors: PaperVectors | None
) -> DayMoment:
    """The moment of ``feed.day`` from its candidates and their votes as of the cut."""
    ordered = tuple(sorted(papers, key=lambda paper: paper.id))
    return DayMoment(
        day=feed.day,
        cut=cut,
        feed=feed,
        papers=ordered,
        vectors=None if vectors is None else vectors.of(ordered),
        votes=np.array([votes.get(paper.id, 0) for paper in ordered], dtype=np.int64),
        terms=None if vectors is None else vectors.terms(ordered),
    )


def build_user(
    rows: UserRows, day: date, papers: Mapping[str, Paper], settings: LabelSettings, vectors: PaperVectors | None
) -> UserMoment:
    """The user's moment on ``day``; ``papers`` are those of the rows as of the cut, and more do no harm.

    An interaction with a paper not known at the cut counts for nothing yet.
    """
    known = [row for row in rows.interactions if row.interaction.paper_id in papers]
    topics = topic_examples_of(known, settings)
    return UserMoment(
        user_id=rows.user.id,
        user_key=rows.user.key,
        relevance=_with_vectors(_heard(examples_of(known, settings), rows.changes), papers, vectors),
        topics={topic: _with_vectors(examples, papers, vectors) for topic, examples in topics.items()},
        hidden=hidden_of(rows.interactions, rows.shown, day),
        rules=tuple(rows.rules),
        changes=tuple(rows.changes),
    )


def nothing_said(day: DayMoment) -> VectorExamples:
    """The examples of a user who has never said anything, of the encoder of ``day``."""
    examples = Examples((), np.zeros(0, dtype=np.int8), np.zeros(0))
    vectors = None if day.vectors is None else day.vectors[:0]
    return VectorExamples(examples, (), vectors, None if day.terms is None else day.terms[:0])


def day_moment(tx: Transaction, day: date, cut: Cut, vectors: PaperVectors | None) -> DayMoment:
    """The day as the store knows it at the cut."""
    papers = tx.papers.on_day(day, cut)
    votes = tx.papers.votes([paper.id for paper in papers], cut)
    return build_day(tx.days.feed(day, cut), cut, papers, votes, vectors)


def user_rows(tx: Transaction, user: User, cut: Cut) -> UserRows:
    """The user's rows as the store knows them at the cut."""
    return UserRows(
        user,
        tx.interactions.of_user(user.id, cut),
        tx.impressions.shown(user.id, cut),
        [known.rule for known in tx.rules.of_user(user.id, cut)],
        [known.change for known in tx.interest_changes.of_user(user.id, cut)],
    )


def user_moment(
    tx: Transaction, user: User, day: date, cut: Cut, settings: LabelSettings, vectors: PaperVectors | None
) -> UserMoment:
    """The user as the store knows them at the cut; ``settings`` are those of the model that ranks."""
    rows = user_rows(tx, user, cut)
    papers = tx.papers.get_many((row.interaction.paper_id for row in rows.interactions), cut)
    return build_user(rows, day, papers, settings, vectors)


def latest_relevant_at(tx: Transaction, user: User, day: date, cut: Cut) -> datetime:
    """The last instant, up to the cut, at which something was recorded that matters to the user's slate of ``day``.

    That is the user's last interaction, retraction or rule, the last paper shown to them before the day, or the last
    observation of the day's papers (of its feed, where it has none); else when the user was made. It is not held back
    to the clock of whoever asks: another server's clock may be ahead, and its click must count.
    """
    instants = (
        tx.interactions.last_recorded_at(user.id, cut),
        tx.rules.last_changed_at(user.id, cut),
        tx.impressions.last_shown_at(user.id, midnight(day), cut),
        tx.papers.last_observed_at(day, cut) or tx.days.last_fetch_of(day, cut),
    )
    return max((at for at in instants if at is not None), default=user.created_at).astimezone(UTC)


def _heard(examples: Examples, changes: Sequence[InterestChange]) -> Examples:
    """The examples without the positives of muted interests."""
    muted = {paper_id for change in changes if change.kind is ChangeKind.MUTE for paper_id in change.papers}
    if not muted:
        return examples
    silent = np.array([paper_id in muted for paper_id in examples.paper_ids], dtype=bool)
    return examples.at(np.flatnonzero(~silent | (examples.targets < 0)))


def _with_vectors(examples: Examples, papers: Mapping[str, Paper], vectors: PaperVectors | None) -> VectorExamples:
    ordered = tuple(papers[paper_id] for paper_id in examples.paper_ids)
    if vectors is None:
        return VectorExamples(examples, ordered, None)
    return VectorExamples(examples, ordered, vectors.of(ordered), vectors.terms(ordered))
