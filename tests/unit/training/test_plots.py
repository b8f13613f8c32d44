import io
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from training import plots
from training.calibrate import LABEL_BUCKETS
from training.periods import PRODUCT

METHODS = (PRODUCT, "arxiv_sanity_svm", "implicit_mf")
RNG = np.random.default_rng(5)


def of_labels() -> pd.DataFrame:
    table = pd.DataFrame(RNG.random((len(METHODS), 4)), index=list(METHODS), columns=list(LABEL_BUCKETS))
    table.loc["n"] = [10.0, 20.0, 1300.0, np.nan]
    return table


def of_topics() -> pd.DataFrame:
    names = ["cs.CL", "keyword:" + "a long name of many words " * 3, *(f"cs.{number:02d}" for number in range(50))]
    return pd.DataFrame({"topic": names, "n_papers": range(52_000, 51_948, -1), "f1": RNG.random(52)})


CHANCES = RNG.random(2000) ** 4
CHOSEN = RNG.random(2000) < CHANCES
SERIES = {name: {20_000 + day: {"daily/ndcg_at_10": RNG.random()} for day in range(5)} for name in METHODS}
DRAWN = {
    "labels": lambda: plots.learning_curve(of_labels()),
    "calibration": lambda: plots.calibration(CHANCES, CHOSEN),
    "certain": lambda: plots.calibration(np.full(30, 1e-12), np.ones(30, dtype=np.bool_)),
    "topics": lambda: plots.topic_f1(of_topics()),
    "no topics": lambda: plots.topic_f1(of_topics()[:0]),
    "scores": lambda: plots.score_distribution(CHANCES, CHOSEN),
    "no scores": lambda: plots.score_distribution(CHANCES[:0], CHOSEN[:0]),
    "days": lambda: plots.daily_ndcg(SERIES),
}


@pytest.fixture(params=DRAWN)
def figure(request: pytest.FixtureRequest) -> Iterator[Figure]:
    with plots.closing(DRAWN[request.param]()) as figure:
        figure.savefig(io.BytesIO())
        yield figure


def test_everything_drawn_lies_inside_the_figure(figure: Figure) -> None:
    drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert drawn.x0 >= 0
    assert drawn.y0 >= 0
    assert drawn.x1 <= width
    assert drawn.y1 <= height


def test_probabilities_are_written_as_numbers() -> None:
    with plots.closing(plots.calibration(CHANCES, CHOSEN)) as figure:
        figure.savefig(io.BytesIO())
        (axes,) = figure.axes
        shown = [text.get_text() for text in axes.get_xticklabels()]
        assert {"0.1", "0.2", "0.5"} <= set(shown)
        low, high = axes.get_xlim()
        assert sum(low <= tick <= high for tick in axes.get_xticks()) >= 3


def test_a_method_has_one_colour_in_all_plots() -> None:
    colours = []
    for made in (plots.learning_curve(of_labels()[::-1]), plots.daily_ndcg(SERIES)):
        with plots.closing(made) as figure:
            colours.append({str(line.get_label()): line.get_color() for line in figure.axes[0].lines})
    assert set(colours[0]) == set(METHODS)
    assert colours[0] == colours[1]
