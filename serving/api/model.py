"""Which model ranks."""

from fastapi import APIRouter

from serving.dependencies import ServicesDep
from serving.problems import example, problems
from serving.ranking import serving_version
from serving.schemas.model import MODEL_EXAMPLE, ModelOut, RefusedModel
from serving.security import ANYONE_KNOWN

router = APIRouter(prefix="/v1/model", tags=["model"], dependencies=ANYONE_KNOWN)


@router.get(
    "",
    operation_id="get_model",
    summary="The model that ranks",
    response_model=ModelOut,
    responses={**example(200, MODEL_EXAMPLE, "The model."), **problems(401, 429, 503)},
)
def get_model(services: ServicesDep) -> ModelOut:
    """Describe the model that ranks, and the champion that was refused, if one was."""
    standing = services.shelf.standing
    champion, refusal = standing.champion, standing.refusal
    model = champion.model if champion else None
    return ModelOut(
        model_version=serving_version(services),
        cut=model.cut if model else None,
        loaded_at=champion.loaded_at if champion else None,
        encoder_id=model.encoder.id if model else None,
        dimensions=model.encoder.dimensions if model else None,
        n_topics=len(model.topics.names) if model else 0,
        refused=RefusedModel(version=refusal.version, reason=refusal.reason, refused_at=refusal.refused_at)
        if refusal
        else None,
    )
