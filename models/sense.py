"""A head on what a sentence encoder says of papers, for a user who also says no: yes and no weigh the same.

With e the sentence encoder's part of a paper's vector and μ its mean over the background, z = (e − μ)/‖e − μ‖. Over the
user's n labelled papers, with s the weights of the yes and of the no each adding up to ½, the head minimises

    Σ_i s_i (y_i − w·z_i − b)²  +  λ‖w‖²,      λ = 0.2,

in the dual: w = Zᵀa where (ZZᵀ + λ diag(s)⁻¹) a + b·1 = y and 1·a = 0. The classifier on all of the vector weighs a
crowd of unlabelled papers as weak noes, which is right for a day's news and hides what the few real ones say.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.threads import one_blas_thread

REGULARIZATION = 0.2
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SenseBlock:
    """The columns ``start`` to ``stop`` of vectors that are a sentence encoder's, and their mean ``centre``."""

    start: int
    stop: int
    centre: Floats

    @classmethod
    def of(cls, columns: slice | None, mean: Floats) -> Self | None:
        """Of these columns of vectors with this ``mean`` (d,); None without a sentence encoder."""
        return None if columns is None else cls(columns.start, columns.stop, mean[columns])

    def rows(self, vectors: NDArray[np.floating]) -> Floats:
        """Z of vectors (n, d), float64 (n, stop − start); a row that is the mean is zero."""
        found = np.asarray(vectors[:, self.start : self.stop], dtype=np.float64) - self.centre
        lengths = np.sqrt(np.einsum("nd,nd->n", found, found))[:, None]
        return np.asarray(found / np.where(lengths > 0, lengths, 1.0))

    @one_blas_thread()
    def fit(self, vectors: NDArray[np.floating], targets: NDArray[np.int8], weights: Floats) -> Floats | None:
        """The head's w (stop − start,) of labelled vectors (n, d); None unless there is a yes and a no."""
        yes = targets > 0
        if yes.all() or not yes.any():
            return None
        n, Z = len(targets), self.rows(vectors)
        share = np.where(yes, weights / weights[yes].sum(), weights / weights[~yes].sum()) / 2.0
        system = np.ones((n + 1, n + 1))
        system[:n, :n] = Z @ Z.T + np.diag(REGULARIZATION / share)
        system[n, n] = 0.0
        solved = np.linalg.solve(system, np.append(targets.astype(np.float64), 0.0))
        return np.asarray(solved[:n] @ Z)
