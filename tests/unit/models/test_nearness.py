import numpy as np

from models.nearness import Usual, largest


def test_a_cosine_counts_by_what_is_usual_for_the_chosen_paper():
    reference = np.array([[0.5, 0.1], [0.7, 0.1], [0.6, 0.4]], dtype=np.float32)
    usual = Usual.of(reference)
    found = usual.compared(np.array([[0.7, 0.6]], dtype=np.float32))
    np.testing.assert_allclose(found, [[0.1 / np.std([0.5, 0.7, 0.6]), 0.4 / np.std([0.1, 0.1, 0.4])]], rtol=1e-5)
    assert found.argmax() == 1  # though its cosine is the smaller one


def test_where_all_are_equally_near_a_difference_stays_finite():
    usual = Usual.of(np.full((5, 1), 0.25, dtype=np.float32))
    np.testing.assert_allclose(usual.compared(np.array([[0.35]])), [[100.0]], rtol=1e-5)


def test_without_a_reference_cosines_stay_as_they_are():
    cosines = np.array([[0.3, 0.2]], dtype=np.float32)
    for usual in (Usual.unknown(2), Usual.of(np.zeros((0, 2)))):
        np.testing.assert_array_equal(usual.compared(cosines), cosines)


def test_the_largest_and_the_mean_of_the_three_largest():
    one, three = largest(np.array([[1.0, 4.0, 2.0, 3.0], [0.0, 0.0, 6.0, 0.0]]))
    assert (one.tolist(), three.tolist()) == ([4.0, 6.0], [3.0, 2.0])
    assert largest(np.array([[1.0, 2.0]]))[1].tolist() == [1.5]
