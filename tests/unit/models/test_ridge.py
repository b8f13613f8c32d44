import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.hard_negatives import HardNegatives, hard_negatives, solve
from models.ridge import SharedGram, UserRows
from models.stacks import PackedUsers, stacked_size


def problem(seed: int, n_papers: int = 400, d: int = 24, n_users: int = 12, most: int = 60):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_papers, d)).astype(np.float32)
    shared = SharedGram.from_background(X[: n_papers // 2], 5.0, 0.1)
    users = []
    for _ in range(n_users):
        rows = np.sort(rng.choice(n_papers, rng.integers(0, most), replace=False))
        weights, targets = rng.uniform(0.01, 2.0, len(rows)), rng.choice([-1.0, 1.0], len(rows))
        taken_out = np.where(rows < n_papers // 2, shared.row_weight, 0.0)
        labelled = rows[rows < n_papers // 2]
        users.append(UserRows(rows, weights - taken_out, weights * targets + taken_out, labelled=labelled))
    return shared, X, users


@given(st.integers(0, 10_000), st.integers(1, 40), st.sampled_from([None, HardNegatives(9, 0.5)]))
def test_a_user_alone_has_the_bits_she_has_in_a_batch(seed, most, hard):
    shared, X, users = problem(seed, n_papers=80, d=7, n_users=11, most=most)
    coef, intercept = solve(shared, X, users, hard)
    for row, user in enumerate(users):
        own = UserRows(np.arange(len(user.rows)), user.sigma, user.rho, labelled=user.labelled)
        alone, at = solve(shared, X[user.rows], [own], hard)
        assert alone.tobytes() == coef[row].tobytes()
        assert at[0] == intercept[row]


@given(st.integers(0, 10_000))
def test_order_of_labels_moves_a_coefficient_by_less_than_1e_9(seed):
    shared, X, (user,) = problem(seed, n_users=1)
    order = np.random.default_rng(seed).permutation(len(user.rows))
    shuffled = UserRows(user.rows[order], user.sigma[order], user.rho[order], labelled=user.labelled)
    hard = HardNegatives(20, 0.5)
    (first, at), (second, other) = solve(shared, X, [user], hard), solve(shared, X, [shuffled], hard)
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-9)
    assert at[0] == pytest.approx(other[0], abs=1e-9)


@given(st.integers(0, 10_000), st.integers(8, 30))
def test_dual_and_primal_agree(seed, d):
    rng = np.random.default_rng(seed)
    few, many = 5, 3 * d
    assert stacked_size(few) <= d < stacked_size(many)
    X = rng.normal(size=(many, d))
    shared = SharedGram.from_background(rng.normal(size=(3 * d, d)), 2.0, 0.1)
    sigma, rho = rng.uniform(0.1, 1.0, many), rng.normal(size=many)
    sigma[few:] = rho[few:] = 0.0
    primal, at = solve(shared, X, [UserRows(np.arange(many), sigma, rho)])
    dual, other = solve(shared, X, [UserRows(np.arange(few), sigma[:few], rho[:few])])
    np.testing.assert_allclose(primal, dual, rtol=0, atol=1e-10)
    assert at[0] == pytest.approx(other[0], abs=1e-10)


def test_a_user_without_rows_gets_the_backgrounds_own_target():
    shared, X, _ = problem(0)
    coef, intercept = solve(shared, X, [UserRows(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0))])
    assert (coef == 0).all()
    assert intercept[0] == -1.0


def test_identical_papers_are_no_obstacle():
    shared, X, _ = problem(1)
    rows = np.zeros(30, dtype=np.intp) + 399
    coef, intercept = solve(shared, X, [UserRows(rows, np.ones(30), np.ones(30))])
    assert X[399] @ coef[0] + intercept[0] > 0


def test_a_whitened_row_has_the_same_bits_in_any_company():
    shared, X, _ = problem(2)
    whitened = shared.whiten(X)
    for n in (1, 2, 63, 64, 65, 200):
        rows = np.random.default_rng(n).choice(len(X), n, replace=False)
        assert (shared.whiten(X[rows]) == whitened[rows]).all()


def test_hard_negatives_are_the_unlabelled_background_rows_of_highest_score():
    shared, X, users = problem(3)
    inner = np.random.default_rng(0).normal(size=(len(users), 24))
    for own, user, found in zip(inner, users, hard_negatives(shared, inner, users, 10), strict=True):
        scores = shared.whiten(X[:200]) @ own
        scores[user.labelled] = -np.inf
        assert sorted(np.argsort(-scores)[:10]) == found.tolist()


def test_of_equal_papers_the_first_is_hard_and_labelled_ones_never_are():
    shared = SharedGram.from_background(np.ones((4, 2)), 1.0, 0.1)
    users = [
        UserRows(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0), labelled=np.array(rows, dtype=np.intp))
        for rows in ([], [0, 2], [0, 1, 2, 3])
    ]
    found = hard_negatives(shared, np.ones((3, 2)), users, 2)
    assert [rows.tolist() for rows in found] == [[0, 1], [1, 3], []]


def test_of_scores_that_differ_by_less_than_float32_can_tell_the_higher_is_hard():
    rows = np.ones((6, 3)) + 1e-9 * np.array([3, 5, 1, 6, 2, 4])[:, None]
    shared = SharedGram(np.zeros(3), np.eye(3), 0.1, 0.6, rows, np.zeros(3))
    nobody = UserRows(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0), labelled=np.zeros(0, dtype=np.intp))
    (found,) = hard_negatives(shared, np.ones((1, 3)), [nobody], 2)
    assert found.tolist() == [1, 3]


def test_two_points_by_hand():
    # background 0, 2, 4, 6 (mean 3), one label at 9: the two hardest are 4 and 6; m = 5, c = 1, so 4 and 6 come again
    shared = SharedGram.from_background(np.array([[0.0], [2.0], [4.0], [6.0]]), 4.0, 1.0)
    X, label = np.array([[9.0], [4.0], [6.0]]), np.array([1.0])
    none = np.zeros(0, dtype=np.intp)
    found, at = solve(shared, X, [UserRows(np.arange(1), label, label, labelled=none)], HardNegatives(2, 3.0))
    weights = np.array([1.0, 1.5, 1.5])
    again, other = solve(shared, X, [UserRows(np.arange(3), weights, weights * [1, -1, -1])])
    np.testing.assert_allclose(found, again, rtol=1e-12)
    assert at[0] == pytest.approx(other[0])


@pytest.mark.parametrize("hard", [None, HardNegatives(9, 0.5)])
def test_threads_and_packing_change_no_bit(hard):
    shared, X, users = problem(4, n_users=400)
    coef, intercept = solve(shared, X, users, hard)
    found, at = solve(shared, X, PackedUsers.of(users).unpacked(), hard, threads=3)
    assert found.tobytes() == coef.tobytes()
    assert at.tobytes() == intercept.tobytes()
    assert (shared.whiten(np.tile(X, (6, 1)), threads=2)[-len(X) :] == shared.whiten(X)).all()


def test_a_copy_in_another_process_is_the_same_and_is_sent_without_what_follows_from_the_rest():
    rows = np.random.default_rng(2).normal(size=(200, 16))
    shared = SharedGram.from_background(rows, 10.0, 0.5)
    sent = pickle.dumps(shared)
    found = pickle.loads(sent)
    assert len(sent) < 1.1 * (shared.background.nbytes + shared.whitening.nbytes)
    for name in ("centre", "whitening", "background", "start", "searched"):
        np.testing.assert_array_equal(getattr(found, name), getattr(shared, name))
    assert (found.row_weight, found.total_weight, found.longest) == (shared.row_weight, 10.0, shared.longest)


_IN_EVERY_PLACE = """
import numpy as np
from models.ridge import in_blocks

for dtype in (np.float32, np.float64):
    for d, k in ((24, 24), (256, 36), (100, 300), (640, 256)):
        rng = np.random.default_rng(d + k)
        row, matrix = rng.normal(size=(1, d)).astype(dtype), rng.normal(size=(d, k)).astype(dtype)
        alone = in_blocks(row, matrix)
        np.testing.assert_allclose(alone, row @ matrix, rtol=1e-4, atol=1e-4)
        assert (in_blocks(np.repeat(row, 131, axis=0), matrix) == alone).all(), (dtype, d, k)
"""


@pytest.mark.parametrize("kernels", ["", "Haswell", "Sandybridge", "Nehalem"])
def test_a_row_of_a_product_has_the_same_bits_in_every_place(kernels):
    """By OpenBLAS's kernels for this processor, and by those for older ones, which a server may have."""
    environment = {**os.environ, "OPENBLAS_CORETYPE": kernels}
    command = [sys.executable, "-c", _IN_EVERY_PLACE]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
