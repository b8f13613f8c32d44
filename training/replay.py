"""Temporal replay: rank every past day with what was known at its start, through ``models.recommend`` alone.

The classifier of a user is the one of the period's refit, its labels those known then; what is hidden is as of the
day. With a refit every day a slate here is the slate the API gives for (user, day) as of that day's first instant.
Periods share nothing, so they run in processes of their own, and the result does not depend on how many.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.settings import LabelSettings
from models.recommend import Slate
from models.shards import SERIAL, Shards
from training.history import History
from training.memory import Peaks, give_back, restarted_peak_mb
from training.periods import Contender, Period, answers_of, periods_of
from training.ranked import WHOLE, Extent, Part, ranked_period

_NOT_NEEDED = ("pandas",)
"""By whoever ranks a period; scikit-learn imports it where it finds it, and with it pyarrow: 80 MB a process."""

METRICS = ("ndcg_at_10", "recall_at_10", "mrr", "auc", "average_precision", "intra_list_distance_at_10")


@dataclass(frozen=True, slots=True)
class Predictions:
    """The product's scores, one row a ranked paper.

    ``user_days`` int64 numbers the user-days from 0, ``users`` their users, ``ranks`` count from 1, ``rates`` are the
    user's past share of chosen papers.
    """

    user_days: NDArray[np.int64]
    users: NDArray[np.str_]
    days: NDArray[np.datetime64]
    scores: NDArray[np.float64]
    chosen: NDArray[np.bool_]
    n_labels: NDArray[np.int64]
    ranks: NDArray[np.int64]
    rates: NDArray[np.float64]

    def where(self, kept: NDArray[np.bool_]) -> "Predictions":
        """Some of the rows."""
        return Predictions(*(getattr(self, column.name)[kept] for column in fields(self)))


@dataclass(frozen=True, slots=True)
class Replay:
    """What was measured.

    ``table`` has one row a user-day and method: day, user_key, method, n_labels, n_papers, n_chosen and
    :data:`METRICS` and ``seconds``, what the ranking took without its reasons. ``slates`` are the product's, where they
    were asked for; ``champion`` are the champion's predictions, empty without one. ``peaks`` is the memory it took.
    """

    table: pd.DataFrame
    predictions: Predictions
    slates: tuple[Slate, ...] = ()
    champion: Predictions | None = None
    peaks: Peaks = field(default_factory=Peaks)


def replay(
    history: History,
    contenders: Sequence[Contender],
    labels: LabelSettings,
    *,
    seed: int,
    shards: Shards = SERIAL,
    extent: Extent = WHOLE,
) -> Replay:
    """Rank all days of the split for everybody who chose something that day, by every contender and baseline.

    The first contender is the product; predictions and slates are its own.
    """
    answers = answers_of(history, labels)
    with TemporaryDirectory(prefix="broadsheet-replay-") as folder:
        scratch = None if shards.at_once else Path(folder)
        periods = periods_of(history, contenders, answers, labels, compared=extent.compared, scratch=scratch)
        give_back()  # what counting the texts took
        before = restarted_peak_mb()
        # A period holds its past in memory, so they are built one by one, as workers become free.
        ranking = partial(ranked_period, seed=seed, extent=extent)
        parts = list(shards.run(ranking, map(_made, periods), waiting=0, without=_NOT_NEEDED))
        shards.close()
    worker = max((part.peak_mb for part in parts), default=0.0)
    return _joined(parts, Peaks(before, restarted_peak_mb(), worker))


def _made(period: Period) -> Period:
    give_back()  # what making it took
    return period


_EMPTY: Mapping[str, NDArray[np.generic]] = {
    "users": np.zeros(0, dtype=np.str_),
    "days": np.zeros(0, dtype="datetime64[D]"),
    "scores": np.zeros(0),
    "chosen": np.zeros(0, dtype=np.bool_),
    "n_labels": np.zeros(0, dtype=np.int64),
    "ranks": np.zeros(0, dtype=np.int64),
    "rates": np.zeros(0),
}


def _joined(parts: Sequence[Part], peaks: Peaks) -> Replay:
    names = ["day", "user_key", "method", "n_labels", "n_papers", "n_chosen", *METRICS, "seconds"]
    return Replay(
        pd.DataFrame([row for part in parts for row in part.rows], columns=names),
        _stacked([block for part in parts for block in part.predictions]),
        tuple(slate for part in parts for slate in part.slates),
        _stacked([block for part in parts for block in part.others]),
        peaks,
    )


def _stacked(blocks: Sequence[Mapping[str, NDArray[np.generic]]]) -> Predictions:
    columns = {name: np.concatenate([empty, *(block[name] for block in blocks)]) for name, empty in _EMPTY.items()}
    numbers = np.repeat(np.arange(len(blocks)), [len(block["scores"]) for block in blocks])
    return Predictions(user_days=numbers.astype(np.int64), **columns)
