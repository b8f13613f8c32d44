from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import pytest

from features.domain import Clock, Cut, DayFeed, Paper, midnight
from features.labels import Examples
from features.moment import DayMoment, UserMoment, VectorExamples
from models.baselines import Past

DAY = date(2026, 1, 5)
CUT = Cut(midnight(DAY), Clock.OCCURRED)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def user_moment(user_id: str) -> UserMoment:
    nothing = VectorExamples(Examples((), np.zeros(0, dtype=np.int8), np.zeros(0)), (), None)
    return UserMoment(user_id, f"key-of-{user_id}", nothing, {}, frozenset())


def day_moment(papers: Sequence[Paper], votes: Sequence[int] | None = None) -> DayMoment:
    counts = np.array(votes if votes is not None else [0] * len(papers), dtype=np.int64)
    return DayMoment(DAY, CUT, DayFeed(DAY, len(papers), None, True, None), tuple(papers), None, counts)


@pytest.fixture
def user() -> Callable[[str], UserMoment]:
    return user_moment


@pytest.fixture
def day() -> Callable[..., DayMoment]:
    return day_moment


@pytest.fixture
def past() -> Callable[..., Past]:
    def _past(
        papers: Sequence[Paper], positives: dict | None = None, negatives: dict | None = None, seed: int = 0
    ) -> Past:
        return Past(tuple(papers), positives or {}, negatives or {}, CUT, seed)

    return _past


@pytest.fixture
def many_papers() -> list[Paper]:
    """400 papers of 60 two-letter words that never stand in more than a tenth of them."""
    rng = np.random.default_rng(3)
    words = np.array([f"{first}{second}q" for first in LETTERS[:20] for second in "xyz"])
    found = []
    for number in range(400):
        text = " ".join(rng.choice(words, 5))
        found.append(Paper(f"2601.{number:05d}", text, " ".join(rng.choice(words, 2)), authors=(f"Ada L{number % 7}",)))
    return found
