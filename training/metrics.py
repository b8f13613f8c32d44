"""Metrics of one ranking and of probabilities, each with its formula.

A ranking is given as ``hits``: booleans in the order shown, rank 1 first, True where the paper was a positive.
Every function returns NaN where its formula has no value (no positive, one class only), and a mean over days skips
those days, counted apart.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Hits = NDArray[np.bool_]
Floats = NDArray[np.float64]

NAN = float("nan")


def ndcg_at(hits: Hits, k: int) -> float:
    """Normalised discounted cumulative gain of binary relevance.

    ``nDCG@k = Σ_{r≤k} hit_r / log2(r + 1)  /  Σ_{r≤min(k, P)} 1 / log2(r + 1)`` with P positives in the whole list.
    """
    n_positives = int(hits.sum())
    if n_positives == 0:
        return NAN
    discounts = 1.0 / np.log2(np.arange(2, min(k, len(hits)) + 2))
    return float((discounts * hits[:k]).sum() / discounts[: min(k, n_positives)].sum())


def recall_at(hits: Hits, k: int) -> float:
    """``R@k = hits among the first k / min(k, P)``: 1 is reachable for every k."""
    n_positives = int(hits.sum())
    return float(hits[:k].sum() / min(k, n_positives)) if n_positives else NAN


def reciprocal_rank(hits: Hits) -> float:
    """``1 / rank`` of the first positive; its mean over rankings is MRR."""
    found = np.flatnonzero(hits)
    return float(1.0 / (found[0] + 1)) if len(found) else NAN


def average_precision(hits: Hits) -> float:
    """``AP = (1 / P) Σ_{r: hit} (hits among the first r) / r``."""
    found = np.flatnonzero(hits)
    return float((np.arange(1, len(found) + 1) / (found + 1)).mean()) if len(found) else NAN


def auc(scores: Floats, positive: Hits) -> float:
    """Probability that a positive scores above a negative, equal scores counting half (Mann–Whitney).

    ``AUC = (Σ midrank of positives − P (P + 1) / 2) / (P N)``.
    """
    n_positives = int(positive.sum())
    n_negatives = len(positive) - n_positives
    if n_positives == 0 or n_negatives == 0:
        return NAN
    ranks = rankdata(scores)
    return float((ranks[positive].sum() - n_positives * (n_positives + 1) / 2) / (n_positives * n_negatives))


def brier(probabilities: Floats, outcomes: Hits) -> float:
    """``mean (p − y)²``."""
    return float(np.mean((probabilities - outcomes) ** 2)) if len(outcomes) else NAN


def log_loss(probabilities: Floats, outcomes: Hits) -> float:
    """``−mean ln P(what happened)``; infinite where something happened that was held to be impossible."""
    with np.errstate(divide="ignore"):
        return float(-np.mean(np.log(np.where(outcomes, probabilities, 1 - probabilities)))) if len(outcomes) else NAN


def brier_skill(probabilities: Floats, outcomes: Hits, reference: Floats) -> float:
    """``1 − Brier(p) / Brier(reference)``; the reference here is the user's own past base rate. 0 = no better."""
    baseline = brier(reference, outcomes)
    return float(1.0 - brier(probabilities, outcomes) / baseline) if baseline > 0 else NAN


def calibration_slope(probabilities: Floats, outcomes: Hits, steps: int = 50) -> float:
    """Slope b of ``logit P(y = 1) = a + b logit p`` by maximum likelihood (Newton); 1 is right, below 1 too bold.

    A ridge of 1e-9 keeps the step defined; separable outcomes have no finite slope and give NaN.
    """
    y = outcomes.astype(np.float64)
    if len(y) == 0 or y.min() == y.max():
        return NAN
    p = np.clip(probabilities, 1e-9, 1 - 1e-9)
    design = np.column_stack([np.ones_like(p), np.log(p / (1 - p))])
    if np.ptp(design[:, 1]) < 1e-12:
        return NAN
    beta = np.array([0.0, 1.0])
    for _ in range(steps):
        fitted = 1.0 / (1.0 + np.exp(-np.clip(design @ beta, -35, 35)))
        hessian = (design * (fitted * (1 - fitted))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(hessian, design.T @ (y - fitted))
        beta += step
        if np.abs(step).max() < 1e-9:
            return float(beta[1])
    return NAN


def expected_calibration_error(probabilities: Floats, outcomes: Hits, bins: int = 15) -> float:
    """``ECE = Σ_b (n_b / n) |mean p_b − mean y_b|`` over bins of equal mass. Reported, never gated."""
    if len(outcomes) == 0:
        return NAN
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [len(part) * abs(probabilities[part].mean() - outcomes[part].mean()) for part in parts]
    return float(sum(gaps) / len(outcomes))


def expected_over_observed(probabilities: Floats, outcomes: Hits) -> float:
    """``Σ p / Σ y``: 1 where as many positives came as were promised."""
    observed = int(outcomes.sum())
    return float(probabilities.sum() / observed) if observed else NAN


def intra_list_distance(vectors: NDArray[np.float32]) -> float:
    """Mean of 1 − cosine over all pairs of rows of ``vectors`` (n, d); 0 for fewer than two.

    A row of zeros is at distance 1 from all. Smyth and McClave, "Similarity vs. diversity" (ICCBR 2001).
    """
    n = len(vectors)
    if n < 2:
        return 0.0
    wide = vectors.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    units = np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths > 0)
    within = float(np.square(units.sum(axis=0)).sum() - np.square(units).sum())
    return 1.0 - within / (n * (n - 1))
