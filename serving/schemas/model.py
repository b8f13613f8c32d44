"""The model that serves, and the service's own health."""

from datetime import datetime

from pydantic import BaseModel, Field

from serving.schemas.fields import Day


class RefusedModel(BaseModel):
    """A champion that could not be used; the one before it serves on."""

    version: str
    reason: str
    refused_at: datetime


class ModelOut(BaseModel):
    """What ranks at the moment."""

    model_version: str = Field(description="The version that ranks; baseline:… while there is no champion.")
    cut: datetime | None = Field(description="Nothing after it went into the model.")
    loaded_at: datetime | None
    encoder_id: str | None
    dimensions: int | None
    n_topics: int
    refused: RefusedModel | None = Field(description="Set while the champion alias points at an unusable version.")


class Alive(BaseModel):
    """The process answers."""

    status: str = "alive"


class Ready(BaseModel):
    """The service can rank, and what it ranks is fresh."""

    status: str = "ready"
    model_version: str
    model_age_hours: float = Field(description="Since the cut of the model.")
    newest_day: Day
    feed_age_hours: float = Field(description="Since the last fetch.")


_AT = "2026-02-27T08:00:00Z"
MODEL_EXAMPLE = {
    "model_version": "3",
    "cut": _AT,
    "loaded_at": _AT,
    "encoder_id": "9f86d081884c7d659a2feaa0c55ad015",
    "dimensions": 256,
    "n_topics": 38,
    "refused": None,
}
ALIVE_EXAMPLE = {"status": "alive"}
READY_EXAMPLE = {
    "status": "ready",
    "model_version": "3",
    "model_age_hours": 7.5,
    "newest_day": "2026-02-27",
    "feed_age_hours": 6.5,
}
