"""The population prior: what users' classifiers have in common, learned from all of them (empirical Bayes).

Everybody with enough positives is fitted with the plain ridge penalty; the mean p of the weights and their covariance C
then make the prior N(p, C) of a second fit. C is shrunk towards a multiple of I (Ledoit and Wolf, 2004, and at least
by 5 %), scaled to the mean variance ``WIDTH``, so that λ keeps its meaning, and P = C⁻¹. A user with few labels then
generalises in directions in which users do differ; with many, her own labels outweigh it.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from features.errors import InvalidValue
from features.moment import VectorExamples
from models.background import Background
from models.personal import Crowd, Linear, fit_users
from models.ridge import Floats, GaussianPrior, SharedGram
from models.shards import SERIAL, Shards
from models.threads import one_blas_thread

WIDTH = 2.5
LEAST_USERS = 50
MOST_USERS = 4000
LEAST_POSITIVES = 3
_LEAST_SHRINKAGE = 0.05


def with_prior(
    background: Background, users: Mapping[str, VectorExamples], regularization: float, shards: Shards = SERIAL
) -> Background:
    """``background`` with the prior learned from ``users`` (key → examples); unchanged with fewer than LEAST_USERS.

    Users with fewer than LEAST_POSITIVES positives are not asked; of more than MOST_USERS, evenly spaced ones are, in
    ascending order of their keys, which are random. ``background`` must have no prior yet, and ``regularization`` is
    its λ.
    """
    keys = [key for key in sorted(users) if (users[key].examples.targets > 0).sum() >= LEAST_POSITIVES]
    if len(keys) < LEAST_USERS:
        return background
    asked = np.unique(np.linspace(0, len(keys) - 1, min(len(keys), MOST_USERS)).astype(np.intp))
    nobody = Crowd(Linear(np.zeros(background.vectors.shape[1]), -1.0), 0)
    coef, _ = fit_users(background, nobody, [users[keys[row]] for row in asked], shards)
    shared = background.shared
    return replace(
        background,
        shared=SharedGram.from_background(background.vectors, shared.total_weight, regularization, fit_prior(coef)),
    )


@one_blas_thread()
def fit_prior(coef: Floats) -> GaussianPrior:
    """The prior of weights ``coef`` (u, d), u ≥ 2, each user counting alike; InvalidValue where they are not finite."""
    from sklearn.covariance import ledoit_wolf  # noqa: PLC0415  # a server starts without it

    if not np.isfinite(coef).all():
        raise InvalidValue("coef", None, "users' weights must be finite")
    d = coef.shape[1]
    mean = coef.mean(axis=0)
    centred = coef - mean
    spread = float(np.einsum("ud,ud->", centred, centred)) / (len(coef) * d)
    if spread <= np.finfo(np.float64).eps * float(mean @ mean):
        return GaussianPrior(mean, np.eye(d) / WIDTH)
    covariance, _ = ledoit_wolf(centred / np.sqrt(spread), assume_centered=True)
    covariance = (1.0 - _LEAST_SHRINKAGE) * covariance + _LEAST_SHRINKAGE * np.eye(d)
    precision = cho_solve(cho_factor(WIDTH * covariance), np.eye(d))
    return GaussianPrior(mean, (precision + precision.T) / 2.0)
