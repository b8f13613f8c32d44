from dataclasses import replace

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from features.domain import Paper
from features.encoders.terms import TfidfTerms
from models.baselines.content import ArxivSanitySvm, PastTerms, ScholarInbox, TfidfCentroid, text_of_paper

CONTENT = [TfidfCentroid, ArxivSanitySvm, ScholarInbox]
LIKED = tuple(f"2601.{number:05d}" for number in range(0, 40, 7))
DISLIKED = ("2601.00101", "2601.00102")


def peer_tfidf(papers: list[Paper]) -> tuple[TfidfVectorizer, np.ndarray]:
    """arxiv-sanity-lite's vectoriser, as its authors call it."""
    vectoriser = TfidfVectorizer(
        strip_accents="unicode",
        lowercase=True,
        analyzer="word",
        stop_words="english",
        token_pattern=r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b",
        ngram_range=(1, 2),
        max_features=20_000,
        norm="l2",
        use_idf=True,
        smooth_idf=True,
        sublinear_tf=True,
        max_df=0.1,
        min_df=5,
    )
    return vectoriser, vectoriser.fit_transform([text_of_paper(paper) for paper in papers])


def test_the_centroid_of_two_papers_is_the_cosine_worked_out_by_hand(past, day, user) -> None:
    papers = [Paper("1", "alpha"), Paper("2", "beta"), Paper("3", "gamma")]
    baseline = TfidfCentroid().fit(past(papers, {"a": ("1", "2")}))
    scores = baseline.score(day([Paper("8", "alpha"), Paper("9", "alpha gamma"), Paper("7", "gamma")]), user("a"))
    np.testing.assert_allclose(scores, [np.sqrt(0.5), 0.5, 0.0], atol=1e-12)


def test_the_svm_is_scikit_learns_on_arxiv_sanitys_features(many_papers, past, day, user) -> None:
    known, new = many_papers[:350], many_papers[350:]
    vectoriser, matrix = peer_tfidf(known)
    targets = np.isin([paper.id for paper in known], LIKED).astype(int)
    peer = LinearSVC(class_weight="balanced", C=0.01, max_iter=10000, tol=1e-6, random_state=0).fit(matrix, targets)
    scores = ArxivSanitySvm().fit(past(known, {"a": LIKED}, {"a": DISLIKED})).score(day(new), user("a"))
    expected = peer.decision_function(vectoriser.transform([text_of_paper(paper) for paper in new]))
    np.testing.assert_allclose(scores, expected, atol=1e-6)


def test_scholar_inbox_is_the_weighted_logistic_regression_of_its_paper(many_papers, past, day, user) -> None:
    known, new = many_papers[:350], many_papers[350:]
    vectoriser, matrix = peer_tfidf(known)
    ids = np.array([paper.id for paper in known])
    liked, disliked = np.isin(ids, LIKED), np.isin(ids, DISLIKED)
    n_liked, n_disliked, n_random = liked.sum(), disliked.sum(), (~liked & ~disliked).sum()
    total = 0.9 * n_disliked + 0.1 * n_random
    weights = np.where(liked, 1 / n_liked, np.where(disliked, 0.9 / total, 0.1 / total))
    peer = LogisticRegression(C=0.4, max_iter=1000).fit(matrix, liked.astype(int), sample_weight=weights)
    scores = ScholarInbox().fit(past(known, {"a": LIKED}, {"a": DISLIKED})).score(day(new), user("a"))
    expected = peer.decision_function(vectoriser.transform([text_of_paper(paper) for paper in new]))
    np.testing.assert_allclose(scores, expected, atol=1e-4)


def test_scholar_inbox_draws_so_many_random_papers_by_its_seed(many_papers, past, day, user, monkeypatch) -> None:
    monkeypatch.setattr(ScholarInbox, "N_RANDOM", 50)
    known, new = many_papers[:350], day(many_papers[350:])
    by_seed = [ScholarInbox().fit(past(known, {"a": LIKED}, seed=seed)).score(new, user("a")) for seed in (0, 0, 1)]
    assert np.array_equal(by_seed[0], by_seed[1])
    assert not np.array_equal(by_seed[0], by_seed[2])


@pytest.mark.parametrize("baseline", CONTENT)
def test_a_user_without_positives_gets_zeros(baseline, many_papers, past, day, user) -> None:
    fitted = baseline().fit(past(many_papers, {"a": LIKED, "b": ("elsewhere",)}, {"c": DISLIKED}))
    for user_id in ("b", "c", "nobody"):
        assert not fitted.score(day(many_papers[:5]), user(user_id)).any()


@pytest.mark.parametrize("baseline", CONTENT)
def test_a_user_who_likes_everything_gets_finite_scores(baseline, past, day, user) -> None:
    papers = [Paper("1", "alpha beta"), Paper("2", "beta")]
    scores = baseline().fit(past(papers, {"a": ("1", "2")})).score(day(papers), user("a"))
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("baseline", CONTENT)
def test_papers_without_words_get_zeros(baseline, past, day, user) -> None:
    papers = [Paper("1", "∑ ∫"), Paper("2", "of the")]
    assert not baseline().fit(past(papers, {"a": ("1",)})).score(day(papers), user("a")).any()


@pytest.mark.parametrize("baseline", CONTENT)
def test_a_refit_forgets_the_users_of_the_past_before(baseline, many_papers, past, day, user) -> None:
    fitted = baseline().fit(past(many_papers, {"a": LIKED}))
    before = fitted.score(day(many_papers[:5]), user("a"))
    after = fitted.fit(past(many_papers, {"a": ("2601.00333",)})).score(day(many_papers[:5]), user("a"))
    assert not np.array_equal(before, after)


@pytest.mark.parametrize("baseline", CONTENT)
def test_a_paper_scores_the_same_on_another_day_with_other_papers(baseline, many_papers, past, day, user) -> None:
    fitted = baseline().fit(past(many_papers[:350], {"a": LIKED}))
    together = fitted.score(day(many_papers[350:]), user("a"))
    assert np.array_equal(fitted.score(day(many_papers[350:360]), user("a")), together[:10])


def test_all_who_share_terms_read_one_matrix(many_papers, past) -> None:
    terms, shared = PastTerms(), past(many_papers, {"a": LIKED})
    TfidfCentroid(terms).fit(shared)
    matrix = terms.matrix
    ArxivSanitySvm(terms).fit(shared)
    assert terms.matrix is matrix


def test_one_who_shares_terms_and_is_fitted_on_another_past_disturbs_nobody(many_papers, past, day, user) -> None:
    terms, new = PastTerms(), day(many_papers[350:])
    first = TfidfCentroid(terms).fit(past(many_papers[:350], {"a": LIKED}))
    before = first.score(new, user("a"))
    TfidfCentroid(terms).fit(past(many_papers[:220], {"a": LIKED})).score(new, user("a"))
    assert np.array_equal(first.score(new, user("a")), before)


def test_terms_counted_before_among_more_texts_change_no_score(many_papers, past, day, user) -> None:
    known, new = past(many_papers[:350], {"a": LIKED}), day(many_papers[350:])
    counted = TfidfTerms().candidates([text_of_paper(paper) for paper in reversed(many_papers)])
    given = replace(known, candidates=counted.at(np.arange(399, 49, -1)))
    assert np.array_equal(
        TfidfCentroid().fit(given).score(new, user("a")), TfidfCentroid().fit(known).score(new, user("a"))
    )
