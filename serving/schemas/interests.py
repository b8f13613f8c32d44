"""What a user is taken to be interested in."""

from datetime import datetime

from pydantic import BaseModel, Field

from serving.schemas.fields import Day
from serving.schemas.papers import PAPER_EXAMPLE, PaperOut


class InterestOut(BaseModel):
    """A part of the user's choices that belongs together."""

    name: str = Field(description="Ask for its papers with `topic=` this.")
    words: list[str] = Field(description="What tells it apart from the user's other interests and ordinary papers.")
    share: float = Field(ge=0.0, le=1.0, description="Its part of the weight of all choices, and so of the slate.")
    n_papers: int = Field(ge=1, description="Chosen papers that make it.")
    papers: list[PaperOut] = Field(description="The newest of them by id, at most three.")


class Interests(BaseModel):
    """The interests found in what a user chose; their shares add up to 1."""

    user_id: str
    day: Day
    as_of: datetime = Field(description="Nothing recorded later is known to this answer.")
    model_version: str
    interests: list[InterestOut] = Field(description="The largest share first; none without a choice.")


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
}
