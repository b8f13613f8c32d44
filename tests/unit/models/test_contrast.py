import numpy as np

from models.contrast import TEMPERATURE, Batch, contrast


def loss(places, users, papers):
    """The mean over questions of the loss, written out."""
    n = len(users)
    units = places / np.linalg.norm(places, axis=1, keepdims=True)
    found = []
    for one in range(n):
        told = [v for v in range(n) if v == one or (users[v] != users[one] and papers[v] != papers[one])]
        logits = units[n + np.array(told)] @ units[one] / float(TEMPERATURE)
        found.append(np.log(np.exp(logits - logits[told.index(one)]).sum()))
    return float(np.mean(found))


def test_the_slope_is_that_of_the_loss():
    rng = np.random.default_rng(0)
    places = rng.normal(size=(12, 5))
    users, papers = np.array([0, 0, 1, 2, 3, 4]), np.array([7, 8, 8, 9, 10, 11])
    slopes = contrast(Batch(places.astype(np.float32), users, papers))
    for row, column in ((0, 0), (3, 2), (6, 1), (8, 4), (11, 3)):
        step = np.zeros_like(places)
        step[row, column] = 1e-5
        change = (loss(places + step, users, papers) - loss(places - step, users, papers)) / 2e-5
        np.testing.assert_allclose(slopes[row, column], change, rtol=1e-3, atol=1e-5)


def test_one_user_alone_has_nothing_to_tell_from():
    places = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
    assert (contrast(Batch(places, np.zeros(3, dtype=np.intp), np.arange(3))) == 0).all()


def test_a_place_of_no_length_stays_finite():
    places = np.zeros((4, 3), dtype=np.float32)
    assert np.isfinite(contrast(Batch(places, np.arange(2), np.arange(2)))).all()
