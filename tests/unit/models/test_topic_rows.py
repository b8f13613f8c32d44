from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from models.multilabel import Effort, fit_sparse
from models.topic_authors import EFFECT, AuthorTopics, author_key
from models.topics import TopicModel, TopicRows


def corpus(n: int = 400) -> tuple[TopicRows, list[tuple[str, ...]], np.ndarray]:
    """Vectors are noise; a term tells cs.RO, and an author tells cs.IR."""
    rng = np.random.default_rng(3)
    kind = np.arange(n) % 3
    terms = sparse.csr_array((rng.random((n, 8)) < 0.2).astype(np.float32) + np.eye(8, dtype=np.float32)[kind // 2 * 5])
    authors = [("Ada Byron",) if k == 1 else (f"Author {row}",) for row, k in enumerate(kind)]
    labels = [(["cs.CV", "cs.IR", "cs.RO"][k],) for k in kind]
    days = np.datetime64("2026-01-01") + np.arange(n) // 10
    return TopicRows(rng.normal(size=(n, 4)).astype(np.float32), terms, authors), labels, days


def column(model: TopicModel, rows: TopicRows, name: str) -> np.ndarray:
    return model.probabilities(rows)[:, model.names.index(name)]


def test_terms_tell_what_vectors_do_not() -> None:
    rows, labels, days = corpus()
    model = TopicModel.fit(rows, labels, days, 50, 0)
    is_robot = np.array(["cs.RO" in topics for topics in labels])
    found = column(model, TopicRows(rows.vectors, rows.terms), "cs.RO")
    assert found[is_robot].mean() > 2 * found[~is_robot].mean()


def test_an_authors_earlier_category_makes_it_more_likely() -> None:
    rows, labels, days = corpus()
    model = TopicModel.fit(rows, labels, days, 50, 0)
    one = rows.at(np.array([0]))
    known, unknown = (TopicRows(one.vectors, one.terms, [(name,)]) for name in ("Ada Byron", "Nobody Known"))
    assert column(model, known, "cs.IR")[0] > column(model, unknown, "cs.IR")[0] + 0.05


@pytest.mark.parametrize("authors", [[()], [("Nobody Known",)], None])
def test_without_known_authors_nothing_is_added(authors: list[tuple[str, ...]] | None) -> None:
    rows, labels, days = corpus()
    model = TopicModel.fit(rows, labels, days, 50, 0)
    one = rows.at(np.array([0]))
    bare = model.probabilities(TopicRows(one.vectors, one.terms))
    np.testing.assert_allclose(model.probabilities(TopicRows(one.vectors, one.terms, authors)), bare)


def test_vectors_alone_still_give_probabilities() -> None:
    rows, labels, days = corpus()
    found = TopicModel.fit(rows, labels, days, 50, 0).probabilities(rows.vectors)
    assert ((found > 0) & (found < 1)).all()


def test_arrays_give_the_same_model_back_and_a_fit_repeats_itself() -> None:
    rows, labels, days = corpus()
    model = TopicModel.fit(rows, labels, days, 50, 0)
    again, loaded = TopicModel.fit(rows, labels, days, 50, 0), TopicModel.from_arrays(model.arrays())
    assert all(values.dtype != object for values in model.arrays().values())
    assert np.array_equal(loaded.probabilities(rows), model.probabilities(rows))
    assert np.array_equal(again.probabilities(rows), model.probabilities(rows))


def test_constant_vectors_and_empty_terms_are_no_obstacle() -> None:
    rows, labels, days = corpus()
    constant = TopicRows(np.ones_like(rows.vectors), sparse.csr_array(rows.terms.shape, dtype=np.float32), rows.authors)
    assert np.isfinite(TopicModel.fit(constant, labels, days, 1, 0).probabilities(constant)).all()


def test_keywords_take_nothing_from_authors() -> None:
    rows, labels, days = corpus()
    labels = [(*topics, "keyword:agents") if row % 2 else topics for row, topics in enumerate(labels)]
    model = TopicModel.fit(rows, labels, days, 50, 0)
    assert model.author_weight[model.names.index("keyword:agents")] == 0
    bare = column(model, TopicRows(rows.vectors, rows.terms), "keyword:agents")
    np.testing.assert_allclose(column(model, rows, "keyword:agents"), bare)


def test_log_ratios_are_those_of_the_formula() -> None:
    wanted = np.array([[1, 0], [1, 1], [0, 1], [0, 0]], dtype=np.int8)
    model = AuthorTopics.fit([("A",), ("A", "B"), ("B",), ()], wanted)
    expected = np.log((np.array([2 + 1, 1 + 2]) + 5 * 0.5) / (4 + 5) / 0.5)
    np.testing.assert_allclose(model.log_odds([("A", "B"), ()], 1.0), [expected, [0, 0]])


def test_effects_are_of_authors_of_two_papers_and_shared_by_those_of_one() -> None:
    model = AuthorTopics.fit([("A", "B"), ("A", "B", "C"), ()], np.array([[1], [1], [0]], dtype=np.int8))
    assert model.known.tolist() == sorted([author_key("A"), author_key("B")])
    columns = model.columns([("A", "B", "C"), ("a",), ("C",)]).toarray()
    np.testing.assert_allclose(np.linalg.norm(columns, axis=1), [EFFECT, EFFECT, 0], rtol=1e-6)
    told = replace(model, effects=np.array([[2.0], [-1.0]], dtype=np.float32))
    np.testing.assert_allclose(told.log_odds([("A", "B"), ("C",)], 0.0), [[EFFECT / np.sqrt(2)], [0]], rtol=1e-6)
    others = np.sort(np.array([author_key("D"), *model.known], dtype=np.uint64))
    assert sorted(told.effects_for(others).ravel().tolist()) == [-1, 0, 2]


def test_what_an_author_carries_beyond_what_words_say_is_an_effect() -> None:
    """Ada's papers are cs.IR without a word of it; who writes under one name each has no effect."""
    rows, labels, days = corpus()
    model = TopicModel.fit(rows, labels, days, 50, 0)
    assert model.authors.known.tolist() == [author_key("Ada Byron")]
    effect = dict(zip(model.names, model.authors.effects[0].tolist(), strict=True))
    assert effect["cs.IR"] > 0.5
    assert effect["cs.RO"] < 0
    paper = rows.at(np.array([0]))
    unsaid = replace(model, authors=replace(model.authors, effects=np.zeros_like(model.authors.effects)))
    of_ada = TopicRows(paper.vectors, paper.terms, [("Ada Byron",)])
    assert column(model, of_ada, "cs.IR")[0] > column(unsaid, of_ada, "cs.IR")[0]


def test_names_do_not_depend_on_case_or_white_space() -> None:
    assert author_key("Ada  Byron ") == author_key("ada byron") != author_key("Ada Biron")


def test_the_sparse_fit_lowers_the_loss_from_what_is_given() -> None:
    rows, labels, _ = corpus()
    Y = np.array([["cs.RO" in topics] for topics in labels], dtype=np.int8)
    offsets = np.full(Y.shape, -0.7)
    found = fit_sparse(rows.terms, Y, offsets, 0.5, effort=Effort(steps=100))
    z = offsets + found.log_odds(rows.terms.toarray())
    p = 1 / (1 + np.exp(-z))
    gradient = rows.terms.T @ (p - Y) + 0.5 * found.coef.T
    assert np.abs(gradient).max() < 0.5  # of 400 rows


def test_threads_change_no_bit_of_a_sparse_fit() -> None:
    rows, labels, _ = corpus()
    Y = np.array([[name in topics for name in ("cs.CV", "cs.RO")] for topics in labels], dtype=np.int8)
    one, three = (fit_sparse(rows.terms, Y, np.zeros(Y.shape), 0.5, effort=Effort(threads=n)) for n in (1, 3))
    assert (one.coef.tobytes(), one.intercept.tobytes()) == (three.coef.tobytes(), three.intercept.tobytes())
