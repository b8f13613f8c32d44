"""Words of papers for search: the same, and counted the same, as by scikit-learn's vectoriser."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from features.domain import Paper
from models.search_words import KnownWords, count_words, words_of

REFERENCE = CountVectorizer(token_pattern=r"(?u)\b\w[\w\-]*\b", strip_accents="unicode")
analysed = REFERENCE.build_analyzer()


@given(st.text(alphabet=st.sampled_from("aZ9_-. \n\tÉßΣİﬁ\u0301·")))
def test_words_are_those_of_the_pattern(text):
    assert words_of(text) == analysed(text)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_ascii_takes_a_way_of_its_own_to_the_same_words(text):
    assert words_of(text) == analysed(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [("state-of-the-art, -x- a--b", ["state-of-the-art", "x", "a--b"]), ("Émile's k_1 -- -", ["emile", "s", "k_1"])],
)
def test_hyphens_stand_inside_words_only(text, words):
    assert words_of(text) == words


def test_counts_are_those_of_the_title_thrice_and_the_abstract():
    papers = [
        Paper("1", "On Zürich", "Zurich, zurich and a lake.", ("Ada L",)),
        Paper("2", "?!", "", ()),
        Paper("3", "A lake", "", ()),
    ]
    known, counts = count_words(papers)
    texts = [" ".join([*[" ".join((one.title, *one.authors))] * 3, one.abstract]) for one in papers]
    expected = REFERENCE.fit_transform(texts)
    np.testing.assert_array_equal(counts.toarray(), expected.toarray())
    names = REFERENCE.get_feature_names_out().tolist()
    assert [known.numbers(name) for name in names] == [[place] for place in range(len(names))]


def test_numbers_are_those_of_known_words_each_once():
    known = KnownWords.of(["b", "ba", "z", "ß", "日本"])
    assert known.numbers("Z b zz 日本 a b") == [0, 2, 4]
    assert KnownWords.of([]).numbers("b") == []
