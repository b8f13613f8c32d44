"""What a retrain writes into its run: metrics, children, tables, figures."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from models.registry.tracking import RunLog
from training import plots
from training.evaluation import Evaluation
from training.periods import PRODUCT
from training.replay import METRICS
from training.summary import best_baseline, by_labels, counted, daily, overall, per_user, versus


def headline(evaluation: Evaluation, min_labels: int, seed: int) -> dict[str, float]:
    """The metrics of the parent run: the product's means over users, its gain on the best baseline, calibration."""
    rows = counted(evaluation.replay.table, min_labels)
    product = rows[rows["method"] == PRODUCT]
    found = {"n_user_days": float(len(product)), "n_users_evaluated": float(product["user_key"].nunique())}
    if evaluation.topics is not None:
        found |= {f"topics_{name}": value for name, value in evaluation.topics.metrics.items()}
    if not len(product):
        return found
    means = overall(rows, macro=True)
    found |= {name: float(means[name][PRODUCT]) for name in METRICS}
    found |= {f"{name}_over_user_days": float(value) for name, value in product[list(METRICS)].mean().items()}
    best = best_baseline(means, "ndcg_at_10")
    if best is not None:
        gain = versus(rows, "ndcg_at_10", seed=seed, macro=True)[best]
        found |= {"gain_ndcg_at_10": gain.mean, "gain_ndcg_at_10_low": gain.low, "gain_ndcg_at_10_high": gain.high}
    return found | dict(evaluation.calibration.metrics)


def log_evaluation(run: RunLog, evaluation: Evaluation, metrics: Mapping[str, float], min_labels: int) -> None:
    """Write the parent's ``metrics`` and figures, and the child runs (topics, relevance, champion, each baseline)."""
    table = evaluation.replay.table
    rows = counted(table, min_labels)
    if evaluation.topics is not None:
        _log_topics(run, evaluation)
    methods = [PRODUCT, *sorted(set(rows["method"]) - {PRODUCT})] if len(rows) else []
    means = overall(rows, macro=True)
    series = {method: daily(rows, method) for method in methods}
    for method in methods:
        measured = {name: float(means[name][method]) for name in METRICS}
        if method == PRODUCT:
            measured |= evaluation.calibration.metrics
        with run.child("relevance" if method == PRODUCT else method, {"broadsheet.method": method}) as child:
            child.series({0: measured, **series[method]})
            child.table("per_user.json", per_user(rows, method))
    run.series({0: metrics, **series.get(PRODUCT, {})})
    if methods:
        run.table("methods.json", means.reset_index())
        _log_figures(run, evaluation, by_labels(table), series)


def log_nobody(run: RunLog, reason: str) -> None:
    """Say in the run that nothing was replayed, and why."""
    run.json("evaluation.json", {"evaluated": False, "reason": reason})
    run.tags({"broadsheet.evaluation": reason})


def _log_topics(run: RunLog, evaluation: Evaluation) -> None:
    topics = evaluation.topics
    if topics is None:
        return
    with run.child("topics") as child, plots.closing(plots.topic_f1(topics.table)) as figure:
        child.metrics(topics.metrics)
        child.table("per_topic.json", topics.table)
        run.figure("plots/topic_f1.png", figure, child)


def _log_figures(
    run: RunLog,
    evaluation: Evaluation,
    buckets: pd.DataFrame,
    series: Mapping[str, Mapping[int, Mapping[str, float]]],
) -> None:
    calibration, predictions = evaluation.calibration, evaluation.replay.predictions
    own = np.flatnonzero(predictions.n_labels > 0)
    made = {
        "learning_curve": plots.learning_curve(buckets),
        "calibration": plots.calibration(calibration.probabilities, calibration.chosen),
        "score_distribution": plots.score_distribution(predictions.scores[own], predictions.chosen[own]),
        "ndcg_per_day": plots.daily_ndcg(series),
    }
    for name, figure in made.items():
        with plots.closing(figure):
            run.figure(f"plots/{name}.png", figure)
