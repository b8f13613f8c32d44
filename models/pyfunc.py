"""What MLflow's pyfunc flavour loads: the model's own files behind ``predict(table)``.

The artifact knows users by their random key only, so ``user_id`` is such a key; any other value is a user without
labels and gets the crowd's scores.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from features.blocks import TEXT, document_of
from features.domain import Paper
from models.artifact import read_model
from models.model import Model
from models.personal import Linear
from models.ridge import Floats

COLUMNS = ("user_id", "title", "abstract")


class TableScorer:
    """Scores rows of a table with one model."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def predict(self, table: pd.DataFrame) -> pd.DataFrame:
        """One row for each of ``table`` (user_id, title, abstract): score, probability and scorer.

        ``score`` compares within one user only; ``scorer`` is ``relevance`` or ``crowd``.
        """
        texts = [_text(title, abstract) for title, abstract in zip(table["title"], table["abstract"], strict=True)]
        vectors = self._model.encoder.transform(texts).astype(np.float64)
        keys = table["user_id"].astype(str).to_numpy()
        scores, n_labels = np.zeros(len(keys)), np.zeros(len(keys))
        scorers = np.full(len(keys), "crowd", dtype=object)
        for key in np.unique(keys):
            rows = np.flatnonzero(keys == key)
            linear, n_labels[rows], scorers[rows] = self._scorer(str(key))
            scores[rows] = linear.scores(vectors[rows])
        probabilities: Floats = self._model.calibrator.probability(scores, n_labels, keys.astype(np.str_))
        columns = {"score": scores.round(6), "probability": probabilities.round(6), "scorer": scorers}
        return pd.DataFrame(columns, index=table.index)

    def _scorer(self, key: str) -> tuple[Linear, int, str]:
        warm = self._model.warm
        row = warm.rows.get(key)
        if row is None:
            return self._model.crowd.linear, 0, "crowd"
        scorer = "relevance" if warm.n_positives[row] else "crowd"
        return Linear(np.asarray(warm.coef[row]), float(warm.intercept[row])), warm.n_labels[row], scorer


def _text(title: object, abstract: object) -> str:
    return document_of(Paper(id="row", title=_plain(title) or "untitled", abstract=_plain(abstract)), (TEXT,))


def _plain(value: object) -> str:
    return value if isinstance(value, str) else ""


def _load_pyfunc(path: str) -> TableScorer:
    """MLflow's entry point; ``path`` holds the files :func:`models.artifact.write_model` wrote."""
    return TableScorer(read_model(Path(path), version=""))
