"""Trees on top of the blend's sum, and whether they have earned their place.

The trees see the shortlist as it is ranked in production, with the sum's margins as their start, so that they learn
what the sum gets wrong. Forced positives are never added: they would teach that a low margin is a sign of relevance.

Listwise boosting (LambdaRank) and pointwise boosting are both tried. Each third of the lists judges trees grown on the
other two: a kind is used only if its nDCG@10 is higher than the sum's with 95 % confidence, by the paired differences
(one side, as the gate of models asks), and of two such kinds the one with the higher such bound; it is then grown on
all lists. A list and its *young* copy, the same choices of a user with fewer labels, are in the same third: trees that
have seen one know what was chosen from the other.
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
_CUTOFF, _THIRDS = 10, 3
_ONE_SIDE = 1.645  # standard errors
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
    """The blend with the kind of trees that proved itself on these lists, or as it is; nobody's lists are no matter."""
    lists = [each for each in lists if each.n_positives]
    if len(lists) < LEAST_LISTS:
        return blend
    best, least = "", 0.0
    for kind in sorted(_KINDS):
        gain = _least_gain(blend, kind, lists, seed)
        if gain > least:
            best, least = kind, gain
    return _grown(blend, best, lists, seed) if best else blend


def thirds_of(lists: Sequence[ChoiceList]) -> NDArray[np.intp]:
    """The third, 0 to 2, that each list is in; a young copy stands behind its list and goes with it."""
    numbers = np.cumsum([not each.young for each in lists], dtype=np.intp)
    return numbers % _THIRDS


def _least_gain(blend: Blend, kind: str, lists: Sequence[ChoiceList], seed: int) -> float:
    """The lower bound of what trees of this kind gain; judged no further once the upper one is below 0."""
    thirds, gains, mean, error = thirds_of(lists).tolist(), list[float](), 0.0, 0.0
    for third in range(_THIRDS):
        grown = _grown(blend, kind, [each for each, own in zip(lists, thirds, strict=True) if own != third], seed)
        judges = [each for each, own in zip(lists, thirds, strict=True) if own == third]
        gains += [_ndcg(grown, each) - _ndcg(blend, each) for each in judges]
        mean, error = float(np.mean(gains)), float(np.std(gains)) / math.sqrt(len(gains))
        if mean + _ONE_SIDE * error < 0:
            break
    return mean - _ONE_SIDE * error


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
