"""Everything known about a day and a user as of a moment, as arrays: the only input of ranking.

No clock in here: the cut comes in. The store (for the API) and the replay (for training) both build these through
the functions below, so that a replay's slate equals the API's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from features.domain import Cut, DayFeed, Paper
from features.labels import Examples


@dataclass(frozen=True, slots=True)
class DayMoment:
    """A day's candidates, the same for all users.

    ``papers`` (n) ascend by id; ``vectors`` float32 (n, d) of the model's encoder, or None where no model is;
    ``votes`` int64 (n,) as known at the cut.
    """

    day: date
    cut: Cut
    feed: DayFeed
    papers: tuple[Paper, ...]
    vectors: NDArray[np.float32] | None
    votes: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class VectorExamples:
    """Examples with their papers and vectors: ``vectors`` float32 (n, d) in the order of ``examples``."""

    examples: Examples
    papers: tuple[Paper, ...]
    vectors: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class UserMoment:
    """What a user has said as of the cut.

    ``hidden`` are paper ids that are not candidates for this user on this day (ARCHITECTURE, decision 7);
    ``topics`` maps the user's own topics to their examples.
    """

    user_id: str
    user_key: str
    relevance: VectorExamples
    topics: Mapping[str, VectorExamples]
    hidden: frozenset[str]
