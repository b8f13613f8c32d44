from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from features.domain import Paper
from features.labels import Examples
from features.moment import VectorExamples
from models.choices import Choices
from models.collaborative import Collaborative, FactorSettings
from models.sense import SenseBlock

N_PAPERS, N_GROUPS = 120, 4
SMALL = FactorSettings(factors=8)


class Library:
    """120 papers of four fields; a paper's vector and terms are of its field, with noise."""

    def __init__(self) -> None:
        rng = np.random.default_rng(5)
        self.group = np.arange(N_PAPERS) % N_GROUPS
        dense = np.eye(16)[self.group] + 0.2 * rng.normal(size=(N_PAPERS, 16))
        self.vectors = (dense / np.linalg.norm(dense, axis=1, keepdims=True)).astype(np.float32)
        counts = rng.random((N_PAPERS, 40)) * (rng.random((N_PAPERS, 40)) < 0.1)
        counts[np.arange(N_PAPERS), self.group] = 1.0
        self.terms = sparse.csr_array((counts / np.linalg.norm(counts, axis=1, keepdims=True)).astype(np.float32))

    def examples(self, rows: list[int], targets: int | list[int] = 1, terms: bool = True) -> VectorExamples:
        papers = tuple(Paper(f"p{row:03d}", "t") for row in rows)
        signs = np.broadcast_to(np.array(targets, dtype=np.int8), len(rows)).copy()
        weights = 0.3 + (np.array(rows, dtype=np.float64) % 7) / 5
        held = self.terms[rows] if terms else None
        return VectorExamples(
            Examples(tuple(paper.id for paper in papers), signs, weights), papers, self.vectors[rows], held
        )

    def users(self, n: int = 60, terms: bool = True) -> dict[str, VectorExamples]:
        """Each chooses among the first 100 papers of one field."""
        rng, found = np.random.default_rng(6), {}
        for user in range(n):
            field = [row for row in range(100) if row % N_GROUPS == user % N_GROUPS]
            found[f"user{user}"] = self.examples(sorted(rng.choice(field, 6, replace=False).tolist()), terms=terms)
        return found


@pytest.fixture(scope="module")
def library() -> Library:
    return Library()


@pytest.fixture(scope="module", params=[True, False], ids=["terms", "vectors"])
def by_terms(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture(scope="module")
def fitted(library: Library, by_terms: bool) -> Collaborative:
    return Collaborative.fit(Choices.of(library.users(terms=by_terms)), 1, SMALL)


def carried(fitted: Collaborative, library: Library, rows: list[int]) -> np.ndarray:
    return fitted.carry(library.vectors[rows], library.terms[rows])[0]


def same(one: Collaborative, other: Collaborative) -> bool:
    ours, theirs = one.arrays(), other.arrays()
    return ours.keys() == theirs.keys() and all(np.array_equal(ours[name], theirs[name]) for name in ours)


def test_papers_nobody_opened_score_by_what_likes_chose(fitted: Collaborative, library: Library) -> None:
    new = list(range(100, N_PAPERS))
    for group in range(N_GROUPS):
        factor = fitted.fold_in(library.examples([group, group + 4, group + 8]))
        scores = fitted.scores(factor, carried(fitted, library, new))
        own = library.group[new] == group
        assert scores[own].min() > scores[~own].max()


def test_a_user_factor_is_the_solution_of_the_weighted_least_squares(fitted: Collaborative, library: Library) -> None:
    user = library.examples(list(range(0, 80, 4)))
    places = [fitted.paper_ids.index(paper_id) for paper_id in user.examples.paper_ids if paper_id in fitted.paper_ids]
    user = library.examples([int(fitted.paper_ids[place][1:]) for place in places])
    y = fitted.factors.astype(np.float64)
    confidence, wanted = np.ones(len(y)), np.zeros(len(y))
    confidence[places] += SMALL.alpha * user.examples.weights
    wanted[places] = 1.0
    system = y.T @ (confidence[:, None] * y) + SMALL.regularization * np.eye(y.shape[1])
    expected = np.linalg.solve(system, y.T @ (confidence * wanted))
    np.testing.assert_allclose(fitted.fold_in(user), expected, atol=1e-6)


def test_a_paper_not_known_yet_counts_with_its_carried_factor(fitted: Collaborative, library: Library) -> None:
    new = library.examples([101])
    assert "p101" not in fitted.paper_ids
    along = fitted.fold_in(new) @ carried(fitted, library, [101])[0]
    assert along > 0
    assert fitted.fold_in(library.examples([1, 101])).any()


def test_negatives_do_not_move_a_factor(fitted: Collaborative, library: Library) -> None:
    with_negatives = fitted.fold_in(library.examples([1, 2, 5], [1, -1, 1]))
    assert np.array_equal(with_negatives, fitted.fold_in(library.examples([1, 5])))
    assert not fitted.fold_in(library.examples([1, 2], -1)).any()
    assert not fitted.fold_in(library.examples([])).any()


def test_a_known_paper_is_carried_close_to_its_own_factor(fitted: Collaborative, library: Library) -> None:
    place = 10
    row, own = int(fitted.paper_ids[place][1:]), fitted.factors[place].astype(np.float64)
    found = replace(fitted, neighbours=1).carry(library.vectors[[row]], library.terms[[row]])[0][0]
    np.testing.assert_allclose(found, own / np.sqrt(np.linalg.norm(own)), rtol=1e-5)
    among = carried(fitted, library, [row])[0]
    assert among @ own / np.linalg.norm(among) / np.linalg.norm(own) > 0.7


def test_a_paper_like_no_known_one_has_no_factor(fitted: Collaborative, by_terms: bool) -> None:
    nothing, demand = fitted.carry(np.zeros((2, 16), np.float32), sparse.csr_array((2, 40), dtype=np.float32))
    assert not nothing.any()
    assert nothing.shape == (2, 8)
    assert demand.tolist() == [0.0, 0.0]


def test_demand_is_how_often_the_nearest_known_papers_were_chosen(fitted: Collaborative, library: Library) -> None:
    counts = dict.fromkeys(fitted.paper_ids, 0)
    for user in library.users(terms=True).values():
        for paper_id in user.examples.paper_ids:
            counts[paper_id] += 1
    np.testing.assert_allclose(fitted.chosen, np.log1p(list(counts.values())), rtol=1e-6)
    rows = [int(paper_id[1:]) for paper_id in fitted.paper_ids[:9]]
    own = replace(fitted, neighbours=1).carry(library.vectors[rows], library.terms[rows])[1]
    np.testing.assert_allclose(own, fitted.chosen[:9], rtol=1e-6)
    among = fitted.carry(library.vectors[rows], library.terms[rows])[1]
    assert (fitted.chosen.min() <= among).all()
    assert (among <= fitted.chosen.max()).all()


def test_bits_are_the_same_alone_and_in_a_batch(fitted: Collaborative, library: Library) -> None:
    together = carried(fitted, library, list(range(N_PAPERS)))
    factor = fitted.fold_in(library.examples([1, 5, 101]))
    for row in (0, 57, 119):
        alone = carried(fitted, library, [row])
        assert np.array_equal(alone[0], together[row])
        assert fitted.scores(factor, alone)[0] == fitted.scores(factor, together)[row]


def test_names_and_order_of_users_change_nothing(library: Library, by_terms: bool, fitted: Collaborative) -> None:
    users = library.users(terms=by_terms)
    renamed = {f"other{number}": users[name] for number, name in enumerate(reversed(users))}
    assert same(Collaborative.fit(Choices.of(renamed), 1, SMALL), fitted)
    assert not same(Collaborative.fit(Choices.of(users), 2, SMALL), fitted)


def test_choosing_a_known_paper_later_leaves_the_value_as_it_is(fitted: Collaborative, library: Library) -> None:
    before = {name: values.copy() for name, values in fitted.arrays().items()}
    fitted.fold_in(library.examples([3, 7, 103]))
    assert all(np.array_equal(before[name], values) for name, values in fitted.arrays().items())


def test_arrays_make_the_same_value_again(fitted: Collaborative, library: Library) -> None:
    again = Collaborative.from_arrays(fitted.arrays())
    assert same(again, fitted)
    assert np.array_equal(carried(again, library, [3, 110]), carried(fitted, library, [3, 110]))
    user = library.examples([3, 7, 103])
    assert np.array_equal(again.fold_in(user), fitted.fold_in(user))
    assert not any(values.dtype.hasobject for values in fitted.arrays().values())


def strangers(library: Library) -> dict[str, VectorExamples]:
    return {f"user{user}": library.examples([user, user + 60]) for user in range(60)}


@pytest.mark.parametrize(
    "users",
    [
        lambda library: {},
        lambda library: {"one": library.examples(list(range(30)))},
        lambda library: library.users(10),
        lambda library: {f"user{user}": library.examples([3]) for user in range(50)},
        lambda library: {f"user{user}": library.examples([1, 2, 3], -1) for user in range(50)},
        strangers,
    ],
    ids=["nobody", "one user", "few users", "one paper", "only negatives", "nothing in common"],
)
def test_without_choices_in_common_everything_scores_zero(users, library: Library) -> None:
    empty = Collaborative.fit(Choices.of(users(library)))
    assert same(Collaborative.from_arrays(empty.arrays()), empty)
    factor = empty.fold_in(library.examples([1, 2]))
    assert empty.scores(factor, carried(empty, library, [1, 2, 3])).tolist() == [0.0, 0.0, 0.0]


def test_identical_papers_under_two_ids_are_carried_alike(library: Library) -> None:
    twins = Library()
    twins.vectors[110], twins.terms = (
        twins.vectors[111],
        sparse.csr_array(twins.terms[[*range(110), 111, *range(111, 120)]]),
    )
    fitted = Collaborative.fit(Choices.of(twins.users()), 1, SMALL)
    factors = carried(fitted, twins, [110, 111])
    assert np.array_equal(factors[0], factors[1])


def test_there_are_never_more_factors_than_users_or_papers(library: Library) -> None:
    users = {f"user{user}": library.examples([1, 2, 3], terms=False) for user in range(25)}
    fitted = Collaborative.fit(Choices.of(users))
    assert fitted.factors.shape == (3, 3)
    assert np.isfinite(carried(fitted, library, [1, 50])).all()


def with_sense(library: Library, terms: bool = True) -> Collaborative:
    return Collaborative.fit(Choices.of(library.users(terms=terms)), 1, SMALL, SenseBlock(8, 16, np.zeros(16)[8:]))


def test_where_sentences_are_joined_papers_are_carried_by_them_too(library: Library) -> None:
    told, rows = with_sense(library), [100, 105, 119]
    nothing = sparse.csr_array((3, 40), dtype=np.float32)
    assert carried(told, library, rows).any(axis=1).all()
    assert told.carry(library.vectors[rows], nothing)[0].any(axis=1).all()
    assert not Collaborative.fit(Choices.of(library.users()), 1, SMALL).carry(library.vectors[rows], nothing)[0].any()


def test_without_words_vectors_say_all_there_is(library: Library) -> None:
    assert same(with_sense(library, terms=False), Collaborative.fit(Choices.of(library.users(terms=False)), 1, SMALL))


def test_what_sentences_say_comes_back_from_the_arrays(library: Library) -> None:
    told, rows = with_sense(library), [100, 105]
    again = Collaborative.from_arrays(told.arrays(), told.sense)
    assert same(again, told)
    assert np.array_equal(carried(again, library, rows), carried(told, library, rows))


def test_threads_change_no_bit_of_the_factors(library: Library) -> None:
    one, two = (Collaborative.fit(Choices.of(library.users()), 1, SMALL, threads=n) for n in (1, 2))
    assert one.factors.tobytes() == two.factors.tobytes()
