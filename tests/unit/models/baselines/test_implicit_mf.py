import numpy as np
import pytest
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse

from features.domain import Paper
from models.baselines.content import PastTerms, TfidfCentroid
from models.baselines.implicit_mf import ImplicitMf
from models.threads import one_blas_thread


def choices(papers: list[Paper], n_users: int = 30) -> dict[str, tuple[str, ...]]:
    rng = np.random.default_rng(2)
    return {
        f"u{user:02d}": tuple(papers[row].id for row in rng.choice(300, 8, replace=False)) for user in range(n_users)
    }


def test_it_is_implicits_als_carried_by_fifty_neighbours(many_papers, past, day, user) -> None:
    known, new = many_papers[:350], many_papers[350:]
    positives = choices(known)
    terms = PastTerms()
    scores = ImplicitMf(terms).fit(past(known, positives, seed=4)).score(day(new), user("u03"))
    users, ids = sorted(positives), sorted({paper for chosen in positives.values() for paper in chosen})
    chosen = sparse.csr_matrix([[float(paper in positives[name]) for paper in ids] for name in users], dtype=np.float32)
    model = AlternatingLeastSquares(factors=30, alpha=30.0, regularization=10.0, num_threads=1, random_state=4)
    with one_blas_thread():
        model.fit(chosen, show_progress=False)
    similarity = (terms.of_day(day(new)) @ terms.matrix[[int(paper[5:]) for paper in ids]].T).toarray()
    for cosines, score in zip(similarity, scores, strict=True):
        nearest = np.argsort(-cosines, kind="stable")[:50]
        weights = cosines[nearest] ** 2
        factor = weights @ model.item_factors[nearest] / weights.sum() if weights.sum() else np.zeros(30)
        assert score == pytest.approx(factor @ model.user_factors[3], abs=1e-5)


def test_users_without_positives_get_zeros(many_papers, past, day, user) -> None:
    fitted = ImplicitMf().fit(past(many_papers, {"a": ("2601.00001",), "b": ("elsewhere",)}, {"c": ("2601.00002",)}))
    for name in ("b", "c", "nobody"):
        assert not fitted.score(day(many_papers[:5]), user(name)).any()
    assert np.isfinite(fitted.score(day(many_papers[:5]), user("a"))).all()


def test_papers_without_words_get_zeros(past, day, user) -> None:
    papers = [Paper("1", "∑ ∫"), Paper("2", "of the")]
    assert not ImplicitMf().fit(past(papers, {"a": ("1",)})).score(day(papers), user("a")).any()


def test_a_paper_scores_the_same_on_another_day_and_after_another_fit(many_papers, past, day, user) -> None:
    terms, first = PastTerms(), past(many_papers[:350], choices(many_papers))
    fitted = ImplicitMf(terms).fit(first)
    together = fitted.score(day(many_papers[350:]), user("u01"))
    TfidfCentroid(terms).fit(past(many_papers[:220], {"a": ("2601.00001",)}))
    assert np.array_equal(fitted.score(day(many_papers[350:360]), user("u01")), together[:10])
    assert np.array_equal(ImplicitMf().fit(first).score(day(many_papers[350:]), user("u01")), together)


def test_a_refit_forgets_the_users_of_the_past_before(many_papers, past, day, user) -> None:
    fitted = ImplicitMf().fit(past(many_papers, choices(many_papers)))
    assert fitted.score(day(many_papers[:5]), user("u01")).any()
    assert not fitted.fit(past(many_papers, {"a": ("2601.00333",)})).score(day(many_papers[:5]), user("u01")).any()
