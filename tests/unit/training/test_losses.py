import numpy as np
import pytest

from training.losses import mean_loss, quantile_loss


def test_a_loss_is_relative_and_positive_where_the_challenger_is_worse() -> None:
    champion = np.full(50, 0.4)
    assert mean_loss(champion, champion * 0.9, seed=0, more_is_better=True).loss == pytest.approx(0.1)
    assert mean_loss(champion, champion * 1.1, seed=0, more_is_better=False).loss == pytest.approx(0.1)


def test_bounds_are_the_quantiles_of_a_normal_mean() -> None:
    rng = np.random.default_rng(0)
    champion = np.ones(400)
    challenger = champion - rng.normal(0.05, 0.2, 400)
    loss = mean_loss(champion, challenger, seed=1, more_is_better=True)
    error = challenger.std() / 20
    assert (loss.high - loss.loss) / error == pytest.approx(1.645, abs=0.15)
    assert (loss.loss - loss.low_99) / error == pytest.approx(2.326, abs=0.25)


def test_a_quantile_is_over_rows_and_users_are_drawn_whole() -> None:
    champion = np.arange(1.0, 101.0)
    loss = quantile_loss(champion, 2 * champion, np.repeat(np.arange(20), 5), 0.95, seed=0)
    assert (loss.champion, loss.challenger, loss.n_users) == (95.0, 190.0, 20)
    assert loss.low == loss.loss == loss.high == pytest.approx(1.0)


@pytest.mark.parametrize("values", [np.zeros(0), np.zeros(3), np.full(3, np.nan)])
def test_nothing_to_lose_and_nothing_measured_have_no_loss(values: np.ndarray) -> None:
    assert np.isnan(mean_loss(values, values, seed=0, more_is_better=True).loss)


def test_resamples_in_which_the_champion_has_nothing_lose_nothing() -> None:
    loss = mean_loss(np.array([1.0, 0.0]), np.array([1.0, 0.0]), seed=0, more_is_better=True)
    assert (loss.loss, loss.low, loss.high) == (0.0, 0.0, 0.0)
