"""A user's ranked papers of a day."""

from datetime import datetime

from pydantic import BaseModel, Field

from serving.schemas.fields import Day
from serving.schemas.papers import FEED_EXAMPLE, PAPER_EXAMPLE, FeedOut, PaperOut


class TopicShare(BaseModel):
    """A topic a paper probably has."""

    name: str
    probability: float = Field(ge=0, le=1)


class ReasonOut(BaseModel):
    """One part of why a paper stands where it stands."""

    kind: str
    text: str
    weight: float = Field(description="Share in the score; what has no share is 0.")


class RecommendedPaper(BaseModel):
    """One place of a slate."""

    paper: PaperOut
    position: int = Field(ge=1, description="Place in the slate, from 1.")
    rank: int = Field(ge=1, description="Place in the scorer's own order, from 1.")
    score: float = Field(description="Comparable within this slate only.")
    probability: float | None = Field(description="Calibrated chance that the user wants it; null where unknown.")
    topics: list[TopicShare]
    reasons: list[ReasonOut]


class Recommendations(BaseModel):
    """One page of a slate. The same question with the same as_of, model_version and seed gives the same bytes."""

    user_id: str
    day: Day
    as_of: datetime = Field(description="Nothing recorded later is known to this ranking.")
    model_version: str = Field(description="The model that ranked; baseline:… while there is no champion.")
    seed: int
    topic: str | None
    min_probability: float | None = Field(description="Less probable papers were left out; null if none were.")
    slate_id: str
    scorer: str = Field(description="What ranked: relevance, topic, crowd (a user without labels), or a baseline.")
    notice: str | None = Field(description="Said when the ranking is not personal or is empty, and why.")
    feed: FeedOut
    expected_useful: float | None = Field(
        description="How many papers of the day, not of this page, the user is expected to want: the sum of the "
        "candidates' probabilities, those below min_probability among them; null where there are none."
    )
    items: list[RecommendedPaper]
    next_cursor: str | None = Field(description="Asks for the next page of this very slate.")


RECOMMENDATIONS_EXAMPLE = {
    "user_id": "ada",
    "day": "2026-02-27",
    "as_of": "2026-02-27T08:00:00Z",
    "model_version": "3",
    "seed": 0,
    "topic": None,
    "min_probability": None,
    "slate_id": "9f86d081884c7d659a2feaa0c55ad015",
    "scorer": "relevance",
    "notice": None,
    "feed": FEED_EXAMPLE,
    "expected_useful": 2.4,
    "items": [
        {
            "paper": PAPER_EXAMPLE,
            "position": 1,
            "rank": 1,
            "score": 0.412337,
            "probability": 0.31,
            "topics": [{"name": "cs.LG", "probability": 0.93}],
            "reasons": [{"kind": "words", "text": "sparse attention", "weight": 0.21}],
        }
    ],
    "next_cursor": None,
}
