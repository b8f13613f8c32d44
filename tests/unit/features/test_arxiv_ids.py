import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.arxiv_ids import paper_id, parse_arxiv_id


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2503.11677", ("2503.11677", None)),
        ("2503.11677v12", ("2503.11677", 12)),
        ("0704.0001v1", ("0704.0001", 1)),
        ("arXiv:2503.11677v2", ("2503.11677", 2)),
        ("oai:arXiv.org:hep-th/9504118", ("hep-th/9504118", None)),
        ("math.GT/0309136v3", ("math/0309136", 3)),
        ("http://arxiv.org/abs/quant-ph/0201082v1", ("quant-ph/0201082", 1)),
        ("https://arxiv.org/pdf/2503.11677v2.pdf", ("2503.11677", 2)),
        ("https://huggingface.co/papers/2503.11677?x=1", ("2503.11677", None)),
        ("10.48550/arXiv.2503.11677", ("2503.11677", None)),
        (" 2503.11677 ", ("2503.11677", None)),
    ],
)
def test_every_way_to_write_an_arxiv_id_gives_one_id(written: str, expected: tuple[str, int | None]) -> None:
    assert parse_arxiv_id(written) == expected


@pytest.mark.parametrize(
    "written", ["", "v1", "2503.116", "2503.11677v0", "paper-7", "https://arxiv.org/abs/", "٢٥٠٣.11677"]
)
def test_what_is_no_arxiv_id_is_none(written: str) -> None:
    assert parse_arxiv_id(written) is None


def test_a_local_id_stands_as_it_came() -> None:
    assert paper_id(" lab/report-7v2 ") == ("lab/report-7v2", None)


@given(st.one_of(st.text(), st.from_regex(r"(arXiv:)?[a-z]{2,5}(\.[A-Z]{2})?/\d{7}(v\d)?|\d{4}\.\d{4,5}(v\d{1,2})?")))
def test_normalising_a_normal_id_changes_nothing(written: str) -> None:
    once, _ = paper_id(written)
    assert paper_id(once)[0] == once
