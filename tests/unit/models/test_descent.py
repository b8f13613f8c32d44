import numpy as np
import pytest
from scipy.optimize import minimize

from models.descent import Flat, Loss, descend


def quartic(seed: int = 0, n: int = 30) -> Loss:
    """Convex, of curvatures that differ by three orders."""
    rng = np.random.default_rng(seed)
    scales, centre = np.geomspace(0.01, 10, n), rng.normal(size=n)

    def loss(point: Flat) -> tuple[float, Flat]:
        off = point - centre
        return float(scales @ (off**2 / 2 + off**4 / 4)), scales * (off + off**3)

    return loss


@pytest.mark.parametrize("n_steps", [1, 2, 5, 12, 25])
@pytest.mark.parametrize("seed", range(6))
def test_each_step_is_scipys(n_steps: int, seed: int) -> None:
    loss, start = quartic(seed), np.zeros(30)
    options = {"maxiter": n_steps, "ftol": 2.2e-9, "gtol": 1e-5}
    peer = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
    np.testing.assert_allclose(descend(loss, start, n_steps), peer.x, atol=1e-8)


def test_it_stops_at_the_minimum() -> None:
    asked = []

    def loss(point: Flat) -> tuple[float, Flat]:
        asked.append(point)
        return float(point @ point), 2 * point

    np.testing.assert_allclose(descend(loss, np.array([3.0, -1.0]), 1000), 0, atol=1e-4)
    assert len(asked) < 10


def test_it_stays_where_nothing_falls() -> None:
    start = np.array([1.0, 2.0])
    np.testing.assert_array_equal(descend(lambda point: (0.0, np.zeros(2)), start, 5), start)


def test_a_gradient_that_lies_leads_nowhere() -> None:
    start = np.array([1.0])
    np.testing.assert_array_equal(descend(lambda point: (float(point @ point), -2 * point), start, 5), start)
