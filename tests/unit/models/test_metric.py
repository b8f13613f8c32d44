"""A metric learnt from choices tells apart what readers tell apart."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from features.domain import Paper
from features.labels import Examples
from features.moment import VectorExamples
from models.choices import Choices
from models.metric import MOST, Metric

N_PAPERS, D = 400, 24
"""A vector's first 4 places say what readers go by, the others are louder and say nothing of it."""


class Shelf:
    def __init__(self, d: int = D) -> None:
        rng = np.random.default_rng(3)
        self.group = np.arange(N_PAPERS) % 4
        loud = rng.normal(size=(N_PAPERS, d - 4))
        self.vectors = np.hstack([1.5 * np.eye(4)[self.group], loud]).astype(np.float32)
        self.terms: sparse.csr_array | None = None

    def users(self, n: int = 2000, upto: int = 300) -> dict[str, VectorExamples]:
        """Each chooses eight of the first ``upto`` papers of one group."""
        rng, found = np.random.default_rng(4), {}
        for user in range(n):
            rows = np.sort(rng.choice(np.flatnonzero(self.group[:upto] == user % 4), 8, replace=False))
            found[f"u{user}"] = self.examples(rows)
        return found

    def examples(self, rows: NDArray[np.intp]) -> VectorExamples:
        papers = tuple(Paper(f"p{row:03d}", "t") for row in rows.tolist())
        ids = tuple(paper.id for paper in papers)
        return VectorExamples(
            Examples(ids, np.ones(len(rows), dtype=np.int8), np.ones(len(rows))),
            papers,
            self.vectors[rows],
            None if self.terms is None else self.terms[rows],
        )

    def fit(self, users: dict[str, VectorExamples] | None = None, seed: int = 0) -> Metric:
        found = Metric.fit(Choices.of(self.users() if users is None else users), self.vectors.mean(axis=0), seed)
        assert found is not None
        return found


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


def told_apart(rows: NDArray[np.float32], group: NDArray[np.intp]) -> float:
    """Mean cosine within groups less that between them."""
    cosines, same = rows @ rows.T, group[:, None] == group
    np.fill_diagonal(same, val=False)
    return float(cosines[same].mean() - cosines[group[:, None] != group].mean())


def test_papers_nobody_chose_are_told_apart_by_what_readers_go_by(shelf):
    centred = shelf.vectors[300:] - shelf.vectors.mean(axis=0)
    before = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    rows = shelf.fit().rows(shelf.vectors[300:], None)
    assert told_apart(rows, shelf.group[300:]) > 1.05 * told_apart(before, shelf.group[300:])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_terms_tell_apart_what_vectors_cannot(shelf):
    """Every paper has a term of its group and one that half of all have; a rare one has no row."""
    silent = Shelf()
    silent.vectors[:, :4] = 0.0
    counts = np.hstack([np.eye(4)[silent.group], np.arange(N_PAPERS)[:, None] % 2, np.zeros((N_PAPERS, 3))])
    counts[0, 7] = 1.0
    silent.terms = sparse.csr_array(counts.astype(np.float32))
    metric = silent.fit()
    assert metric.columns.tolist() == [0, 1, 2, 3, 4]
    later = silent.vectors[300:]
    with_terms, without = metric.rows(later, silent.terms[300:]), metric.rows(later, None)
    assert told_apart(with_terms, silent.group[300:]) > told_apart(without, silent.group[300:]) + 0.05
    alone = metric.rows(later[:1], silent.terms[[300]])
    assert (alone[0] == with_terms[0]).all()


def test_names_and_order_of_users_change_no_bit_and_the_seed_does(shelf):
    users = shelf.users(100)
    renamed = {f"x{n}": user for n, user in enumerate(reversed(users.values()))}
    assert (shelf.fit(users).map == shelf.fit(renamed).map).all()
    assert (shelf.fit(users).map != shelf.fit(users, 1).map).any()


def test_bits_of_a_row_depend_on_no_other_row(shelf):
    metric = shelf.fit()
    together = metric.rows(shelf.vectors, None)
    assert all((metric.rows(shelf.vectors[[row]], None)[0] == together[row]).all() for row in (0, 7, 399))


def test_too_few_users_teach_nothing(shelf):
    assert Metric.fit(Choices.of(shelf.users(19)), shelf.vectors.mean(axis=0)) is None


def test_a_paper_at_the_centre_is_near_nothing(shelf):
    assert (shelf.fit().rows(shelf.vectors.mean(axis=0, keepdims=True), None) == 0).all()


def test_longer_vectors_keep_the_directions_in_which_what_is_chosen_varies():
    long = Shelf(MOST + 20)
    long.vectors[:, 100:] *= 1e-3
    metric = long.fit()
    assert metric.map.shape == (MOST + 20, MOST)
    assert np.isfinite(metric.map).all()
    assert told_apart(metric.rows(long.vectors[300:], None), long.group[300:]) > 0.01


def test_users_of_one_and_the_same_paper_are_no_trouble(shelf):
    same = {f"u{n}": shelf.examples(np.array([0, 1])) for n in range(30)}
    assert np.isfinite(shelf.fit(same).map).all()
