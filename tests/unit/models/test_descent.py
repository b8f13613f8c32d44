import numpy as np
import pytest
from scipy.optimize import minimize, rosen, rosen_der

from models.descent import descend


def test_it_finds_the_minimum_of_a_quadratic_of_very_unequal_curvature() -> None:
    curvature, centre = np.logspace(-1, 2, 40), np.linspace(-1, 1, 40)

    def function(x: np.ndarray) -> tuple[float, np.ndarray]:
        return 0.5 * float(curvature @ (x - centre) ** 2), curvature * (x - centre)

    np.testing.assert_allclose(descend(function, np.zeros(40), 300), centre, atol=0.01)


def test_it_goes_through_a_curved_valley_as_a_library_does() -> None:
    start = np.array([-1.2, 1.0, 0.3, 2.0])
    found = descend(lambda x: (float(rosen(x)), rosen_der(x)), start, 500)
    peer = minimize(rosen, start, jac=rosen_der, method="L-BFGS-B").x
    np.testing.assert_allclose(found, peer, atol=1e-3)


@pytest.mark.parametrize("start", [np.zeros(3), np.full(3, 1e-8)])
def test_at_a_minimum_it_stays(start: np.ndarray) -> None:
    np.testing.assert_array_equal(descend(lambda x: (float(x @ x), 2 * x), start, 5), start)


def test_a_function_that_falls_for_ever_ends_where_the_steps_do() -> None:
    assert np.isfinite(descend(lambda x: (-float(x.sum()), -np.ones(2)), np.zeros(2), 3)).all()


def test_it_does_not_write_on_what_it_was_given_but_lets_the_function_do_so() -> None:
    start = np.ones(5)

    def function(x: np.ndarray) -> tuple[float, np.ndarray]:
        value = float(x @ x)
        x *= 2.0
        return value, x

    assert np.abs(descend(function, start, 50)).max() < 1e-4
    np.testing.assert_array_equal(start, np.ones(5))
