"""Topics: everybody's, which the model knows, and a user's own, which they make by labelling papers."""

import hashlib
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from features.domain import Interaction, InteractionKind
from features.errors import UnknownPaper
from serving.dependencies import Reading, ServicesDep, Writing
from serving.observed import EVERYTHING
from serving.problems import example, problems
from serving.ranking import serving_version
from serving.schemas.fields import PaperId, TopicName, UserId
from serving.schemas.users import TOPICS_EXAMPLE, GlobalTopic, Topics
from serving.security import CallerDep, OwnUser
from serving.topics import labels_of, own_topics

router = APIRouter(prefix="/v1", tags=["topics"])


@router.get(
    "/topics",
    operation_id="list_topics",
    summary="Topics to narrow a list to",
    response_model=Topics,
    responses={**example(200, TOPICS_EXAMPLE, "Topics by name."), **problems(401, 403, 404, 429, 503)},
)
def list_topics(
    caller: CallerDep,
    services: ServicesDep,
    tx: Reading,
    user_id: Annotated[UserId | None, Query(description="Whose own topics; default: the token's user.")] = None,
) -> Topics:
    """List the model's topics and a user's own."""
    champion = services.shelf.champion
    names = sorted(champion.model.topics.names) if champion else []
    whose = user_id or caller.user_id
    said = []
    if whose is not None:
        caller.must_own(whose)
        said = tx.interactions.of_user(tx.users.get(whose).id, EVERYTHING)
    return Topics(
        model_version=serving_version(services),
        topics=[GlobalTopic(name=name) for name in names],
        own=own_topics(said),
    )


@router.put(
    "/users/{user_id}/topics/{topic}/papers/{paper_id:path}",
    status_code=204,
    operation_id="label_paper",
    summary="Put a paper into a topic of one's own",
    responses={204: {"description": "The paper is in the topic."}, **problems(401, 403, 404, 429, 503)},
)
def label_paper(user_id: OwnUser, topic: TopicName, paper_id: PaperId, services: ServicesDep, tx: Writing) -> Response:
    """Label a paper; the first label makes the topic. Doing it again changes nothing."""
    now = services.clock()
    said = tx.interactions.of_user(tx.users.get(user_id).id, EVERYTHING)
    if paper_id not in tx.papers.exists([paper_id]):
        raise UnknownPaper(paper_id)
    if not labels_of(said, topic, paper_id):
        label = Interaction(
            client_id=_client_id(topic, paper_id, now),
            user_id=user_id,
            paper_id=paper_id,
            kind=InteractionKind.LABEL,
            occurred_at=now,
            topic=topic,
        )
        tx.interactions.record([label], recorded_at=now)
    return Response(status_code=204)


@router.delete(
    "/users/{user_id}/topics/{topic}/papers/{paper_id:path}",
    status_code=204,
    operation_id="unlabel_paper",
    summary="Take a paper out of a topic of one's own",
    responses={204: {"description": "The paper is not in the topic."}, **problems(401, 403, 404, 429, 503)},
)
def unlabel_paper(
    user_id: OwnUser, topic: TopicName, paper_id: PaperId, services: ServicesDep, tx: Writing
) -> Response:
    """Take the label back; a topic without papers is gone. Doing it again changes nothing."""
    now = services.clock()
    for known in labels_of(tx.interactions.of_user(tx.users.get(user_id).id, EVERYTHING), topic, paper_id):
        tx.interactions.retract(user_id, known.interaction.client_id, recorded_at=now)
    return Response(status_code=204)


def _client_id(topic: str, paper_id: str, at: datetime) -> str:
    """The instant is part of it: a label taken back and given again is another one."""
    digest = hashlib.blake2b(f"{topic}\x1f{paper_id}\x1f{at.isoformat()}".encode(), digest_size=16)
    return f"label-{digest.hexdigest()}"
