"""What to ask a reader: papers to begin with, and papers whose answers teach most.

*Starters* tell interests apart: the papers are clustered (k-means on their unit vectors) and the one nearest to each
centre is asked, the largest cluster first.

*Questions* are chosen one by one among the papers that rank first, each where score + standard deviation of the
posterior is largest, both in units of their spread over these papers: an upper confidence bound (Srinivas et al.,
"Gaussian Process Optimization in the Bandit Setting", 2010). A yes teaches more than a no, and where the posterior is
widest nearly all answers are no (benchmarks, suite questions). Asking row j shrinks the variance of row i by
c_ij² / (v_j + s²), with c the posterior covariance and s² the noise (Krause, Singh and Guestrin, "Near-Optimal Sensor
Placements in Gaussian Processes", 2008); so the second question is not a twin of the first.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from features.moment import DayMoment, UserMoment
from features.slate_request import SlateRequest
from models.model import Model
from models.personal import posterior_of
from models.posterior import Posterior
from models.recommend import rank
from models.ridge import Floats
from models.threads import one_blas_thread

_LIKELIEST = 400
_DECIMALS = 9


@one_blas_thread()
def questions(
    day: DayMoment, user: UserMoment, model: Model, request: SlateRequest, n: int, left_out: Collection[str] = ()
) -> list[str]:
    """Ids of up to ``n`` papers of the day to ask the user about, the most telling first.

    What the user has seen or judged is not asked, nor is what is ``left_out``. Ties go to the smaller id.
    """
    ranked = rank(day, user, model, request)
    order = [row for row in ranked.order.tolist() if day.papers[row].id not in left_out]
    likely = sorted(order[:_LIKELIEST])  # by id, as the day's papers are
    if day.vectors is None or not likely:
        return [day.papers[row].id for row in likely[:n]]
    whitened = model.background.shared.whiten(day.vectors[likely].astype(np.float64))
    told = most_telling(posterior_of(model.background, user.relevance), whitened, n, ranked.scores[likely])
    return [day.papers[likely[place]].id for place in told.tolist()]


def most_telling(posterior: Posterior, Z: Floats, n: int, scores: Floats | None = None) -> NDArray[np.intp]:
    """Up to ``n`` of the whitened rows ``Z`` (m, d), each by ``scores`` (m,) and its deviation given those before.

    Without scores by the deviation alone. Ties go to the first.
    """
    along = Z @ posterior.directions.T
    covariance = Z @ Z.T - (along * posterior.reduction) @ along.T
    variance = np.maximum(np.diag(covariance), 0.0) * posterior.noise
    covariance = covariance * posterior.noise
    unit = _spread(np.sqrt(variance))
    liked = np.zeros(len(Z)) if scores is None else scores / _spread(scores)
    chosen: list[int] = []
    for _ in range(min(n, len(Z))):
        open_rows = np.round(liked + np.sqrt(variance) / unit, _DECIMALS)
        open_rows[chosen] = -np.inf
        row = int(open_rows.argmax())
        chosen.append(row)
        shrink = covariance[:, row] / (variance[row] + posterior.noise)
        variance = np.maximum(variance - covariance[:, row] * shrink, 0.0)
        covariance = covariance - np.outer(shrink, covariance[row])
    return np.array(chosen, dtype=np.intp)


def _spread(values: Floats) -> float:
    """Their standard deviation; 1 where they are all alike."""
    spread = float(values.std()) if len(values) else 0.0
    return spread if spread > 1e-12 else 1.0  # rounding


@one_blas_thread()
def starters(vectors: NDArray[np.float32], n: int, seed: int = 0) -> list[int]:
    """Up to ``n`` rows of ``vectors`` (m, d) that lie far apart, one from each cluster, the largest cluster first."""
    from sklearn.cluster import KMeans  # noqa: PLC0415  # a server starts without it

    known = np.flatnonzero(np.einsum("nd,nd->n", vectors, vectors) > 0)
    if len(known) <= n:
        return [int(row) for row in known]
    rows = vectors[known].astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    fitted = KMeans(n, n_init=1, random_state=seed).fit(rows)
    sizes = np.bincount(fitted.labels_, minlength=n)
    distances = np.round(np.linalg.norm(rows - fitted.cluster_centers_[fitted.labels_], axis=1), _DECIMALS)
    found: list[int] = []
    for cluster in np.lexsort((np.arange(n), -sizes)).tolist():
        members = np.flatnonzero(fitted.labels_ == cluster)
        if len(members):
            found.append(int(known[members[distances[members].argmin()]]))
    return found
