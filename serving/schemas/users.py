"""Users, their topics and all that is known of them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class NewUser(BaseModel):
    """A user just made, with the token that opens their data; it is shown this once."""

    user_id: str
    created_at: datetime
    token: str


class OwnTopic(BaseModel):
    """A topic the user made by labelling papers."""

    name: str
    n_papers: int


class UserOut(BaseModel):
    """What the service knows of a user, in numbers; the export has all of it."""

    user_id: str
    created_at: datetime
    interactions: dict[str, int] = Field(description="Standing interactions by kind.")
    topics: list[OwnTopic]


class UserExport(BaseModel):
    """Everything stored about a user."""

    model_config = ConfigDict(extra="allow")

    user_id: str
    exported_at: datetime
    data: dict[str, Any]


class PrivateFeed(BaseModel):
    """Where a user's private feed is; shown this once. Whoever has an address can read the feed."""

    atom_url: str
    rss_url: str
    json_url: str


class GlobalTopic(BaseModel):
    """A topic of the model."""

    name: str


class Topics(BaseModel):
    """Topics that a recommendation or a list of papers can be narrowed to."""

    model_version: str
    topics: list[GlobalTopic] = Field(description="Everybody's; empty while there is no champion.")
    own: list[OwnTopic] = Field(description="The token's user's own, or those of user_id for an admin.")


_AT = "2026-02-27T08:00:00Z"
NEW_USER_EXAMPLE = {"user_id": "ada", "created_at": _AT, "token": "(shown once)"}
USER_EXAMPLE = {
    "user_id": "ada",
    "created_at": _AT,
    "interactions": {"save": 3, "dismiss": 1},
    "topics": [{"name": "my thesis", "n_papers": 2}],
}
EXPORT_EXAMPLE = {"user_id": "ada", "exported_at": _AT, "data": {"interactions": []}}
PRIVATE_FEED_EXAMPLE = dict.fromkeys(("atom_url", "rss_url", "json_url"), "(shown once)")
TOPICS_EXAMPLE = {
    "model_version": "3",
    "topics": [{"name": "cs.LG"}],
    "own": [{"name": "my thesis", "n_papers": 2}],
}
