"""The figures of a run. Each function makes one figure; :func:`closing` closes it when it has been logged."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator
from numpy.typing import NDArray

from training.calibrate import LABEL_BUCKETS
from training.periods import PRODUCT

BUCKET_NAMES = {"0": "0", "1_2": "1–2", "3_9": "3–9", "10_up": "10+"}
TOPICS_SHOWN, NAME_SHOWN = 40, 40


def _figure(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8, 4.5))
    FigureCanvasAgg(figure)  # no window system, no global state of pyplot
    # room by hand: a layout engine measures all text twice, which takes as long as drawing it
    figure.subplots_adjust(left=0.09, right=0.98, bottom=0.15, top=0.92)
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.grid(alpha=0.3)
    return figure, axes


@contextmanager
def closing(figure: Figure) -> Iterator[Figure]:
    """The figure, cleared at the end so that a long process keeps none."""
    try:
        yield figure
    finally:
        figure.clear()


def learning_curve(by_labels: pd.DataFrame) -> Figure:
    """nDCG@10 of every method by the number of labels the user had; counts of user-days under the names."""
    figure, axes = _figure("nDCG@10 by number of labels", "labels (user-days)", "nDCG@10")
    places = np.arange(len(LABEL_BUCKETS))
    counts = by_labels.loc["n"] if "n" in by_labels.index else pd.Series(0.0, index=list(LABEL_BUCKETS))
    methods = sorted(set(by_labels.index) - {"n"}, key=lambda method: (method != PRODUCT, method))  # colours as by day
    for method in methods:
        width = 2.5 if method == PRODUCT else 1.0
        axes.plot(places, by_labels.loc[method].to_numpy(dtype=float), marker="o", linewidth=width, label=str(method))
    names = [f"{BUCKET_NAMES[name]}\n({counts.fillna(0)[name]:.0f})" for name in LABEL_BUCKETS]
    axes.set_xticks(places, names)
    _legend(axes)
    return figure


def calibration(probabilities: NDArray[np.float64], chosen: NDArray[np.bool_], bins: int = 15) -> Figure:
    """Promised against observed share of chosen papers, in bins of equal mass, on both logarithmic axes."""
    figure, axes = _figure("Calibration on later days", "mean probability", "share chosen")
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    points = [(probabilities[part].mean(), chosen[part].mean()) for part in parts if chosen[part].any()]
    if points:
        x, y = zip(*points, strict=True)
        axes.plot(x, y, marker="o", label=PRODUCT)
        ends = [min(*x, *y), max(*x, *y)]
        axes.plot(ends, ends, linestyle="--", color="grey", label="right")
        axes.set(xscale="log", yscale="log")
        for axis, values in ((axes.xaxis, x), (axes.yaxis, y)):
            axis.set_major_locator(FixedLocator(_ticks(min(values), max(values))))
            axis.set_major_formatter("{x:g}")
            axis.set_minor_locator(NullLocator())
    _legend(axes)
    return figure


def _ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten, from the last one not above ``low`` to the first one not below ``high``."""
    found = [digit * 10.0**power for power in range(-9, 1) for digit in (1, 2, 5)]
    first, last = np.searchsorted(found, [low, high]).tolist()
    return found[max(first - 1, 0) : last + 1]


def topic_f1(table: pd.DataFrame) -> Figure:
    """F1 of the topics with most papers after the split."""
    figure, axes = _figure("F1 by topic", "F1", "")
    shown = table.sort_values(["n_papers", "topic"], ascending=[False, True]).head(TOPICS_SHOWN)[::-1]
    height = max(3.0, 0.22 * len(shown) + 1)
    figure.set_size_inches(8, height)
    axes.barh(np.arange(len(shown)), shown["f1"].fillna(0.0).to_numpy())
    axes.margins(y=0.01)
    names = [f"{name[:NAME_SHOWN]} ({n})" for name, n in zip(shown["topic"], shown["n_papers"], strict=True)]
    axes.set_yticks(np.arange(len(shown)), names, fontsize="small")
    longest = max(map(len, names), default=0)
    figure.subplots_adjust(left=0.03 + 0.0085 * longest, bottom=0.5 / height, top=1 - 0.35 / height)
    return figure


def score_distribution(scores: NDArray[np.float64], chosen: NDArray[np.bool_]) -> Figure:
    """Scores of papers that were chosen and of those that were not, as densities."""
    figure, axes = _figure("Scores", "score", "density")
    if len(scores):
        edges = np.linspace(scores.min(), scores.max() + 1e-9, 41)
        for kept, name in ((chosen, "chosen"), (~chosen, "not chosen")):
            if kept.any():
                axes.hist(scores[kept], bins=edges.tolist(), density=True, alpha=0.5, label=name)
    _legend(axes)
    return figure


def daily_ndcg(by_method: Mapping[str, Mapping[int, Mapping[str, float]]]) -> Figure:
    """nDCG@10 per replayed day of every method."""
    figure, axes = _figure("nDCG@10 per replayed day", "day", "nDCG@10")
    for method, steps in by_method.items():
        days = np.array(sorted(steps), dtype="datetime64[D]")
        values = [steps[step]["daily/ndcg_at_10"] for step in sorted(steps)]
        axes.plot(days, values, linewidth=2.5 if method == PRODUCT else 1.0, label=method)
    figure.autofmt_xdate()
    _legend(axes)
    return figure


def _legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize="small")
