"""Whether a paper will stand on the community's page within two weeks of its first day.

A logistic regression of the paper's terms (its vectors, where the encoder knows no words) gives one feature, out of
fold for the papers it learned from; LightGBM joins it with :data:`models.trend_evidence.FEATURES`. Only what was known
at the first instant of a paper's first day is read.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit, logit

from features.domain import Paper
from models.threads import one_blas_thread
from models.trend_evidence import evidence_of
from models.trend_history import Days, Floats, PageRecord, TrendHistory

__all__ = ["PageRecord", "TrendHistory", "TrendModel", "TrendRows"]

WITHIN_DAYS = 14
LEAST_POSITIVES = 50
"""With fewer, or as few negatives, everything gets the smoothed share."""

_FOLDS = 4
_TREES = 200
_PARAMETERS: Mapping[str, Any] = {
    "objective": "binary",
    "num_leaves": 15,
    "learning_rate": 0.05,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "num_threads": 1,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True, slots=True)
class TrendRows:
    """Papers with their first ``days`` (n,), ``vectors`` float32 (n, d) and, where known, ``terms`` CSR (n, v)."""

    papers: Sequence[Paper]
    days: Days
    vectors: NDArray[np.float32]
    terms: sparse.csr_array | None = None

    def at(self, rows: NDArray[np.intp]) -> "TrendRows":
        """Some of the rows."""
        terms = None if self.terms is None else self.terms[rows]
        return TrendRows([self.papers[row] for row in rows.tolist()], self.days[rows], self.vectors[rows], terms)


@dataclass(frozen=True, slots=True)
class TrendModel:
    """``coef`` (v,) and ``intercept`` are the words' part, ``share`` the smoothed base rate, ``trees`` LightGBM's text.

    Without trees every paper gets ``share``.
    """

    coef: Floats
    intercept: float
    share: float
    trees: str
    history: TrendHistory

    @classmethod
    def fit(
        cls, rows: TrendRows, outcomes: NDArray[np.bool_], history: TrendHistory, seed: int, threads: int = 1
    ) -> Self:
        """Learn from papers with known ``outcomes`` (n,); ``history`` is read up to each paper's own first day.

        ``threads`` share the fits of words, and change no bit.
        """
        n_positives, n = int(outcomes.sum()), len(outcomes)
        share = (n_positives + 0.5) / (n + 1.0)
        X = _words(rows)
        if min(n_positives, n - n_positives) < LEAST_POSITIVES:
            return cls(np.zeros(X.shape[1]), float(logit(share)), share, "", history)
        folds = np.random.default_rng(seed).integers(0, _FOLDS, n)
        margins = np.zeros(n)
        learnt = [np.flatnonzero(folds != fold) for fold in range(_FOLDS)]
        # on more BLAS threads scikit-learn's descent takes three times as long: its vectors are short
        with one_blas_thread(), ThreadPoolExecutor(threads) as pool:
            *apart, (coef, intercept) = pool.map(lambda own: _logistic(X[own], outcomes[own]), [*learnt, np.arange(n)])
        for fold, (weights, start) in enumerate(apart):
            margins[folds == fold] = X[np.flatnonzero(folds == fold)] @ weights + start
        columns = np.column_stack([evidence_of(rows.papers, rows.vectors, rows.days, history), margins])
        import lightgbm as lgb  # noqa: PLC0415  # a server starts without it

        data = lgb.Dataset(columns, outcomes.astype(np.float64), params=dict(_PARAMETERS))
        trees = lgb.train({**_PARAMETERS, "seed": seed}, data, _TREES).model_to_string()
        return cls(coef, intercept, share, trees, history)

    def probabilities(self, rows: TrendRows, history: TrendHistory | None = None) -> Floats:
        """P(on the page within two weeks), float64 (n,); ``history`` in place of the model's own, if given."""
        if not self.trees or not len(rows.papers):
            return np.full(len(rows.papers), self.share)
        past = self.history if history is None else history
        margins = np.asarray(_words(rows) @ self.coef + self.intercept)
        columns = np.column_stack([evidence_of(rows.papers, rows.vectors, rows.days, past), margins])
        import lightgbm as lgb  # noqa: PLC0415  # a server starts without it

        booster = lgb.Booster(model_str=self.trees)
        return np.asarray(expit(np.asarray(booster.predict(columns, raw_score=True, num_threads=1))))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as named arrays without objects; the trees are their text's bytes."""
        trees = np.frombuffer(self.trees.encode(), dtype=np.uint8)
        numbers = np.array([self.intercept, self.share])
        own: dict[str, NDArray[Any]] = {"coef": self.coef, "numbers": numbers, "trees": trees}
        return own | {f"history_{name}": values for name, values in self.history.arrays().items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The value whose :meth:`arrays` these are."""
        intercept, share = (float(number) for number in arrays["numbers"])
        prefix = "history_"
        past = {name.removeprefix(prefix): each for name, each in arrays.items() if name.startswith(prefix)}
        trees = np.asarray(arrays["trees"], dtype=np.uint8).tobytes().decode()
        return cls(np.array(arrays["coef"]), intercept, share, trees, TrendHistory.from_arrays(past))


def _words(rows: TrendRows) -> sparse.csr_array:
    return sparse.csr_array(rows.vectors.astype(np.float64)) if rows.terms is None else rows.terms.astype(np.float64)


def _logistic(X: sparse.csr_array, y: NDArray[np.bool_]) -> tuple[Floats, float]:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  # a server starts without it

    short = (X.data, X.indices.astype(np.int32), X.indptr.astype(np.int32))  # scikit-learn refuses 64 bits
    found = LogisticRegression(max_iter=1000).fit(sparse.csr_array(short, shape=X.shape), y)
    return np.asarray(found.coef_[0], dtype=np.float64), float(found.intercept_[0])
