"""What a user is taken to be interested in."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from features.interest_changes import ChangeKind, KnownChange
from serving.schemas.fields import Day, TopicName
from serving.schemas.papers import PAPER_EXAMPLE, PaperOut


class InterestOut(BaseModel):
    """A part of the user's choices that belongs together."""

    name: str = Field(description="Ask for its papers with `topic=` this.")
    words: list[str] = Field(description="What tells it apart from the user's other interests and ordinary papers.")
    share: float = Field(ge=0.0, le=1.0, description="Its part of the weight of all choices, and so of the slate.")
    n_papers: int = Field(ge=1, description="Chosen papers that make it.")
    papers: list[PaperOut] = Field(description="The newest of them by id, at most three.")


class ChangeOut(BaseModel):
    """Something the user corrected in what was found."""

    rule_id: int = Field(description="Takes the change back, as a rule: DELETE /v1/users/{user_id}/rules/{rule_id}.")
    kind: ChangeKind
    name: str = Field(description="The name given by rename, else the one the interest had.")
    n_papers: int = Field(description="Chosen papers that made the interest then.")
    recorded_at: datetime

    @classmethod
    def of(cls, known: KnownChange) -> Self:
        """``known`` as it is sent."""
        change = known.change
        return cls(
            rule_id=known.id,
            kind=change.kind,
            name=change.name,
            n_papers=len(change.papers),
            recorded_at=known.recorded_at,
        )


class InterestPatch(BaseModel):
    """One correction: exactly one of the three."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "robot hands"}]})

    name: TopicName | None = Field(None, description="What to call it, without interest: before it.")
    merge_into: TopicName | None = Field(None, description="The name of another interest, which it is to be one with.")
    muted: bool | None = Field(None, description="true: its papers say nothing any more; false: they do again.")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(value is not None for value in (self.name, self.merge_into, self.muted)) != 1:
            raise ValueError("give exactly one of name, merge_into and muted")
        return self


class Interests(BaseModel):
    """The interests found in what a user chose, as the user corrected them; their shares add up to 1."""

    user_id: str
    day: Day
    as_of: datetime = Field(description="Nothing recorded later is known to this answer.")
    model_version: str
    interests: list[InterestOut] = Field(description="The largest share first; none without a choice.")
    changes: list[ChangeOut] = Field(description="What the user corrected, the first said first.")


INTERESTS_EXAMPLE = {
    "user_id": "ada",
    "day": "2026-02-27",
    "as_of": "2026-02-27T08:00:00Z",
    "model_version": "12",
    "interests": [
        {
            "name": "interest:robot, grasping, gripper",
            "words": ["robot", "grasping", "gripper"],
            "share": 1.0,
            "n_papers": 7,
            "papers": [PAPER_EXAMPLE],
        }
    ],
    "changes": [
        {
            "rule_id": 8,
            "kind": "mute",
            "name": "interest:protein, folding",
            "n_papers": 4,
            "recorded_at": "2026-02-26T08:00:00Z",
        }
    ],
}
