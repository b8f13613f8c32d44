"""A model as a document of plain values and a dictionary of arrays, and back: what :mod:`models.artifact` files."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.domain import aware_utc
from features.encoders import Encoder
from features.settings import LabelSettings, RelevanceSettings, SlateSettings
from models.background import Background
from models.calibration import Calibrator
from models.hard_negatives import HardNegatives
from models.model import Model, ModelConfig
from models.packed_evidence import evidence_arrays, evidence_from, named
from models.personal import Crowd, Linear, WarmCache
from models.ranker import Blend
from models.rhetoric import SentenceModel
from models.ridge import SharedGram
from models.topics import TopicModel
from models.trending import TrendModel

_WARM = ("keys", "digests", "n_labels", "n_positives")


def document_of(model: Model) -> dict[str, Any]:
    """What goes into ``model.json``: plain values; no user ids, only random keys."""
    shared = model.background.shared
    return {
        "cut": model.cut.isoformat(),
        "config": {
            "labels": model.config.labels.model_dump(mode="json"),
            "relevance": model.config.relevance.model_dump(mode="json"),
            "seed": model.config.seed,
            "slate": model.config.slate.model_dump(mode="json"),
        },
        "encoder_id": model.encoder.id,
        "background": {
            "paper_ids": model.background.paper_ids,
            "content_hashes": model.background.content_hashes,
            "total_weight": shared.total_weight,
        },
        "crowd": {"intercept": model.crowd.linear.intercept, "n_positives": model.crowd.n_positives},
        "warm": {name: getattr(model.warm, name) for name in _WARM},
        "trend": model.trend is not None,
        "rhetoric": model.rhetoric is not None,
    }


def arrays_of(model: Model) -> dict[str, NDArray[Any]]:
    """Every array of the model by the name of its file."""
    arrays: dict[str, NDArray[Any]] = {
        "background_vectors": model.background.vectors,
        "background_centre": model.background.shared.centre,
        "background_whitening": model.background.shared.whitening,
        "background_start": model.background.shared.start,
        "crowd_coef": model.crowd.linear.coef,
        "warm_coef": model.warm.coef,
        "warm_intercept": model.warm.intercept,
    }
    parts = {"topics": model.topics.arrays(), "blend": model.blend.arrays(), "calibrator": model.calibrator.arrays()}
    if model.trend is not None:
        parts["trend"] = model.trend.arrays()
    if model.rhetoric is not None:
        parts["rhetoric"] = model.rhetoric.arrays()
    for prefix, part in parts.items():
        arrays |= {f"{prefix}_{name}": values for name, values in part.items()}
    return arrays | evidence_arrays(model.evidence)


def model_from(
    version: str, document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], encoder: Encoder
) -> Model:
    """The model whose document and arrays these are; its encoder comes from files of its own."""
    config, background, crowd, warm = (document[name] for name in ("config", "background", "crowd", "warm"))
    relevance = RelevanceSettings.model_validate(config["relevance"])
    shared = SharedGram.from_factors(
        arrays["background_vectors"],
        np.array(arrays["background_centre"]),
        np.array(arrays["background_whitening"]),
        background["total_weight"],
        np.array(arrays["background_start"]),
    )
    linear = Linear(np.array(arrays["crowd_coef"]), crowd["intercept"])
    topics = TopicModel.from_arrays(named(arrays, "topics_"))
    return Model(
        version=version,
        cut=aware_utc(datetime.fromisoformat(document["cut"]), "cut"),
        config=ModelConfig(
            LabelSettings.model_validate(config["labels"]),
            relevance,
            config["seed"],
            SlateSettings.model_validate(config["slate"]),
        ),
        encoder=encoder,
        background=Background(
            tuple(background["paper_ids"]),
            tuple(background["content_hashes"]),
            arrays["background_vectors"],
            shared,
            HardNegatives(relevance.hard_negatives, relevance.hard_weight),
        ),
        crowd=Crowd(linear, crowd["n_positives"]),
        warm=WarmCache(
            coef=arrays["warm_coef"],
            intercept=arrays["warm_intercept"],
            **{name: tuple(warm[name]) for name in _WARM},
        ),
        topics=topics,
        evidence=evidence_from(arrays, shared, linear, topics),
        blend=Blend.from_arrays(named(arrays, "blend_")),
        calibrator=Calibrator.from_arrays(named(arrays, "calibrator_")),
        trend=TrendModel.from_arrays(named(arrays, "trend_")) if document["trend"] else None,
        # versions of this format from before there were marked sentences do not speak of them
        rhetoric=SentenceModel.from_arrays(named(arrays, "rhetoric_")) if document.get("rhetoric") else None,
    )
