"""Interactions → labelled, weighted examples, looking no further than the rows they are given.

The caller cuts (a store query or a replay's index); everything here is a pure function of one user's rows, so the
same interactions in any order of arrival give the same examples, and a retracted one, left out by the caller, leaves
no trace.

An example's weight is that of its kind times 2^(−a / half-life), with a its age in days: from the user's newest
interaction, never from now, or waiting alone would change a ranking. An imported one without a date is as old as the
user's oldest with one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from features.domain import Interaction, InteractionKind, KnownInteraction, midnight
from features.settings import LabelSettings

__all__ = ["Examples", "Interaction", "KnownInteraction", "examples_of", "hidden_of", "known_by", "topic_examples_of"]

_NEGATIVE = frozenset({InteractionKind.DISMISS, InteractionKind.RATE_DOWN})
_HIDDEN_AT_ONCE = frozenset({InteractionKind.SAVE, InteractionKind.PICK, InteractionKind.DISMISS})
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
_ONE_DAY = timedelta(days=1)
_LEAST_DECAY = 2.0**-60  # a weight is never 0, however wrong a client's clock


@dataclass(frozen=True, slots=True)
class Examples:
    """Labelled papers of one classifier in canonical order (ascending paper id).

    ``targets`` int8 (n,), +1 or −1; ``weights`` float64 (n,), > 0.
    """

    paper_ids: tuple[str, ...]
    targets: NDArray[np.int8]
    weights: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.paper_ids)

    def at(self, rows: NDArray[np.intp]) -> "Examples":
        """Those at ``rows``, ascending."""
        return Examples(tuple(self.paper_ids[row] for row in rows.tolist()), self.targets[rows], self.weights[rows])


def examples_of(interactions: Iterable[KnownInteraction], settings: LabelSettings) -> Examples:
    """What one user's relevance classifier learns from: one example a paper.

    The newest explicit interaction (anything but an open) decides, by when it happened; an open counts where there is
    none. Adding a paper to a topic of one's own counts like saving it. Dismissed and rated down are −1, all else +1.
    """
    rows = list(interactions)
    deciding: dict[str, KnownInteraction] = {}
    for row in rows:
        held = deciding.get(row.interaction.paper_id)
        if held is None or _precedence(held) < _precedence(row):
            deciding[row.interaction.paper_id] = row
    return _as_examples(deciding, _Ages.of(rows), _weights(settings), settings.half_life_days)


def topic_examples_of(interactions: Iterable[KnownInteraction], settings: LabelSettings) -> dict[str, Examples]:
    """The user's own topics, ascending by name: the papers they gave each label, all +1."""
    rows = list(interactions)
    topics: dict[str, dict[str, KnownInteraction]] = {}
    for row in rows:
        if row.interaction.topic is not None:
            papers = topics.setdefault(row.interaction.topic, {})
            held = papers.get(row.interaction.paper_id)
            if held is None or _precedence(held) < _precedence(row):
                papers[row.interaction.paper_id] = row
    ages, weights = _Ages.of(rows), _weights(settings)
    return {topic: _as_examples(topics[topic], ages, weights, settings.half_life_days) for topic in sorted(topics)}


def hidden_of(
    interactions: Iterable[KnownInteraction], shown: Iterable[tuple[str, datetime]], day: date
) -> frozenset[str]:
    """Papers that are no candidates of ``day`` for this user (ARCHITECTURE, decision 7).

    Saved, picked and dismissed ones go at once; opened, rated, labelled and shown ones (paper id, instant) are seen,
    and go from the days that begin after that was known. In its own day's slate a seen paper stays.
    """
    begins = midnight(day)
    acted = {
        row.interaction.paper_id
        for row in interactions
        if row.interaction.kind in _HIDDEN_AT_ONCE or row.known_at < begins
    }
    return frozenset(acted | {paper_id for paper_id, shown_at in shown if shown_at < begins})


def known_by(interactions: Iterable[KnownInteraction], at: datetime) -> list[KnownInteraction]:
    """Those known and standing at ``at``: what a replay takes from rows read with a later cut."""
    return [row for row in interactions if row.known_at <= at and (row.retracted_at is None or row.retracted_at > at)]


@dataclass(frozen=True, slots=True)
class _Ages:
    """The instants between which a user's interactions happened; None where none has a date."""

    oldest: datetime | None
    newest: datetime | None

    @classmethod
    def of(cls, rows: Sequence[KnownInteraction]) -> "_Ages":
        instants = [at for row in rows if (at := _happened_at(row)) is not None]
        return cls(min(instants, default=None), max(instants, default=None))

    def days(self, row: KnownInteraction) -> float:
        at = _happened_at(row) or self.oldest
        return 0.0 if at is None or self.newest is None else (self.newest - at) / _ONE_DAY


def _happened_at(row: KnownInteraction) -> datetime | None:
    """When it happened, but not after it was recorded: a client's clock may be wrong."""
    occurred_at = row.interaction.occurred_at
    return None if occurred_at is None else min(occurred_at, row.recorded_at)


def _precedence(row: KnownInteraction) -> tuple[bool, datetime, str]:
    """Explicit before open, then the newest; ties by client id, which is unique for a user."""
    explicit = row.interaction.kind is not InteractionKind.OPEN
    return explicit, _happened_at(row) or _LONG_AGO, row.interaction.client_id


def _weights(settings: LabelSettings) -> Mapping[InteractionKind, float]:
    return {
        InteractionKind.OPEN: settings.open_weight,
        InteractionKind.SAVE: settings.save_weight,
        InteractionKind.LABEL: settings.save_weight,
        InteractionKind.PICK: settings.pick_weight,
        InteractionKind.RATE_UP: settings.rate_up_weight,
        InteractionKind.DISMISS: settings.dismiss_weight,
        InteractionKind.RATE_DOWN: settings.rate_down_weight,
    }


def _as_examples(
    deciding: Mapping[str, KnownInteraction],
    ages: _Ages,
    weights: Mapping[InteractionKind, float],
    half_life_days: float,
) -> Examples:
    paper_ids = tuple(sorted(deciding))
    rows = [deciding[paper_id] for paper_id in paper_ids]
    decays = np.exp2([-ages.days(row) / half_life_days for row in rows])
    kinds = [row.interaction.kind for row in rows]
    return Examples(
        paper_ids,
        np.array([-1 if kind in _NEGATIVE else 1 for kind in kinds], dtype=np.int8),
        np.array([weights[kind] for kind in kinds], dtype=np.float64) * np.maximum(decays, _LEAST_DECAY),
    )
