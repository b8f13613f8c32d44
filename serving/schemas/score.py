"""Stateless scoring of any texts."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

from serving.schemas.fields import PaperId
from serving.schemas.recommendations import TopicShare

# A length makes pydantic look into the string, and so refuse lone surrogates, which no encoder could read.
_Text = Annotated[str, StringConstraints(max_length=10_000_000)]


class PaperRef(BaseModel):
    """A paper of the store."""

    model_config = ConfigDict(extra="forbid")

    id: PaperId


class PaperText(BaseModel):
    """A paper by its text."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[_Text, StringConstraints(min_length=1, strip_whitespace=True)]
    abstract: _Text = ""


def _ref_or_text(value: Any) -> str:
    has_id = "id" in value if isinstance(value, dict) else hasattr(value, "id")
    return "id" if has_id else "text"


AnyPaper = Annotated[Annotated[PaperRef, Tag("id")] | Annotated[PaperText, Tag("text")], Discriminator(_ref_or_text)]


class ScoreRequest(BaseModel):
    """Examples to learn from and papers to score. Nothing of it is kept."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "positives": [{"title": "Sparse attention", "abstract": "Attention with few keys."}],
                    "negatives": [{"title": "A survey of soil sensors", "abstract": ""}],
                    "papers": [{"id": "2602.01234"}, {"title": "Linear attention", "abstract": "Kernels instead."}],
                }
            ]
        },
    )

    positives: list[AnyPaper] = Field(default_factory=list, description="Papers that are wanted.")
    negatives: list[AnyPaper] = Field(default_factory=list, description="Papers that are not.")
    papers: list[AnyPaper] = Field(min_length=1, description="Papers to score.")


class ScoredPaper(BaseModel):
    """The score of the paper at the same place of the request."""

    id: str | None
    score: float = Field(description="Comparable within this answer only.")
    probability: float | None = Field(description="Calibrated chance of being wanted; null where unknown.")
    topics: list[TopicShare]


class ScoreResult(BaseModel):
    """Scores in the order of the request's papers."""

    model_version: str
    scorer: str
    papers: list[ScoredPaper]


SCORE_RESULT_EXAMPLE = {
    "model_version": "3",
    "scorer": "relevance",
    "papers": [
        {"id": "2602.01234", "score": 0.31, "probability": 0.42, "topics": [{"name": "cs.LG", "probability": 0.9}]},
        {"id": None, "score": -0.2, "probability": 0.08, "topics": []},
    ],
}
