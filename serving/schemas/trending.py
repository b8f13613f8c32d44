"""A day's papers by the community's interest, counted or predicted."""

from datetime import datetime

from pydantic import BaseModel, Field

from serving.schemas.fields import Day
from serving.schemas.papers import FEED_EXAMPLE, PAPER_EXAMPLE, FeedOut, PaperOut


class TrendingPaper(BaseModel):
    """A paper with its votes or, before there are any, how likely it is to stand on the community's page."""

    paper: PaperOut
    votes: int | None = Field(description="As known then; null where the community has counted none.")
    probability: float | None = Field(
        description="Of standing on the community's page within 14 days of the first day; only where predicted.",
        ge=0.0,
        le=1.0,
    )
    predicted: bool = Field(description="Whether the place in the list comes from the prediction, not from votes.")


class Trending(BaseModel):
    """Papers with votes first, most votes first; then those predicted, most probable first; then the rest by id."""

    day: Day
    as_of: datetime
    model_version: str | None = Field(description="What predicted; null where nothing was predicted.")
    feed: FeedOut
    papers: list[TrendingPaper]


TRENDING_EXAMPLE = {
    "day": "2026-02-27",
    "as_of": "2026-02-27T08:00:00Z",
    "model_version": "12",
    "feed": FEED_EXAMPLE,
    "papers": [{"paper": PAPER_EXAMPLE, "votes": None, "probability": 0.31, "predicted": True}],
}
