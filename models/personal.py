"""Users' own classifiers from their examples: what retrain, the service and the replay share.

A classifier is a pure function of the model's background and crowd and of the user's examples (ARCHITECTURE, decision
5); solved in a batch at retrain or alone after a click, it has the same bits.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from features.domain import Paper
from features.errors import InvalidValue
from features.moment import VectorExamples
from models.background import Background, RowPool, Weighted, corrections
from models.hard_negatives import solve, solve_shards, solve_whitened
from models.posterior import Posterior, posterior
from models.ridge import Floats, UserRows
from models.shards import SERIAL, Shards
from models.threads import one_blas_thread

POSTERIOR_RANK = 64


@dataclass(frozen=True, slots=True)
class Linear:
    """One linear scorer: ``coef`` (d,) and ``intercept``; the score of row x is coef·x + intercept."""

    coef: Floats
    intercept: float

    def scores(self, X: Floats) -> Floats:
        """Scores (n,) of float64 rows; a row's bits depend on no other row and not on the number of threads."""
        products: Floats = np.einsum("nd,d->n", X, self.coef)
        return products + self.intercept


@dataclass(frozen=True, slots=True)
class Crowd:
    """The pooled classifier of everybody's positives, where a user without positives starts.

    With ``n_positives`` 0 it scores all papers alike.
    """

    linear: Linear
    n_positives: int


@dataclass(frozen=True, slots=True)
class WarmCache:
    """Classifiers solved at retrain, of the users whose random keys are ``keys`` and whose examples had ``digests``.

    ``coef`` (u, d) and ``intercept`` (u,) are in the same order, and so are how many examples there were and how many
    of them positive.
    """

    keys: tuple[str, ...]
    digests: tuple[str, ...]
    n_labels: tuple[int, ...]
    n_positives: tuple[int, ...]
    coef: Floats
    intercept: Floats
    rows: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", {key: row for row, key in enumerate(self.keys)})

    def find(self, user_key: str, digest: str) -> Linear | None:
        """The user's classifier, if it was solved from exactly these examples."""
        row = self.rows.get(user_key)
        if row is None or self.digests[row] != digest:
            return None
        return Linear(np.asarray(self.coef[row]), float(self.intercept[row]))


def examples_digest(user: VectorExamples) -> str:
    """32 hex digits of everything a user's classifier depends on: papers, their texts, targets and weights."""
    digest = hashlib.blake2b(digest_size=16)
    for paper in user.papers:
        digest.update(f"{paper.id}\x1f{paper.content_hash}\x1e".encode())
    digest.update(user.examples.targets.astype(np.int8).tobytes())
    digest.update(user.examples.weights.astype("<f8").tobytes())
    return digest.hexdigest()


def fit_crowd(background: Background, users: Sequence[VectorExamples]) -> Crowd:
    """Pool the positives of ``users``; a paper weighs its share of all positive weight, so together they weigh 1."""
    weights: dict[str, float] = {}
    papers: dict[str, tuple[Paper, NDArray[np.float32]]] = {}
    for user in users:
        vectors = vectors_of(user)
        for row in np.flatnonzero(user.examples.targets > 0):
            paper = user.papers[row]
            weights[paper.id] = weights.get(paper.id, 0.0) + float(user.examples.weights[row])
            papers[paper.id] = (paper, vectors[row])
    if not papers:
        return Crowd(Linear(np.zeros(background.vectors.shape[1]), -1.0), 0)
    ids = sorted(papers)
    pooled = np.array([weights[paper_id] for paper_id in ids])
    labelled = Weighted(
        [papers[paper_id][0] for paper_id in ids],
        np.stack([papers[paper_id][1] for paper_id in ids]),
        np.ones(len(ids)),
        pooled / pooled.sum(),
    )
    pool = RowPool(background.vectors.shape[1])
    problem = corrections(background, pool, labelled, -1.0)
    coef, intercept = solve(background.shared, pool.matrix(), [problem], background.hard)
    return Crowd(Linear(coef[0], float(intercept[0])), len(ids))


def fit_users(
    background: Background, crowd: Crowd, users: Sequence[VectorExamples], shards: Shards = SERIAL
) -> tuple[Floats, Floats]:
    """All users' classifiers: coefficients (u, d) and intercepts (u,); ``shards`` changes none of their bits.

    A user's positives weigh 1 together and her negatives are scaled by the same factor, so that the balance with
    the background does not drift as labels come in; what users have in common is in the background's prior
    (:mod:`models.prior`). A user with negatives only is fitted to the residuals of the
    crowd (background target 0) and the crowd's classifier is added: everybody's ranking, turned away from what she
    dismissed.
    """
    pool = RowPool(background.vectors.shape[1])
    on_crowd = np.array([not (user.examples.targets > 0).any() for user in users], dtype=bool)
    problems = [_problem(background, crowd, pool, user) for user in users]
    if shards.backend == "loky":  # threads share the arrays, and BLAS and LAPACK let them run
        coef, intercept = solve(background.shared, pool.matrix(), problems, background.hard, shards.jobs)
    else:
        coef, intercept = solve_shards(background.shared, pool.matrix(), problems, background.hard, shards)
    coef[on_crowd] += crowd.linear.coef
    intercept[on_crowd] += crowd.linear.intercept
    return coef, intercept


def _problem(background: Background, crowd: Crowd, pool: RowPool, user: VectorExamples) -> UserRows:
    """What a user's labels change about the shared problem, their rows added to the pool."""
    vectors, targets = vectors_of(user), user.examples.targets.astype(np.float64)
    positive, weights = user.examples.targets > 0, user.examples.weights
    if positive.any():
        labelled = Weighted(user.papers, vectors, targets, weights / weights[positive].sum())
        return corrections(background, pool, labelled, -1.0)
    targets -= crowd.linear.scores(vectors.astype(np.float64))
    return corrections(background, pool, Weighted(user.papers, vectors, targets, weights / weights.sum()), 0.0)


def fit_user(background: Background, crowd: Crowd, user: VectorExamples) -> Linear:
    """One user's classifier; a user without examples gets the crowd's."""
    if len(user.examples) == 0:
        return crowd.linear
    coef, intercept = fit_users(background, crowd, [user])
    return Linear(coef[0], float(intercept[0]))


def posterior_of(background: Background, user: VectorExamples) -> Posterior:
    """How unsure the user's classifier is: each label counts by its own weight, so it shrinks as labels come in.

    (The fit itself lets positives weigh 1 together.) The noise variance is 1, that of a target in {−1, 1} before
    anything is known; a user without examples has the prior's. Of many labels the POSTERIOR_RANK directions that
    say most are kept: what is left out makes it larger, never smaller.
    """
    problem, whitened = _by_own_weight(background, user)
    return posterior(background.shared, whitened, problem, rank=POSTERIOR_RANK)


@one_blas_thread()
def fit_with_posterior(background: Background, crowd: Crowd, user: VectorExamples) -> tuple[Linear, Posterior]:
    """:func:`fit_user` and :func:`posterior_of`, the same bits for less: both read the same whitened rows."""
    if len(user.examples) == 0:
        return crowd.linear, posterior_of(background, user)
    by_weight, whitened = _by_own_weight(background, user)
    problem = _problem(background, crowd, RowPool(background.vectors.shape[1]), user)
    coef, intercept = solve_whitened(background.shared, whitened, [problem], background.hard)
    linear = Linear(coef[0], float(intercept[0]))
    if not (user.examples.targets > 0).any():
        linear = Linear(linear.coef + crowd.linear.coef, linear.intercept + crowd.linear.intercept)
    return linear, posterior(background.shared, whitened, by_weight, rank=POSTERIOR_RANK)


def _by_own_weight(background: Background, user: VectorExamples) -> tuple[UserRows, Floats]:
    """The user's labels, each by its own weight, and their whitened rows, which are those of every fit of hers."""
    pool = RowPool(background.vectors.shape[1])
    targets = user.examples.targets.astype(np.float64)
    labelled = Weighted(user.papers, vectors_of(user), targets, user.examples.weights)
    problem = corrections(background, pool, labelled, -1.0)
    return problem, background.shared.whiten(pool.matrix())


def fit_warm(
    background: Background, crowd: Crowd, users: Mapping[str, VectorExamples], shards: Shards = SERIAL
) -> WarmCache:
    """The classifiers of all users (key → examples) who have examples, in ascending order of key."""
    keys = tuple(key for key in sorted(users) if len(users[key].examples) > 0)
    known = [users[key] for key in keys]
    coef, intercept = fit_users(background, crowd, known, shards)
    return WarmCache(
        keys,
        tuple(examples_digest(user) for user in known),
        tuple(len(user.examples) for user in known),
        tuple(int((user.examples.targets > 0).sum()) for user in known),
        coef,
        intercept,
    )


def vectors_of(user: VectorExamples) -> NDArray[np.float32]:
    """The examples' vectors; a moment built without an encoder cannot be fitted."""
    if user.vectors is None:
        raise InvalidValue("vectors", None, "the moment was built without the model's encoder")
    return user.vectors
