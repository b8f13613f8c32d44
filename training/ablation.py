"""What a ranking loses without one of its ingredients: the same fit, with that ingredient left out of it.

Evidence is left out of the lists the blend learns from, and its weight stays 0; ``young`` leaves out the lists with few
labels, ``trees`` the trees, ``prior`` what users' classifiers have in common.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from features.encoders import EncodedPapers
from features.errors import InvalidValue
from models.boosting import with_trees
from models.evidence import FEATURES
from models.listwise import ChoiceList, fit_weights
from models.model import Model
from models.ranker import Blend
from training.fit import FitSettings, fit_base, fit_model, learnt_blend, learnt_lists
from training.history import History, Known
from training.periods import Contender

EVIDENCE: Mapping[str, tuple[str, ...]] = {
    "relevance": ("relevance", "uncertainty"),
    "text": ("text",),
    "near": ("nearest_words", "nearest", "nearest_three", "nearest_sense", "likeness"),
    "metric": ("metric",),
    "collaborative": ("collaborative",),
    "topic": ("topic",),
    "crowd": ("crowd", "demand"),
    "authors": ("authors", "author_share", "coauthors"),
    "categories": ("categories", "primary"),
    "popularity": ("popularity",),
    "recency": ("recency",),
    "sense": ("sense", "nearest_sense"),
    "surroundings": ("surroundings",),
}
"""Kinds of evidence and the features they are made of; a feature's own name works as well."""

YOUNG, TREES, PRIOR = "young", "trees", "prior"
INGREDIENTS = (*EVIDENCE, YOUNG, TREES, PRIOR)


def fit_without(
    known: Known,
    vectors: EncodedPapers,
    settings: FitSettings,
    names: Sequence[str],
    stage: Callable[[str], None] = lambda _: None,
) -> tuple[Model, dict[str, Model]]:
    """The model of :func:`training.fit.fit_model`, and by name one without each of these ingredients.

    Raises InvalidValue for a name that is neither one of :data:`INGREDIENTS` nor a feature.
    """
    for name in names:
        if name not in INGREDIENTS and name not in FEATURES:
            raise InvalidValue("ablate", name, f"one of {', '.join(INGREDIENTS)}, or a feature of the blend")
    lists = learnt_lists(known, vectors, settings, stage)
    base = fit_base(known, vectors, settings, stage)
    seed = settings.config.seed
    found = {name: replace(base, blend=_blend_without(name, lists, seed)) for name in names if name != PRIOR}
    if PRIOR in names:
        found[PRIOR] = fit_model(known, vectors, replace(settings, prior=False), stage)
    return replace(base, blend=learnt_blend(lists, seed)), found


def contenders_without(
    history: History,
    vectors: Mapping[date, EncodedPapers],
    settings: FitSettings,
    names: Sequence[str],
    stage: Callable[[str], None] = lambda _: None,
) -> dict[str, Contender]:
    """Under ``""`` the product as of each fit of the split, and by name the product without each ingredient."""
    models: dict[str, dict[date, Model]] = {name: {} for name in ("", *names)}
    for fit in history.split.fits:
        whole, without = fit_without(history.known(fit), vectors[fit], settings, names, stage)
        for name, model in {"": whole, **without}.items():
            models[name][fit] = model.with_version(f"replay {name}".strip())
    return {name: Contender(name, by_fit, vectors) for name, by_fit in models.items()}


def _blend_without(name: str, lists: Sequence[ChoiceList], seed: int) -> Blend:
    if name == YOUNG:
        return learnt_blend([each for each in lists if not each.young], seed)
    if name == TREES:
        return Blend(fit_weights(lists))
    kept = ~np.isin(FEATURES, EVIDENCE.get(name, (name,)))
    zeroed = [replace(each, evidence=np.where(kept, each.evidence, np.float32(0.0))) for each in lists]
    return with_trees(Blend(fit_weights(zeroed, kept)), zeroed, seed)
