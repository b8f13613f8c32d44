"""The blend: one margin for each paper from its evidence.

**Sum.** With z the features of :mod:`models.evidence` and p the number of the user's positives,

    margin = Σ_f (a_f + b_f g(p) + c_f [p = 0]) z_f,      g(p) = ln(1 + p) / ln 51 − 1,

so that evidence which needs many labels may grow with them; at 50 positives a alone counts, and what is right for
users of whom nothing is known bends nobody else's weights. It is linear, and what a feature adds is its term.

**Trees.** Where they have proved themselves on the window of the fit, LightGBM trees that were grown on top of the sum
correct the margins of the :data:`SHORTLIST` papers the sum puts first, for users with positives. Their part is shared
out over the features by their exact Shapley values, so the terms still add up to the margin.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from models.evidence import FEATURES

if TYPE_CHECKING:
    import lightgbm

Floats = NDArray[np.float64]
SHORTLIST = 300
SUM, POINTWISE, LAMBDARANK = "sum", "pointwise", "lambdarank"

_DEFAULTS = {
    "relevance": (0.30, 0.10),
    "text": (0.45, 0.0),
    "nearest_words": (0.15, 0.0),
    "nearest": (0.10, 0.0),
    "nearest_three": (0.10, 0.0),
    "nearest_sense": (0.10, 0.0),
    "metric": (0.10, 0.0),
    "collaborative": (0.30, 0.10),
    "topic": (0.10, 0.0),
    "crowd": (0.05, -0.20),
    "likeness": (0.45, 0.0),
    "sense": (0.25, 0.0),
    "authors": (0.8, 0.0),
    "author_share": (1.0, 0.0),
    "coauthors": (0.2, 0.0),
    "categories": (0.5, -0.2),
    "primary": (0.3, -0.1),
    "popularity": (0.1, 0.0),
    "surroundings": (3.0, 0.0),
}
_DEFAULTS_WITHOUT_LABELS = {"demand": 0.25}


def default_weights() -> Floats:
    """(F, 3): a, b and c of a blend that nobody's choices have taught yet."""
    rows = [(*_DEFAULTS.get(name, (0.0, 0.0)), _DEFAULTS_WITHOUT_LABELS.get(name, 0.0)) for name in FEATURES]
    return np.array(rows, dtype=np.float64)


def label_basis(n_positives: int) -> Floats:
    """What a, b and c are multiplied by, (3,): 1, g and [p = 0] of the module's formula."""
    return np.array([1.0, math.log1p(n_positives) / math.log(51.0) - 1.0, float(n_positives == 0)])


@dataclass(frozen=True)
class Trees:
    """A LightGBM model as its text, and the mean of its margins on what it was grown on, which is taken off."""

    text: str
    mean: float

    @cached_property
    def _booster(self) -> "lightgbm.Booster":
        import lightgbm  # noqa: PLC0415  # a server starts without it

        return lightgbm.Booster(model_str=self.text)

    def margins(self, columns: Floats) -> Floats:
        """What the trees add, float64 (n,)."""
        return np.asarray(self._booster.predict(columns, raw_score=True, num_threads=1), dtype=np.float64) - self.mean

    def terms(self, columns: Floats) -> Floats:
        """The Shapley values of every column, float64 (n, F + 1); the last holds what depends on none of them."""
        found = np.asarray(self._booster.predict(columns, pred_contrib=True, num_threads=1), dtype=np.float64)
        found[:, -1] -= self.mean
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return Trees, (self.text, self.mean)


@dataclass(frozen=True, slots=True)
class Blend:
    """``weights`` float64 (F, 3) are a, b and c of the module's formula; ``kind`` says which trees, if any."""

    weights: Floats
    trees: Trees | None = None
    kind: str = SUM

    def sums(self, evidence: Floats, n_positives: int) -> Floats:
        """The linear margins, float64 (n,); a row's bits depend on no other row."""
        return np.asarray(np.einsum("nf,f->n", evidence, self.slopes(n_positives)))

    def slopes(self, n_positives: int) -> Floats:
        """What one unit of each feature adds to the sum, (F,)."""
        return np.asarray(np.einsum("fk,k->f", self.weights, label_basis(n_positives)))

    def margins(self, evidence: Floats, n_positives: int) -> Floats:
        """The margins, float64 (n,): the sum, and for the shortlist the trees' correction."""
        sums = self.sums(evidence, n_positives)
        if self.trees is not None and n_positives and len(sums):
            rows = shortlist(sums)
            sums[rows] += self.trees.margins(tree_columns(evidence[rows], n_positives))
        return sums

    def terms(self, evidence: Floats, n_positives: int, rows: NDArray[np.intp]) -> Floats:
        """What each feature adds to the margins of ``rows``, float64 (len(rows), F + 2).

        The column after the features is the part of the number of labels, the last what depends on nothing.
        """
        found = np.zeros((len(rows), len(FEATURES) + 2))
        found[:, :-2] = evidence[rows] * self.slopes(n_positives)
        if self.trees is not None and n_positives and len(rows):
            short = np.isin(rows, shortlist(self.sums(evidence, n_positives)))
            if short.any():
                found[short] += self.trees.terms(tree_columns(evidence[rows[short]], n_positives))
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As named arrays without objects; trees are LightGBM's own text in UTF-8."""
        text, mean = ("", 0.0) if self.trees is None else (self.trees.text, self.trees.mean)
        return {
            "weights": self.weights,
            "kind": np.array(self.kind),
            "trees": np.frombuffer(text.encode(), dtype=np.uint8),
            "trees_mean": np.array(mean),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The value whose :meth:`arrays` these are."""
        text = arrays["trees"].tobytes().decode()
        trees = Trees(text, float(arrays["trees_mean"])) if text else None
        return cls(np.array(arrays["weights"], dtype=np.float64), trees, str(arrays["kind"]))


def default_blend() -> Blend:
    """The calibrated sum a model starts with where there are too few users to learn from."""
    return Blend(default_weights())


def shortlist(sums: Floats) -> NDArray[np.intp]:
    """Rows of the :data:`SHORTLIST` highest sums, best first, ties by row."""
    return np.argsort(-sums, kind="stable")[:SHORTLIST]


def tree_columns(evidence: Floats, n_positives: int) -> Floats:
    """What the trees read: the features and ln(1 + p)."""
    return np.column_stack([evidence, np.full(len(evidence), math.log1p(n_positives))])
