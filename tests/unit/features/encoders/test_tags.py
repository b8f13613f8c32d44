from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.blocks import documents_of, tokens_of
from features.domain import Paper
from features.encoders.block_terms import BlockTerms
from features.encoders.tags import key_of, read
from features.encoders.terms import TfidfTerms

WEIGHTS = {"tags": 1.0, "citations": 1.0}


def tagged(number: int, *keywords: str, references: Sequence[str] = ()) -> Paper:
    first = datetime(2026, 1, 5, tzinfo=UTC)
    return Paper(f"p{number:03d}", "Untitled", keywords=keywords, references=tuple(references), published_at=first)


def fitted(papers: Sequence[Paper]) -> BlockTerms:
    return BlockTerms.fit(documents_of(papers, ("tags", "citations")), TfidfTerms(), WEIGHTS)[0]


def named(terms: BlockTerms, paper: Paper) -> set[str]:
    """The terms of a paper, without the paper itself."""
    row = terms.transform(documents_of([paper], ("tags", "citations"))).toarray()[0]
    return {name for name, weight in zip(terms.terms_, row, strict=True) if weight and not name.startswith("cites:p")}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tag:gene_expression", "tag:gene-expressions"),
        ("tag:Gene Expression", "tag:gene expression"),
        ("tag:ontologies", "tag:ontology"),
        ("tag:in/silico", "tag:in_silico"),
        ("tag:-networks-", "tag:network"),
    ],
)
def test_spellings_of_a_tag_have_one_key(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize("word", ["analysis", "virus", "physics", "class", "series", "species", "ngs", "gas", "-_-"])
def test_what_is_no_plural_stays(word: str) -> None:
    assert key_of(f"tag:{word}") == f"tag:{word}"


def test_a_citation_is_read_as_it_stands() -> None:
    assert key_of("cites:lab/owls-7") == "cites:lab/owls-7"
    assert read(["cites:lab/owls-7"], ()) == ["cites:lab/owls-7"]


@given(st.lists(st.text("ab s-_/S\x1e\x1f:.", min_size=1), max_size=5))
def test_whatever_a_tag_holds_it_stays_a_tag_and_reading_twice_changes_nothing(keywords: list[str]) -> None:
    tokens = tokens_of(documents_of([tagged(0, *keywords)], ("tags",))[0])
    once = read(tokens, ())
    assert all(token.startswith("tag:") for token in once)
    assert len(set(once)) == len(once)
    assert read(once, once) == once


def test_a_tag_goes_by_its_commonest_spelling() -> None:
    papers = [
        tagged(0, "Neural_Networks"),
        tagged(1, "neural networks"),
        tagged(2, "neural-network"),
        tagged(3, "neural networks"),
    ]
    assert [name for name in fitted(papers).terms_ if name.startswith("tag:")] == ["tag:neural networks"]


def test_a_tag_that_nobody_else_carries_is_its_words_where_they_are_tags() -> None:
    papers = [tagged(number, "eagles", "night flight") for number in range(200)]
    papers += [tagged(200, "eagle_wings"), tagged(201, "bat wings")]
    terms = fitted(papers)
    assert {name for name in terms.terms_ if name.startswith("tag:")} == {"tag:eagles", "tag:night flight"}
    assert named(terms, tagged(900, "wings of the eagle")) == {"tag:eagles"}
    assert named(terms, tagged(901, "Night-Flights")) == {"tag:night flight"}
    assert named(terms, tagged(902, "day flight")) == set()


def test_two_spellings_on_one_paper_count_once() -> None:
    papers = [tagged(0, "deep_network", "deep networks"), tagged(1, "deep network"), tagged(2, "bats")]
    terms = fitted(papers)
    rows = terms.transform(documents_of(papers[:2], ("tags",)))
    np.testing.assert_array_equal(rows[[0]].toarray(), rows[[1]].toarray())
    idf = dict(zip(terms.terms_, terms.idf_, strict=True))
    assert idf["tag:deep network"] == pytest.approx(1 + np.log(4 / 3))
