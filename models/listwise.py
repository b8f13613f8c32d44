"""Weights of the blend's sum from past choices: a listwise softmax with a Gaussian prior.

A *list* is what one user could choose from on one day. With s the margins of its candidates, c their weights (above 1
where a candidate stands for others that were left out) and P those that were chosen, a list costs

    −1/|P| Σ_{i∈P} (s_i − ln Σ_j c_j exp s_j),

the cross-entropy of ListNet (Cao et al., 2007) with the chosen ones equally likely. The weights minimise the sum over
lists plus κ/2 ‖w − w₀‖², w₀ being the default blend: with few lists the default stands, with many it is forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.ranker import default_weights, label_scale

Floats = NDArray[np.float64]
PRIOR_LISTS = 30.0
"""κ: how many lists the default is worth."""
_KEPT_FIRST, _KEPT_OTHERS = 300, 150


@dataclass(frozen=True, slots=True)
class ChoiceList:
    """One list of a user with p positives: ``evidence`` float32 (n, F), ``chosen`` bool (n,), ``weights`` (n,) c.

    ``young`` says that the user's labels were cut down to a few.
    """

    evidence: NDArray[np.float32]
    chosen: NDArray[np.bool_]
    weights: Floats
    n_positives: int
    young: bool = False


def choice_list(
    evidence: Floats, chosen: NDArray[np.bool_], n_positives: int, sums: Floats, rng: np.random.Generator
) -> ChoiceList:
    """A list thinned out: the first 300 by ``sums`` as they are, 150 of the others drawn to stand for all of them.

    Nothing chosen is put back in: a paper that is in neither part is not there, or a low margin would come to mean
    that a paper is relevant.
    """
    order = np.argsort(-sums, kind="stable")
    others = order[_KEPT_FIRST:]
    drawn = rng.permutation(len(others))[:_KEPT_OTHERS]
    rows = np.concatenate([order[:_KEPT_FIRST], others[np.sort(drawn)]])
    weights = np.ones(len(rows))
    weights[_KEPT_FIRST:] = len(others) / max(1, len(drawn))
    return ChoiceList(evidence[rows].astype(np.float32), chosen[rows], weights, n_positives)


def fit_weights(lists: Sequence[ChoiceList], columns: NDArray[np.bool_] | None = None) -> Floats:
    """(F, 2): a and b of the blend from lists in which something was chosen; the default without any.

    ``columns`` bool (F,) says which features may count at all; the others weigh 0.
    """
    from scipy.optimize import minimize  # noqa: PLC0415  # only who fits waits for it

    start = default_weights()
    if columns is not None:
        start[~columns] = 0.0
    lists = [each for each in lists if each.chosen.any()]
    if not lists:
        return start
    X = np.concatenate([_doubled(each) for each in lists])
    if columns is not None:
        X[:, np.tile(~columns, 2)] = 0.0
    starts = np.cumsum([0, *(len(each.chosen) for each in lists)])
    logs = np.log(np.concatenate([each.weights for each in lists]))
    share = np.concatenate([each.chosen / each.chosen.sum() for each in lists])
    rows = np.repeat(np.arange(len(lists)), np.diff(starts))
    w0 = start.T.ravel()

    def cost(w: Floats) -> tuple[float, Floats]:
        s = X @ w
        shifted = s + logs
        highest = np.maximum.reduceat(shifted, starts[:-1])
        expected = np.exp(shifted - highest[rows])
        totals = np.add.reduceat(expected, starts[:-1])
        loss = float((np.log(totals) + highest).sum() - share @ s)
        gradient = X.T @ (expected / totals[rows] - share)
        off = w - w0
        return loss + 0.5 * PRIOR_LISTS * float(off @ off), np.asarray(gradient + PRIOR_LISTS * off)

    found = minimize(cost, w0, jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return np.asarray(found.x.reshape(2, -1).T, dtype=np.float64)


def _doubled(each: ChoiceList) -> Floats:
    """[z, g·z] of a list, (n, 2F)."""
    z = each.evidence.astype(np.float64)
    return np.hstack([z, label_scale(each.n_positives) * z])
