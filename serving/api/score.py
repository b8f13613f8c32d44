"""Stateless scoring: try the model on any texts."""

import hashlib
from collections.abc import Sequence
from itertools import chain
from typing import Annotated

from fastapi import APIRouter, Query

from features.domain import Cut, Paper
from features.errors import LimitExceeded, NoChampion, UnknownPaper
from features.store import Transaction
from models.textscores import score_texts
from serving.dependencies import Reading, ServicesDep
from serving.observed import EVERYTHING
from serving.problems import example, problems
from serving.schemas.fields import ModelVersion
from serving.schemas.recommendations import TopicShare
from serving.schemas.score import (
    SCORE_RESULT_EXAMPLE,
    AnyPaper,
    PaperRef,
    PaperText,
    ScoredPaper,
    ScoreRequest,
    ScoreResult,
)
from serving.security import ANYONE_KNOWN

router = APIRouter(prefix="/v1/score", tags=["score"], dependencies=ANYONE_KNOWN)


@router.post(
    "",
    operation_id="score_papers",
    summary="Score any papers from any examples",
    response_model=ScoreResult,
    responses={**example(200, SCORE_RESULT_EXAMPLE, "Scores in order."), **problems(401, 404, 413, 429, 503)},
)
def score_papers(
    body: ScoreRequest,
    services: ServicesDep,
    tx: Reading,
    model_version: Annotated[ModelVersion | None, Query(description="Default: the champion.")] = None,
) -> ScoreResult:
    """Learn a classifier from the examples, score the papers with it, and forget both."""
    _check_sizes(body, services.settings.serving.max_texts, services.settings.serving.max_text_bytes)
    loaded = services.shelf.champion if model_version is None else services.shelf.get(model_version)
    if loaded is None:
        raise NoChampion
    groups = (body.positives, body.negatives, body.papers)
    known = _known(tx, list(chain(*groups)), EVERYTHING)
    positives, negatives, papers = ([_paper(one, known) for one in group] for group in groups)
    scored = score_texts(loaded.model, positives, negatives, papers)
    return ScoreResult(
        model_version=loaded.model.version,
        scorer="relevance" if positives else "crowd",
        papers=[
            ScoredPaper(
                id=one.id if isinstance(one, PaperRef) else None,
                score=score,
                probability=probability,
                topics=[TopicShare(name=name, probability=share) for name, share in topics],
            )
            for one, score, probability, topics in zip(
                body.papers, scored.scores, scored.probabilities, scored.topics, strict=True
            )
        ],
    )


def _check_sizes(body: ScoreRequest, most: int, longest: int) -> None:
    given = [*body.positives, *body.negatives, *body.papers]
    if len(given) > most:
        raise LimitExceeded("the number of texts", len(given), most, "serving.max_texts")
    for one in given:
        size = 0 if isinstance(one, PaperRef) else len(one.title.encode()) + len(one.abstract.encode())
        if size > longest:
            raise LimitExceeded("a text in bytes", size, longest, "serving.max_text_bytes")


def _known(tx: Transaction, given: Sequence[AnyPaper], cut: Cut) -> dict[str, Paper]:
    ids = {one.id for one in given if isinstance(one, PaperRef)}
    found = tx.papers.get_many(sorted(ids), cut)
    for missing in sorted(ids - found.keys()):
        raise UnknownPaper(missing)
    return found


def _paper(one: AnyPaper, known: dict[str, Paper]) -> Paper:
    """A text is a paper named by its content, so that equal texts are one example."""
    if isinstance(one, PaperText):
        name = hashlib.blake2b(f"{one.title}\n{one.abstract}".encode(), digest_size=16).hexdigest()
        return Paper(f"text:{name}", one.title, one.abstract)
    return known[one.id]
