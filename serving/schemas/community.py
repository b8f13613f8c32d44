"""What readers say in public: votes, submissions, lists."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from features.community import MAX_WHY, valid_list_name, valid_why
from serving.schemas.fields import rule_of_domain
from serving.schemas.papers import PAPER_EXAMPLE, PaperOut

ListName = Annotated[
    str,
    rule_of_domain(valid_list_name),
    Field(max_length=40, description="The list's name, in small letters.", examples=["robot-hands"]),
]
_AT = "2026-02-27T08:00:00Z"


class Tally(BaseModel):
    """How many want a paper seen; the two are counted apart, and neither moves a reader's own ranking by itself."""

    paper_id: str
    reader_votes: int = Field(description="Of this service's readers, each counted once.")
    voted: bool = Field(description="Whether the caller's is among them.")


class SubmissionIn(BaseModel):
    """A paper that others should see."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"paper": "https://arxiv.org/abs/2602.01234", "why": "it settles a bet"}]},
    )

    paper: Annotated[str, Field(min_length=1, max_length=200, description="An arXiv id or address, or a paper's id.")]
    why: Annotated[str, rule_of_domain(valid_why), Field(max_length=4 * MAX_WHY, description="A word why.")]


class SubmissionOut(BaseModel):
    """A submitted paper."""

    paper: PaperOut
    why: str = Field(description="Plain text; a page escapes it.")
    submitted_at: datetime
    curator: str | None = Field(description="The name of the submitter's public list, if they have one.")
    reader_votes: int


class Submissions(BaseModel):
    """The newest submissions first."""

    submissions: list[SubmissionOut]


class ListOut(BaseModel):
    """A public list."""

    name: str
    n_followers: int


class Lists(BaseModel):
    """Public lists, the most followed first."""

    lists: list[ListOut]


class SavedPaper(BaseModel):
    """A paper on a public list."""

    paper: PaperOut
    saved_at: datetime


class ListPage(BaseModel):
    """What a reader keeps, the newest first."""

    name: str
    n_followers: int
    n_papers: int
    papers: list[SavedPaper]


class Followed(BaseModel):
    """The lists a reader follows, each with what it kept last."""

    user_id: str
    own_list: str | None = Field(description="The reader's own public list; null while nothing of theirs is public.")
    lists: list[ListPage]


class ListIn(BaseModel):
    """The wish to be read by others."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "robot-hands"}]})

    name: ListName


TALLY_EXAMPLE = {"paper_id": "2602.01234", "reader_votes": 3, "voted": True}
SUBMISSION_EXAMPLE = {
    "paper": PAPER_EXAMPLE,
    "why": "it settles a bet",
    "submitted_at": _AT,
    "curator": "robot-hands",
    "reader_votes": 3,
}
SUBMISSIONS_EXAMPLE = {"submissions": [SUBMISSION_EXAMPLE]}
LIST_EXAMPLE = {"name": "robot-hands", "n_followers": 12}
LISTS_EXAMPLE = {"lists": [LIST_EXAMPLE]}
LIST_PAGE_EXAMPLE = {
    **LIST_EXAMPLE,
    "n_papers": 1,
    "papers": [{"paper": PAPER_EXAMPLE, "saved_at": _AT}],
}
FOLLOWED_EXAMPLE = {"user_id": "ada", "own_list": None, "lists": [LIST_PAGE_EXAMPLE]}
