"""Trees on top of the blend's sum, and whether they have earned their place.

The trees see the shortlist as it is ranked in production, with the sum's margins as their start, so that they learn
what the sum gets wrong. Forced positives are never added: they would teach that a low margin is a sign of relevance.

Listwise boosting (LambdaRank) and pointwise boosting are both tried. Every other list grows trees, the others judge
them: a kind is used only if its nDCG@10 on those is higher than the sum's by more than two standard errors of the
paired difference, and of two such kinds the one with the higher such bound; it is then grown on all lists.
"""

import math
from collections.abc import Sequence
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.listwise import ChoiceList
from models.ranker import LAMBDARANK, POINTWISE, Blend, Trees, shortlist, tree_columns

LEAST_LISTS = 200
"""Lists a window must hold before trees are tried at all."""

_ROUNDS, _LEAVES, _RATE = 60, 7, 0.06
_CUTOFF = 10
_SHARED: dict[str, Any] = {
    "num_leaves": _LEAVES,
    "learning_rate": _RATE,
    "min_data_in_leaf": 200,
    "lambda_l2": 10.0,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
_KINDS: dict[str, dict[str, Any]] = {
    POINTWISE: {"objective": "binary"},
    LAMBDARANK: {"objective": "lambdarank", "lambdarank_truncation_level": 15},
}

Floats = NDArray[np.float64]


def with_trees(blend: Blend, lists: Sequence[ChoiceList], seed: int) -> Blend:
    """The blend with the kind of trees that proved itself on these lists, or as it is."""
    if len(lists) < LEAST_LISTS:
        return blend
    grow, judge = lists[0::2], lists[1::2]
    base = np.array([_ndcg(blend, each) for each in judge])
    best, least = "", 0.0
    for kind in sorted(_KINDS):
        grown = _grown(blend, kind, grow, seed)
        gain = np.array([_ndcg(grown, each) for each in judge]) - base
        margin = gain.mean() - 2.0 * gain.std() / math.sqrt(len(gain))
        if margin > least:
            best, least = kind, margin
    return _grown(blend, best, lists, seed) if best else blend


def _grown(blend: Blend, kind: str, lists: Sequence[ChoiceList], seed: int) -> Blend:
    parts = [_shortlisted(blend, each) for each in lists]
    columns, sums, chosen = (np.concatenate(values) for values in zip(*parts, strict=True))
    groups = [len(part[2]) for part in parts] if kind == LAMBDARANK else None
    start = sums - math.log(max(1.0, len(chosen) / max(1, int(chosen.sum()))))
    data = lightgbm.Dataset(columns, chosen.astype(np.int32), group=groups, init_score=start, free_raw_data=False)
    booster = lightgbm.train({**_SHARED, **_KINDS[kind], "seed": seed}, data, _ROUNDS)
    mean = float(np.asarray(booster.predict(columns, raw_score=True, num_threads=1)).mean())
    return Blend(blend.weights, Trees(booster.model_to_string(), mean), kind)


def _shortlisted(blend: Blend, each: ChoiceList) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    evidence = each.evidence.astype(np.float64)
    sums = blend.sums(evidence, each.n_positives)
    rows = shortlist(sums)
    return tree_columns(evidence[rows], each.n_positives), sums[rows], each.chosen[rows]


def _ndcg(blend: Blend, each: ChoiceList) -> float:
    """nDCG@10 over the list; candidates that stand for others are far below the cutoff."""
    margins = blend.margins(each.evidence.astype(np.float64), each.n_positives)
    hits = each.chosen[np.argsort(-margins, kind="stable")[:_CUTOFF]]
    discounts = 1.0 / np.log2(np.arange(2, _CUTOFF + 2))
    ideal = discounts[: min(_CUTOFF, int(each.chosen.sum()))].sum()
    return float(hits @ discounts[: len(hits)] / ideal)
