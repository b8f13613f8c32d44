"""What users did and what they were shown."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from features.domain import InteractionKind
from serving.schemas.fields import ClientId, Instant, PaperId, SlateId, TopicName, UserId


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")

    user_id: UserId | None = Field(None, description="Default: the batch's user, else the token's.")


class InteractionIn(_Row):
    """Something a user did with a paper. Sent again under the same client_id it is counted once."""

    client_id: ClientId
    paper_id: PaperId
    kind: InteractionKind
    occurred_at: Instant | None = Field(None, description="When it happened; default: now.")
    topic: TopicName | None = Field(None, description="The user's own topic; with kind label, and only there.")
    slate_id: SlateId | None = Field(None, description="The slate it was found in.")
    position: int | None = Field(None, ge=1, le=1_000_000, description="Its place there.")


class RetractionIn(_Row):
    """Takes one interaction back; rankings after it equal those without it."""

    retract: ClientId


def _kind_of_row(row: Any) -> str:
    has_retract = "retract" in row if isinstance(row, dict) else hasattr(row, "retract")
    return "retraction" if has_retract else "interaction"


InteractionRow = Annotated[
    Annotated[InteractionIn, Tag("interaction")] | Annotated[RetractionIn, Tag("retraction")],
    Discriminator(_kind_of_row),
]


class InteractionBatch(BaseModel):
    """Rows that are recorded together, in their order."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "user_id": "ada",
                    "interactions": [
                        {"client_id": "click-1", "paper_id": "2602.01234", "kind": "save"},
                        {"retract": "click-0"},
                    ],
                }
            ]
        },
    )

    user_id: UserId | None = Field(None, description="User of the rows that name none; default: the token's.")
    interactions: list[InteractionRow] = Field(min_length=1)


class InteractionStatus(BaseModel):
    """What became of one row."""

    client_id: str
    status: Literal["recorded", "duplicate", "conflict", "unknown_paper", "unknown_user", "retracted", "unknown"] = (
        Field(
            description="recorded, retracted: done. duplicate: done before. conflict: the client_id is of another row. "
            "unknown_paper, unknown_user, unknown (nothing to retract): rejected."
        )
    )


class InteractionResult(BaseModel):
    """One status per row, in the order of the batch; all that was done is durable."""

    recorded_at: datetime
    rows: list[InteractionStatus]


INTERACTION_RESULT_EXAMPLE = {
    "recorded_at": "2026-02-27T08:00:00Z",
    "rows": [{"client_id": "click-1", "status": "recorded"}, {"client_id": "click-0", "status": "retracted"}],
}


class ImpressionIn(BaseModel):
    """One paper of a slate that a page has shown."""

    model_config = ConfigDict(extra="forbid")

    slate_id: SlateId
    paper_id: PaperId
    occurred_at: Instant | None = Field(None, description="When it was shown; default: now.")


class ImpressionBatch(BaseModel):
    """What was shown."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"impressions": [{"slate_id": "9f86d081884c7d659a2feaa0c55ad015", "paper_id": "2602.01234"}]}]
        },
    )

    impressions: list[ImpressionIn] = Field(min_length=1)


class ImpressionStatus(BaseModel):
    """What became of one row."""

    slate_id: str
    paper_id: str
    status: Literal["accepted", "unknown_slate", "not_in_slate"]


class ImpressionResult(BaseModel):
    """One status per row, in the order of the batch; what is accepted reaches the store within a second."""

    rows: list[ImpressionStatus]


IMPRESSION_RESULT_EXAMPLE = {
    "rows": [
        {"slate_id": "9f86d081884c7d659a2feaa0c55ad015", "paper_id": "2602.01234", "status": "accepted"},
    ]
}
