"""A user nobody is: ranks what is asked of no one in particular, with the same function as everybody's slates."""

import numpy as np

from features.labels import Examples
from features.moment import DayMoment, UserMoment, VectorExamples
from features.slate_request import SlateRequest
from models.recommend import Policy, recommend
from models.slate import Slate

_ID = "nobody"


def slate_of_nobody(day: DayMoment, policy: Policy, version: str, topic: str | None = None) -> Slate:
    """The day ranked for a user who has never said anything, narrowed to ``topic``; UnknownTopic."""
    examples = Examples((), np.zeros(0, dtype=np.int8), np.zeros(0))
    vectors = None if day.vectors is None else day.vectors[:0]
    said = VectorExamples(examples, (), vectors, None if day.terms is None else day.terms[:0])
    request = SlateRequest(_ID, day.day, day.cut.at, version, topic=topic)
    return recommend(day, UserMoment(_ID, "", said, {}, frozenset()), policy, request)
