"""A day's papers by the community's interest, counted or predicted."""

from datetime import datetime

from pydantic import BaseModel, Field

from serving.schemas.fields import Day
from serving.schemas.papers import FEED_EXAMPLE, PAPER_EXAMPLE, FeedOut, PaperOut


class TrendingPaper(BaseModel):
    """A paper with its votes or, before there are any, how likely it is to stand on the community's page."""

    paper: PaperOut
    votes: int | None = Field(description="Of the community's page, as known then; null where it has counted none.")
    reader_votes: int = Field(description="Of this service's readers, each counted once.")
    heat: float = Field(description="Votes of both sides, each halved every two days of its age; 0 without any.")
    probability: float | None = Field(
        description="Of standing on the community's page within 14 days of the first day; only where predicted.",
        ge=0.0,
        le=1.0,
    )
    predicted: bool = Field(description="Whether the place in the list comes from the prediction, not from votes.")


class Trending(BaseModel):
    """Papers with votes first, the hottest first; then those predicted, most probable first; then the rest by id."""

    day: Day = Field(description="The last day of the list.")
    days: int = Field(description="How many days' papers it holds.")
    as_of: datetime
    model_version: str | None = Field(description="What predicted; null where nothing was predicted.")
    feed: FeedOut
    papers: list[TrendingPaper]


TRENDING_EXAMPLE = {
    "day": "2026-02-27",
    "days": 1,
    "as_of": "2026-02-27T08:00:00Z",
    "model_version": "12",
    "feed": FEED_EXAMPLE,
    "papers": [
        {"paper": PAPER_EXAMPLE, "votes": None, "reader_votes": 0, "heat": 0.0, "probability": 0.31, "predicted": True}
    ],
}
