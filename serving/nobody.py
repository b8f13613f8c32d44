"""A user nobody is: ranks what is asked of no one in particular, with the same function as everybody's slates."""

from features.moment import DayMoment, UserMoment, nothing_said
from features.slate_request import SlateRequest
from models.recommend import Policy, recommend
from models.slate import Slate

_ID = "nobody"


def slate_of_nobody(day: DayMoment, policy: Policy, version: str, topic: str | None = None) -> Slate:
    """The day ranked for a user who has never said anything, narrowed to ``topic``; UnknownTopic."""
    request = SlateRequest(_ID, day.day, day.cut.at, version, topic=topic)
    return recommend(day, UserMoment(_ID, "", nothing_said(day), {}, frozenset()), policy, request)
