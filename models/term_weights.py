"""How much each term tells of a choice, learnt from everybody's choices.

tf-idf weighs a term by how rare it is. Whether sharing it makes somebody choose a paper is another question, which
choices answer. With x_t the terms of a paper and c_t those of the mean of a user's other choices, brought to length
one, let a paper score τ Σ_t v_t x_t c_t. Of a choice and the unchosen papers beside it let p be the chosen one's share
of Σ exp(score). The weights v > 0 and the scale τ minimise

    Σ_choices −ln(p + ε)  +  λ Σ_t (ln v_t)²,

so that a term of which choices say nothing keeps v = 1, and a choice out of reach has no say (ε, as in
:mod:`models.listwise`). Half of the unchosen papers are those that the plain score puts first among
:data:`SEARCHED` drawn ones, for they have to be told apart at the head of a list; the other half is drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize

from features.moment import VectorExamples
from models.choices import content_key
from models.threads import one_blas_thread

LEAST_CHOICES, MOST_CHOICES, MOST_OF_A_USER = 200, 20_000, 6
"""Choices that are explained; with fewer than the least every weight is 1."""

SEARCHED, HARDEST, DRAWN = 1000, 20, 20
"""Unchosen papers of a user that are searched; those that stand beside a choice, the hardest of them and drawn ones."""

SHRINKAGE, EPSILON = 10.0, 0.02
"""λ and ε."""

_FIRST_SCALE, _STEPS = 20.0, 30
_ROUNDING = 1e-12
"""What is left of a term that only the held choice has."""

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@one_blas_thread()
def learnt_weights(
    users: Mapping[str, VectorExamples], pool: sparse.csr_array, pool_ids: Sequence[str], seed: int
) -> NDArray[np.float32]:
    """The weights float32 (n_terms,) from the positives of ``users``; neither their names nor their order change a bit.

    ``pool`` (m, n_terms) are the terms of ordinary papers with these ids, from which unchosen ones are drawn. All ones
    where too few choices have enough papers beside them.
    """
    rng = np.random.default_rng([seed, 17])
    row_of = {paper_id: row for row, paper_id in enumerate(pool_ids)}
    found = (_products(each, pool, row_of, rng) for each in _held(users, rng))
    parts = [part for part in found if part is not None]
    if sum(part[0].shape[0] for part in parts) < LEAST_CHOICES:
        return np.ones(pool.shape[1], dtype=np.float32)
    chosen = sparse.csr_array(sparse.vstack([part[0] for part in parts], format="csr"))
    beside = sparse.csr_array(sparse.vstack([part[1] for part in parts], format="csr"))
    return _Likelihood(chosen, beside).most_likely()


@dataclass(frozen=True, slots=True)
class _Held:
    """A user's ``terms`` and ``positive`` rows, with the ``held`` of them whose choice the others explain."""

    examples: VectorExamples
    terms: sparse.csr_array
    positive: Places
    held: Places


def _held(users: Mapping[str, VectorExamples], rng: np.random.Generator) -> list[_Held]:
    """Users in the order of what they chose, with as many of their choices as make :data:`MOST_CHOICES` in all."""
    known = []
    for user in users.values():
        positive = np.flatnonzero(user.examples.targets > 0)
        if len(positive) > 1 and user.terms is not None:
            known.append((user, user.terms, positive))
    known.sort(key=lambda each: content_key(each[0]))
    wanted = np.array([min(len(positive), MOST_OF_A_USER) for *_, positive in known], dtype=np.int64)
    share = min(1.0, MOST_CHOICES / max(1, int(wanted.sum())))
    counts = np.floor(wanted * share + rng.random(len(known))).astype(np.int64)
    return [
        _Held(user, terms, positive, np.sort(rng.choice(positive, min(count, len(positive)), replace=False)))
        for (user, terms, positive), count in zip(known, counts.tolist(), strict=True)
        if count
    ]


def _products(
    user: _Held, pool: sparse.csr_array, row_of: Mapping[str, int], rng: np.random.Generator
) -> tuple[sparse.csr_array, sparse.csr_array] | None:
    """x_t c_t of the held choices (h, n_terms), and of the papers beside them (h · (:data:`HARDEST` + drawn), …).

    None for a user who has said something of nearly all papers of the pool.
    """
    known = [row_of[paper_id] for paper_id in user.examples.examples.paper_ids if paper_id in row_of]
    searched = rng.choice(pool.shape[0], min(SEARCHED, pool.shape[0]), replace=False)
    searched = searched[~np.isin(searched, known)]
    if len(searched) <= HARDEST:
        return None
    own, means = user.terms[user.held], _means(user)
    scores = pool[searched] @ means.T
    hardest = searched[np.argpartition(-scores, HARDEST, axis=0)[:HARDEST].T]
    drawn = searched[rng.integers(0, len(searched), (len(user.held), DRAWN))]
    beside = np.concatenate([hardest, drawn], axis=1)
    return _times(own, means, 1), _times(pool[beside.ravel()], means, beside.shape[1])


def _means(user: _Held) -> Floats:
    """Of the user's choices but the held one (h, n_terms), at length one."""
    weights = user.examples.examples.weights
    total = user.terms[user.positive].T @ weights[user.positive]
    means: Floats = total - user.terms[user.held].toarray() * weights[user.held][:, None]
    means[means < _ROUNDING] = 0.0
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    return means / np.where(lengths > 0, lengths, 1.0)


def _times(rows: sparse.csr_array, means: Floats, run: int) -> sparse.csr_array:
    """Each row times the mean of its place: a ``run`` of rows shares one."""
    place = np.repeat(np.arange(rows.shape[0]) // run, np.diff(rows.indptr))
    values = (rows.data * means[place, rows.indices]).astype(np.float32)
    found = sparse.csr_array((values, rows.indices.copy(), rows.indptr.copy()), shape=rows.shape)
    found.eliminate_zeros()
    return found


@dataclass(frozen=True, slots=True)
class _Likelihood:
    """The module's cost over products of ``chosen`` papers (c, n_terms) and those ``beside`` them (c · k, n_terms)."""

    chosen: sparse.csr_array
    beside: sparse.csr_array

    def most_likely(self) -> NDArray[np.float32]:
        start = np.append(np.zeros(self.chosen.shape[1]), np.log(_FIRST_SCALE))
        found = minimize(self.cost, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
        return np.exp(found.x[:-1]).astype(np.float32)

    def cost(self, at: Floats) -> tuple[float, Floats]:
        """At (ln v, ln τ): the cost and its gradient."""
        n, weights, scale = self.chosen.shape[0], np.exp(at[:-1]), float(np.exp(at[-1]))
        narrow = weights.astype(np.float32)
        products = np.column_stack([self.chosen @ narrow, (self.beside @ narrow).reshape(n, -1)]).astype(np.float64)
        shares = np.exp(scale * (products - products.max(axis=1, keepdims=True)))
        shares /= shares.sum(axis=1, keepdims=True)
        slopes = shares * (shares[:, :1] / (shares[:, :1] + EPSILON))
        cost = SHRINKAGE * float(at[:-1] @ at[:-1]) - float(np.log(shares[:, 0] + EPSILON).sum())
        slopes[:, 0] -= shares[:, 0] / (shares[:, 0] + EPSILON)
        told = slopes.astype(np.float32)
        by_weight = self.chosen.T @ told[:, 0] + self.beside.T @ told[:, 1:].ravel()
        by_log = scale * by_weight.astype(np.float64) * weights + 2.0 * SHRINKAGE * at[:-1]
        return cost, np.append(by_log, scale * float((slopes * products).sum()))
