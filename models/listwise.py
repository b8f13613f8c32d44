"""Weights of the blend's sum from past choices: a listwise softmax with a Gaussian prior.

A *list* is what one user could choose from on one day. With s the margins of its candidates, c their weights (above 1
where a candidate stands for others that were left out) and P those that were chosen, a list costs

    −1/|P| Σ_{i∈P} ln(p_i + ε),    p_i = exp s_i / Σ_j c_j exp s_j,    ε = h max(0, 1 − 100 / Σ_j c_j),

the cross-entropy of ListNet (Cao et al., 2007) with the chosen ones equally likely, but for ε: a choice that the blend
finds hopeless costs no more the deeper it lies. Without ε it is such choices that weights are spent on, to bring them
from the 400th place to the 200th where nobody looks; of a hundred papers none is out of reach. h is 0.02, 0.005
where the user's labels were cut down to a few, as so much less is likely then, and 0 where there are none: what is
chosen then is hardly likelier than anything else, and all of it would count as hopeless.

*Nobody's list* is what everybody chose on a day, ranked for a reader without labels. One order stands for all such
readers, so that it is judged by everybody's choices, 1/|P| for each of a user's: the sum of what all users' lists
would cost if each were ranked so.

The weights minimise the sum over lists plus κ/2 ‖w − w₀‖², w₀ being the default blend: with few lists the default
stands, with many it is forgotten. With ε that has more than one minimum; the one below the only minimum without ε is
taken. It is too sure of itself by what ε forgives, so the weights are multiplied at last by what makes the cost without
ε least: margins stay log-odds, which a slate's other strengths are measured in (:mod:`models.diversity`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.ranker import default_weights, label_basis
from models.threads import one_blas_thread

Floats = NDArray[np.float64]
PRIOR_LISTS = 30.0
"""κ: how many lists the default is worth."""
HOPELESS, HOPELESS_YOUNG, REACH = 0.02, 0.005, 100
"""h of users as they are, h where labels were cut down to a few, and how many papers are all in reach."""
_KEPT_FIRST, _KEPT_OTHERS = 300, 150


@dataclass(frozen=True, slots=True)
class ChoiceList:
    """One list of a user with p positives: ``evidence`` float32 (n, F), ``chosen`` bool (n,), ``weights`` (n,) c.

    ``young`` says that the user's labels were cut down to a few. Nobody's list has ``counts`` (n,), how much each paper
    was chosen; None stands for 1/|P| each.
    """

    evidence: NDArray[np.float32]
    chosen: NDArray[np.bool_]
    weights: Floats
    n_positives: int
    young: bool = False
    counts: Floats | None = None

    @property
    def shares(self) -> Floats:
        """How much each of what was chosen counts, (|P|,)."""
        n_chosen = int(self.chosen.sum())
        return np.full(n_chosen, 1.0 / n_chosen) if self.counts is None else self.counts[self.chosen]

    def weighing(self, weight: float) -> "ChoiceList":
        """Nobody's list with all its counts times ``weight``."""
        return self if self.counts is None else replace(self, counts=weight * self.counts)


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


@one_blas_thread()
def fit_weights(lists: Sequence[ChoiceList], columns: NDArray[np.bool_] | None = None) -> Floats:
    """(F, 3): a, b and c of the blend from lists in which something was chosen; the default without any.

    The same lists give the same bits, whatever the number of cores. ``columns`` bool (F,) says which features may
    count at all; the others weigh 0.
    """
    from scipy.optimize import minimize, minimize_scalar  # noqa: PLC0415  # only who fits waits for it

    start = default_weights()
    if columns is not None:
        start[~columns] = 0.0
    lists = [each for each in lists if each.chosen.any()]
    if not lists:
        return start
    problem = _Problem.of_lists(lists, columns, start)
    found = start.ravel()
    for hopeless in (np.zeros(1), problem.hopeless):
        solved = minimize(problem.cost, found, (hopeless,), jac=True, method="L-BFGS-B", options={"maxiter": 200})
        found = solved.x
    as_likely = minimize_scalar(lambda t: problem.cost(t * found, np.zeros(1))[0], bounds=(0.1, 2.0), method="bounded")
    return np.asarray(as_likely.x * found.reshape(start.shape), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Problem:
    """All lists beneath each other, N rows, the first of each at ``starts`` (n_lists,).

    ``z`` (N, F) is their evidence, ``basis`` (N, 3) what a, b and c are multiplied by, ``logs`` (N,) ln c and ``of``
    (N,) the number of the list; ``chosen`` (C,) are the rows of what was chosen, ``share`` (C,) how much each counts
    and ``hopeless`` (C,) its ε; ``default`` (3F,) w₀.
    """

    z: Floats
    basis: Floats
    logs: Floats
    chosen: NDArray[np.intp]
    share: Floats
    hopeless: Floats
    starts: NDArray[np.intp]
    of: NDArray[np.intp]
    default: Floats

    @classmethod
    def of_lists(cls, lists: Sequence[ChoiceList], columns: NDArray[np.bool_] | None, start: Floats) -> Self:
        """Without the features that may not count."""
        z = np.concatenate([each.evidence for each in lists]).astype(np.float64)
        if columns is not None:
            z[:, ~columns] = 0.0
        sizes = [len(each.chosen) for each in lists]
        chosen = np.flatnonzero(np.concatenate([each.chosen for each in lists]))
        of = np.repeat(np.arange(len(lists)), sizes)
        return cls(
            z,
            basis=np.stack([label_basis(each.n_positives) for each in lists])[of],
            logs=np.log(np.concatenate([each.weights for each in lists])),
            chosen=chosen,
            share=np.concatenate([each.shares for each in lists]),
            hopeless=np.array([_hopeless(each) for each in lists])[of[chosen]],
            starts=np.cumsum([0, *sizes[:-1]]),
            of=of,
            default=start.ravel(),
        )

    def cost(self, w: Floats, hopeless: Floats) -> tuple[float, Floats]:
        """The module's cost of weights (3F,) with ε ``hopeless`` of each choice, and its gradient."""
        s = np.einsum("nk,nk->n", self.z @ w.reshape(-1, 3), self.basis)
        shifted = s + self.logs
        highest = np.maximum.reduceat(shifted, self.starts)
        expected = np.exp(shifted - highest[self.of])
        totals = np.add.reduceat(expected, self.starts)
        p = np.exp((s - (np.log(totals) + highest)[self.of])[self.chosen])
        p = np.maximum(p, np.finfo(np.float64).tiny)
        pulled = np.zeros(len(s))
        pulled[self.chosen] = self.share * p / (p + hopeless)
        of_list = np.add.reduceat(pulled, self.starts)
        by_row = expected * (of_list / totals)[self.of] - pulled
        gradient = (self.z.T @ (by_row[:, None] * self.basis)).ravel()
        off = w - self.default
        loss = 0.5 * PRIOR_LISTS * off @ off - self.share @ np.log(p + hopeless)
        return float(loss), np.asarray(gradient + PRIOR_LISTS * off)


def _hopeless(each: ChoiceList) -> float:
    """The ε of a list."""
    if not each.n_positives:
        return 0.0
    strength = HOPELESS_YOUNG if each.young else HOPELESS
    return strength * max(0.0, 1.0 - REACH / float(each.weights.sum()))
