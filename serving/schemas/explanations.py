"""Why one paper stands where it stands."""

from datetime import datetime

from pydantic import BaseModel, Field

from serving.schemas.fields import Day
from serving.schemas.papers import PAPER_EXAMPLE, PaperOut
from serving.schemas.recommendations import ReasonOut


class ShareOut(BaseModel):
    """One term of a score."""

    kind: str = Field(description="A feature of the ranker, n_labels, or baseline: what holds for every paper.")
    text: str
    weight: float = Field(description="What it adds to the score.")
    parts: list[ReasonOut] = Field(description="What it is made of; their weights add up to its own.")


class Explained(BaseModel):
    """One paper's score taken apart: the weights of the shares add up to it."""

    user_id: str
    day: Day
    as_of: datetime = Field(description="Nothing recorded later is known to this ranking.")
    model_version: str
    paper_id: str
    scorer: str = Field(description="What ranked: relevance, crowd (a user without labels), or a baseline.")
    score: float = Field(description="The ranker's raw margin, as in the slate.")
    rank: int = Field(ge=1, description="Place by score among the day's papers the user may be shown, and this one.")
    probability: float | None = Field(description="Calibrated chance that the user wants it; null where unknown.")
    shares: list[ShareOut] = Field(description="The strongest first.")
    beside: list[ReasonOut] = Field(description="Rules, calibration and notices, which are no part of the sum.")


class CauseOut(BaseModel):
    """Something the user did with a paper, and what it changed."""

    paper: PaperOut
    kinds: list[str] = Field(description="What the user did with it, in the order in which it was recorded.")
    liked: bool = Field(description="Whether that speaks for papers like it.")
    similarity: float = Field(description="Cosine of the two papers' vectors.")
    change: float = Field(description="Score minus the score without it.")
    rank_without: int = Field(ge=1, description="The rank the explained paper would have without it.")


class Causes(BaseModel):
    """Which of the user's own interactions moved a paper, each left out in turn and everything fitted again."""

    user_id: str
    day: Day
    as_of: datetime = Field(description="Nothing recorded later is known to this ranking.")
    model_version: str
    paper_id: str
    score: float
    rank: int = Field(ge=1)
    causes: list[CauseOut] = Field(description="The papers most like this one, by the size of the change.")


_QUESTION = {
    "user_id": "ada",
    "day": "2026-02-27",
    "as_of": "2026-02-27T08:00:00Z",
    "model_version": "3",
    "paper_id": "2602.01234",
}
EXPLAINED_EXAMPLE = {
    **_QUESTION,
    "scorer": "relevance",
    "score": 2.412337,
    "rank": 1,
    "probability": 0.31,
    "shares": [
        {
            "kind": "text",
            "text": "words you choose papers by",
            "weight": 1.712337,
            "parts": [
                {"kind": "word", "text": "sparse attention", "weight": 1.4},
                {"kind": "word", "text": "scratch", "weight": 0.512337},
                {"kind": "comparison", "text": "compared with an ordinary paper", "weight": -0.2},
            ],
        },
        {
            "kind": "authors",
            "text": "by authors of papers you chose",
            "weight": 0.7,
            "parts": [{"kind": "author", "text": "A. Author", "weight": 0.7}],
        },
    ],
    "beside": [
        {
            "kind": "calibration",
            "text": "of a hundred papers with such a score about 31 are wanted",
            "weight": 0.0,
        }
    ],
}
CAUSES_EXAMPLE = {
    **_QUESTION,
    "score": 2.412337,
    "rank": 1,
    "causes": [
        {
            "paper": {**PAPER_EXAMPLE, "id": "2601.00042", "title": "Attention, but less of it"},
            "kinds": ["open", "save"],
            "liked": True,
            "similarity": 0.71,
            "change": 0.83,
            "rank_without": 4,
        }
    ],
}
