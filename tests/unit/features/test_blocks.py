from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.blocks import ALL, document_hash, document_of, documents_of, identity_of, text_of, tokens_of
from features.domain import Paper
from features.errors import InvalidValue

PAPER = Paper(
    "2601.00001",
    "On owls",
    "They fly.",
    categories=("cs.CV", "cs.AI"),
    keywords=("Owls", "owls", "night"),
    references=("2401.00001", "lab/7"),
)


def test_a_document_holds_the_text_and_the_tokens_of_each_block_asked_for() -> None:
    document = document_of(PAPER, ALL)
    assert text_of(document) == PAPER.text
    tags, cites = ["tag:cs.CV", "tag:cs.AI", "tag:owls", "tag:night"], ["2601.00001", "2401.00001", "lab/7"]
    assert tokens_of(document) == [*tags, *(f"cites:{paper_id}" for paper_id in cites)]
    assert tokens_of(document_of(PAPER, ("tags",))) == tags
    assert text_of(document_of(PAPER, ("tags",))) == ""


def test_a_document_without_tokens_is_the_text_under_the_papers_own_hash() -> None:
    bare = Paper("1", "On owls", "They fly.")
    assert documents_of([PAPER, bare], ("text",)) == [PAPER.text, bare.text]
    assert document_of(bare, ("text", "tags")) == bare.text
    assert document_hash(document_of(PAPER, ("text",))) == PAPER.content_hash
    assert tokens_of(bare.text) == []


@pytest.mark.parametrize("change", [{"keywords": ()}, {"categories": ("cs.CV",)}, {"references": ()}, {"title": "X"}])
def test_whatever_an_encoder_could_read_changes_the_identity(change: dict[str, object]) -> None:
    assert identity_of(replace(PAPER, **change)) != identity_of(PAPER)


@given(st.text("a\x1e\x1f: ", min_size=1), st.lists(st.text("tag:\x1e\x1f", min_size=1), max_size=3))
def test_an_untrusted_field_cannot_add_a_token_or_leave_its_block(abstract: str, keywords: list[str]) -> None:
    document = document_of(Paper("1", "On owls", abstract, keywords=tuple(keywords)), ALL)
    tokens = tokens_of(document)
    assert len(tokens) == len({keyword.replace("\x1e", " ").replace("\x1f", " ") for keyword in keywords}) + 1
    assert all(token.startswith("tag:") for token in tokens[:-1])
    assert tokens[-1] == "cites:1"
    assert len(text_of(document)) == len(f"On owls\n{abstract}")


def test_a_reference_has_to_be_able_to_name_a_paper() -> None:
    with pytest.raises(InvalidValue, match="paper id"):
        replace(PAPER, references=("two words",))
