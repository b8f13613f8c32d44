import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer, strip_accents_unicode
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from features.encoders import words
from features.encoders.terms import SMALL_CORPUS, TfidfTerms
from features.encoders.words import WORD_PATTERN, KnownTerms, is_telling, stop_words, without_accents
from features.errors import NothingToLearn

WORDS = ["deep", "net", "the", "graph", "Müller", "x2", "of", "robot", "arm", "2d", "a", "naïve"]


def peer(min_df: int = 1, max_df: float = 1.0, ngrams: int = 2) -> TfidfVectorizer:
    return TfidfVectorizer(
        sublinear_tf=True,
        ngram_range=(1, ngrams),
        stop_words="english",
        strip_accents="unicode",
        token_pattern=WORD_PATTERN,
        min_df=min_df,
        max_df=max_df,
        dtype=np.float32,
    )


def test_the_weight_of_a_term_is_the_documented_formula() -> None:
    matrix = TfidfTerms().fit_transform(["robot robot arm", "graph"])
    robot, bigram = (1 + math.log(2)) * (1 + math.log(3 / 2)), 1 + math.log(3 / 2)
    length = math.sqrt(robot**2 + 3 * bigram**2)  # arm, "robot arm", "robot robot" beside robot
    assert matrix.toarray()[0].max() == pytest.approx(robot / length, rel=1e-6)


@given(
    st.lists(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), min_size=1, max_size=20), st.integers(1, 2)
)
def test_terms_and_weights_are_those_of_scikit_learn(texts: list[str], ngrams: int) -> None:
    try:
        ours = TfidfTerms(ngrams=ngrams).fit(texts)
    except NothingToLearn:
        with pytest.raises(ValueError, match="vocabulary"):
            peer(ngrams=ngrams).fit(texts)
        return
    theirs = peer(ngrams=ngrams).fit(texts)
    assert list(ours.terms_) == list(theirs.get_feature_names_out())
    unseen = ["deep graph robot unknown arm", ""]
    np.testing.assert_allclose(
        ours.transform(texts + unseen).toarray(), theirs.transform(texts + unseen).toarray(), atol=1e-6
    )


def test_document_frequency_bounds_are_those_of_scikit_learn_on_a_corpus_of_some_size() -> None:
    rng = np.random.default_rng(1)
    words = np.array([f"w{number}" for number in range(80)])
    texts = [" ".join(rng.choice(words, 15, p=None)) + " common" for _ in range(400)]
    ours = TfidfTerms(min_df=5, max_df=0.5).fit(texts)
    theirs = peer(5, 0.5).fit(texts)
    assert list(ours.terms_) == list(theirs.get_feature_names_out())
    assert "common" not in ours.terms_
    np.testing.assert_allclose(ours.idf_, theirs.idf_)


def test_a_small_corpus_keeps_what_everybody_says_and_what_one_says() -> None:
    texts = ["opioid trial"] * (SMALL_CORPUS - 2) + ["opioid rare"]
    assert {"opioid", "rare"} <= set(TfidfTerms(every_word_below=SMALL_CORPUS).fit(texts).terms_)
    larger = ["graph", *["opioid trial"] * (SMALL_CORPUS // 20), *["robot arm"] * SMALL_CORPUS]
    assert set(TfidfTerms(every_word_below=SMALL_CORPUS).fit(larger).terms_) == {"opioid", "trial", "opioid trial"}


def test_a_small_corpus_reads_stop_words_and_numbers_and_a_larger_one_does_not() -> None:
    texts = ["12 of 40 were treated", "none was treated"]
    terms = TfidfTerms(every_word_below=3).fit(texts)
    assert {"12", "of", "were", "12 of", "none"} <= set(terms.terms_)
    restored = KnownTerms(terms.terms_, terms.idf_, every_word=terms.every_word_)
    assert (restored.transform(texts) != terms.transform(texts)).nnz == 0
    assert set(TfidfTerms(every_word_below=2).fit(texts).terms_) == {"treated"}


def test_a_stop_word_and_a_number_tell_nothing_by_themselves() -> None:
    assert [is_telling(term) for term in ("graph", "graph network", "of graphs", "the", "12 weeks", "gpt4")] == [
        True, True, False, False, False, True,
    ]  # fmt: skip


def test_fitting_and_transforming_at_once_is_bit_equal_to_one_after_the_other(texts: list[str]) -> None:
    at_once = TfidfTerms().fit_transform(texts)
    after = TfidfTerms().fit(texts).transform(texts)
    assert (at_once != after).nnz == 0
    assert np.array_equal(at_once.indices, after.indices)


def test_it_is_cloned_and_stands_in_a_pipeline(texts: list[str]) -> None:
    """scikit-learn's own checks give up on estimators of text, its own included; this is what is left of them."""
    terms = clone(TfidfTerms(max_features=24, min_df=2))
    told = {"max_features": 24, "min_df": 2, "max_df": 0.1, "dtype": np.float32, "ngrams": 2, "every_word_below": 0}
    assert terms.get_params() == told
    subjects = np.arange(60) % 3
    assert make_pipeline(terms, LinearSVC()).fit(texts, subjects).score(texts, subjects) == 1.0


def test_the_largest_counts_win_a_place_in_the_vocabulary_and_the_alphabet_breaks_ties() -> None:
    texts = ["zeta zeta zeta", "beta", "alpha", "gamma"]
    assert TfidfTerms(max_features=3).fit(texts).terms_ == ("alpha", "zeta", "zeta zeta")


def test_texts_of_stop_words_teach_nothing() -> None:
    with pytest.raises(NothingToLearn, match="2 papers hold no usable words"):
        TfidfTerms().fit(["of the", "and 3.14"])


def test_stop_words_and_accents_are_scikit_learns() -> None:
    assert stop_words() == ENGLISH_STOP_WORDS
    text = "Ångström naïve – İstanbul Ｆｕｌｌ ½"
    assert without_accents(text) == strip_accents_unicode(text)


def test_a_part_of_counted_texts_gives_what_it_gives_by_itself() -> None:
    rng = np.random.default_rng(2)
    words = np.array([f"w{number}" for number in range(120)])
    texts = [" ".join(rng.choice(words, rng.integers(4, 20))) for _ in range(700)]
    rows = np.sort(rng.choice(700, 450, replace=False))
    part, alone = TfidfTerms(max_features=150), TfidfTerms(max_features=150)
    matrix = part.fit_candidates(TfidfTerms().candidates(texts).at(rows))
    peer_matrix = alone.fit_transform([texts[row] for row in rows.tolist()])
    assert part.terms_ == alone.terms_
    assert (matrix != peer_matrix).nnz == 0


@pytest.mark.parametrize("ngrams", [1, 2])
def test_texts_read_a_few_at_a_time_give_the_same_bits(monkeypatch: pytest.MonkeyPatch, ngrams: int) -> None:
    rng = np.random.default_rng(3)
    texts = [" ".join(rng.choice([f"w{number}" for number in range(60)], 9)) for _ in range(250)]
    rows = np.flatnonzero(rng.random(len(texts)) < 0.9)

    def read() -> list[NDArray[Any]]:
        terms = TfidfTerms(ngrams=ngrams)
        fitted = terms.fit_candidates(terms.candidates(texts).at(rows))
        known = terms.transform(texts)
        return [np.array(terms.terms_), *(part for m in (fitted, known) for part in (m.data, m.indices, m.indptr))]

    at_once = read()
    monkeypatch.setattr(words, "BLOCK", 7)
    for whole, pieces in zip(at_once, read(), strict=True):
        np.testing.assert_array_equal(whole, pieces)
