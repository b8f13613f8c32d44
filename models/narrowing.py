"""Which papers of a day a list is narrowed to by a global topic."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from features.domain import Paper
from features.errors import UnknownTopic
from models.dayview import TOPIC_THRESHOLD, DayView
from models.topics import canonical_topic, keyword_topic, topics_of


def labelled_with(topic: str, papers: Sequence[Paper]) -> NDArray[np.bool_]:
    """Which papers carry the topic as a category or keyword, bool (n,)."""
    meant = {canonical_topic(topic), keyword_topic(topic)}
    return np.array([not meant.isdisjoint(topics_of(paper)) for paper in papers], dtype=bool)


def carrying_topic(topic: str, papers: Sequence[Paper], view: DayView, names: Sequence[str]) -> NDArray[np.bool_]:
    """Those, and which have it with probability ≥ 0.5 by the model, whose topics are ``names``; UnknownTopic."""
    carrying = labelled_with(topic, papers)
    name = canonical_topic(topic)
    if name in names:
        likely: NDArray[np.bool_] = view.candidates.topics[:, list(names).index(name)] >= TOPIC_THRESHOLD
        return carrying | likely
    if not carrying.any():
        raise UnknownTopic(topic)
    return carrying
