"""Papers to ask a reader about."""

from pydantic import BaseModel, Field

from serving.schemas.papers import PAPER_EXAMPLE, PaperOut

ASKED_EXAMPLE = {"papers": [PAPER_EXAMPLE]}


class AskedPapers(BaseModel):
    """Papers to judge; an answer is an ordinary interaction."""

    papers: list[PaperOut] = Field(description="The most telling first.")
