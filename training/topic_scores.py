"""How well topics are found: the model fitted before the split, on the papers of the days after it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from features.domain import Paper
from models.topics import KEYWORD, TopicModel, TopicRows, topics_of
from training.metrics import average_precision, brier

LEAST_TEST_PAPERS = 10
"""Topics with fewer papers after the split leave the means."""


@dataclass(frozen=True, slots=True)
class TopicScores:
    """``table`` has one row a topic, ascending: topic, n_papers, f1, average_precision, brier, in_means."""

    table: pd.DataFrame
    metrics: dict[str, float]


def score_topics(
    model: TopicModel,
    papers: Sequence[Paper],
    vectors: NDArray[np.float32],
    terms: sparse.csr_array | None = None,
) -> TopicScores:
    """Measure the category topics; keywords come days after a paper and are not there to be tested.

    A topic counts as said where its probability is above the model's threshold. macro-F1 and mAP are means over
    topics with at least :data:`LEAST_TEST_PAPERS` papers, ``F1 = 2 TP / (2 TP + FP + FN)``; micro-F1 pools all.
    """
    columns = [column for column, name in enumerate(model.names) if not name.startswith(KEYWORD)]
    probabilities = model.probabilities(TopicRows.of(papers, vectors, terms))
    carried = [set(topics_of(paper)) for paper in papers]
    rows, counts = [], np.zeros((len(columns), 3))
    for place, column in enumerate(columns):
        name, p = model.names[column], probabilities[:, column]
        truth = np.array([name in topics for topics in carried], dtype=np.bool_)
        said = p > model.thresholds[column]
        counts[place] = (truth & said).sum(), (~truth & said).sum(), (truth & ~said).sum()
        ranked = truth[np.argsort(-p, kind="stable")]
        n_papers = int(truth.sum())
        f1 = _f1(counts[place])
        rows.append((name, n_papers, f1, average_precision(ranked), brier(p, truth), n_papers >= LEAST_TEST_PAPERS))
    table = pd.DataFrame(rows, columns=["topic", "n_papers", "f1", "average_precision", "brier", "in_means"])
    kept = table[table["in_means"].astype(bool)]
    means = {
        "macro_f1": float(kept["f1"].mean()),
        "micro_f1": _f1(counts.sum(axis=0)),
        "mean_average_precision": float(kept["average_precision"].mean()),
        "brier": float(kept["brier"].mean()),
        "n_topics": float(len(model.names)),
        "n_topics_tested": float(len(kept)),
    }
    return TopicScores(table, means)


def _f1(counts: NDArray[np.float64]) -> float:
    """From (true positives, false positives, false negatives)."""
    total = 2 * counts[0] + counts[1] + counts[2]
    return float(2 * counts[0] / total) if total else float("nan")
