"""Search by words and meaning: what is found, in which order, and what odd queries do."""

import numpy as np
import pytest

from features.domain import Paper
from models.search import SearchIndex

PAPERS = [
    Paper("1", "Sparse attention", "We make attention sparse.", ("Ada Lovelace",)),
    Paper("2", "Dense retrieval", "Attention is mentioned once among many other words here.", ("Bob Dense",)),
    Paper("3", "Robot grasping", "A gripper learns.", ("Émile Zola",)),
    Paper("4", "Untitled work on robots", "", ()),
]
VECTORS = np.array([[1, 0], [0.9, 0.1], [0, 1], [0, 0]], dtype=np.float32)


@pytest.fixture(scope="module")
def index():
    return SearchIndex.of(PAPERS, VECTORS)


def ids(hits):
    return [hit.paper_id for hit in hits]


def test_the_paper_about_it_stands_before_the_one_that_mentions_it():
    assert ids(SearchIndex.of(PAPERS, None).search("attention", None, 5)) == ["1", "2"]


@pytest.mark.parametrize(("query", "found"), [("lovelace", "1"), ("emile ZOLA", "3"), ("dense", "2")])
def test_authors_and_titles_are_found_in_any_case_and_without_accents(index, query, found):
    assert ids(index.search(query, None, 5))[0] == found


def test_meaning_finds_what_words_do_not(index):
    assert ids(index.search("gripper", np.array([0.0, 1.0], dtype=np.float32), 5))[0] == "3"
    assert set(ids(index.search("sparse", np.array([1.0, 0.0], dtype=np.float32), 5))) == {"1", "2"}


@pytest.mark.parametrize("query", ["", "   ", "'; DROP TABLE papers; --"[:3], "zzz", "<script>", "\x00", "a" * 20_000])
def test_a_query_without_known_words_finds_nothing(index, query):
    assert index.search(query, np.array([1.0, 0.0], dtype=np.float32), 5) == []


def test_ties_are_broken_by_id_and_the_limit_holds():
    same = [Paper(str(number), "one title") for number in range(9)]
    assert ids(SearchIndex.of(same, None).search("title", None, 4)) == ["0", "1", "2", "3"]


def test_the_nearest_papers_are_similar_and_not_the_paper_itself(index):
    assert ids(index.similar("1", 5)) == ["2"]
    assert index.similar("unknown", 5) == []
    assert index.similar("4", 5) == []


@pytest.mark.parametrize("papers", [[], [Paper("1", "?!")]])
def test_an_index_of_nothing_finds_nothing(papers):
    empty = SearchIndex.of(papers, None)
    assert empty.search("anything", None, 5) == []
    assert empty.similar("1", 5) == []
