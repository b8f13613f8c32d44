"""Why a paper stands where it stands in a user's ranking, and what the user did to put it there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query

from features.domain import Cut, KnownInteraction, Paper, User
from features.moment import UserRows, VectorExamples, build_user
from features.settings import LabelSettings
from features.slate_request import SlateRequest
from features.store import Transaction
from models.causes import causes_of, explanation_of
from models.slate import rounded
from models.slate_columns import Reason
from serving.dependencies import Reading, Services, ServicesDep
from serving.problems import example, problems
from serving.ranking import Known, Question, known_at, resolve
from serving.schemas.explanations import (
    CAUSES_EXAMPLE,
    EXPLAINED_EXAMPLE,
    CauseOut,
    Causes,
    Explained,
    ShareOut,
)
from serving.schemas.fields import Day, Instant, ModelVersion, PaperId
from serving.schemas.papers import PaperOut
from serving.schemas.recommendations import ReasonOut
from serving.security import OwnUser

router = APIRouter(prefix="/v1/users/{user_id}/recommendations/{paper_id:path}", tags=["recommendations"])


async def _question(
    day: Annotated[Day | None, Query(description="Whose ranking; default: the newest day's.")] = None,
    as_of: Annotated[Instant | None, Query(description="Rank with what was recorded until then.")] = None,
    model_version: Annotated[ModelVersion | None, Query(description="Default: the champion.")] = None,
) -> Question:
    return Question(day, as_of, model_version)


QuestionDep = Annotated[Question, Depends(_question)]


@router.get(
    "/explanation",
    operation_id="explain_recommendation",
    summary="One paper's score taken apart",
    response_model=Explained,
    responses={**example(200, EXPLAINED_EXAMPLE, "Terms of the score."), **problems(401, 403, 404, 429, 503)},
)
def explain_recommendation(
    user_id: OwnUser, paper_id: PaperId, services: ServicesDep, tx: Reading, question: QuestionDep
) -> Explained:
    """Split the score of a paper of the day over what it is made of, on two levels that both add up.

    The score is the one of the slate without a topic of the user's own; with the slate's as_of and model_version it is
    the slate's, to the last digit.
    """
    _, request, known = _asked(user_id, services, tx, question)
    found = explanation_of(known.day, known.user, known.policy, paper_id)
    return Explained(
        user_id=request.user_id,
        day=request.day,
        as_of=request.as_of,
        model_version=request.model_version,
        paper_id=paper_id,
        scorer=found.scorer,
        score=found.place.score,
        rank=found.place.rank,
        probability=found.probability,
        shares=[
            ShareOut(kind=share.kind, text=share.text, weight=share.weight, parts=list(map(_reason, share.parts)))
            for share in found.shares
        ],
        beside=list(map(_reason, found.beside)),
    )


@router.get(
    "/causes",
    operation_id="explain_causes",
    summary="Which of the user's own interactions moved a paper",
    response_model=Causes,
    responses={**example(200, CAUSES_EXAMPLE, "Interactions left out."), **problems(401, 403, 404, 429, 503)},
)
def explain_causes(
    user_id: OwnUser, paper_id: PaperId, services: ServicesDep, tx: Reading, question: QuestionDep
) -> Causes:
    """Leave out what the user did with each of the five papers most like this one, and rank again without it.

    Everything that is the user's own is fitted again; what the model learned from everybody stays. All that was done
    with one paper is left out together.
    """
    user, request, known = _asked(user_id, services, tx, question)
    history = _History.of(tx, user, request)
    place, causes = causes_of(known.day, known.user, known.policy, paper_id, history.without(known))
    papers = tx.papers.get_many([cause.paper_id for cause in causes], Cut(request.as_of))
    told = [
        CauseOut(
            paper=PaperOut.of(papers[cause.paper_id]),
            kinds=history.kinds(cause.paper_id),
            liked=cause.liked,
            similarity=cause.similarity,
            change=rounded(place.score - cause.without.score),
            rank_without=cause.without.rank,
        )
        for cause in causes
    ]
    return Causes(
        user_id=request.user_id,
        day=request.day,
        as_of=request.as_of,
        model_version=request.model_version,
        paper_id=paper_id,
        score=place.score,
        rank=place.rank,
        causes=sorted(told, key=lambda cause: (-abs(cause.change), cause.paper.id)),
    )


def _asked(user_id: str, services: Services, tx: Transaction, question: Question) -> tuple[User, SlateRequest, Known]:
    """Whose ranking is explained, which one, and what is known at its moment."""
    user = tx.users.get(user_id)
    request = resolve(services, tx, user, question)
    return user, request, known_at(services, tx, user, request)


@dataclass(frozen=True, slots=True)
class _History:
    """What a user has done as of a ranking, and the papers of it."""

    user: User
    day: date
    rows: Sequence[KnownInteraction]
    papers: Mapping[str, Paper]

    @classmethod
    def of(cls, tx: Transaction, user: User, request: SlateRequest) -> Self:
        cut = Cut(request.as_of)
        rows = tx.interactions.of_user(user.id, cut)
        return cls(user, request.day, rows, tx.papers.get_many((row.interaction.paper_id for row in rows), cut))

    def kinds(self, paper_id: str) -> list[str]:
        """What the user did with a paper, each kind once."""
        done = sorted(self.rows, key=lambda row: (row.recorded_at, row.interaction.client_id))
        return list(dict.fromkeys(row.interaction.kind for row in done if row.interaction.paper_id == paper_id))

    def without(self, known: Known) -> Callable[[str], VectorExamples]:
        """The user's examples as they would be had they done nothing with a paper."""
        vectors = known.loaded.vectors if known.loaded else None
        labels = known.loaded.model.config.labels if known.loaded else LabelSettings()

        def left(paper_id: str) -> VectorExamples:
            rows = [row for row in self.rows if row.interaction.paper_id != paper_id]
            said = UserRows(self.user, rows, changes=known.user.changes)
            return build_user(said, self.day, self.papers, labels, vectors).relevance

        return left


def _reason(reason: Reason) -> ReasonOut:
    return ReasonOut(kind=reason.kind, text=reason.text, weight=reason.weight)
