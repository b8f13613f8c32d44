"""Which paper is meant by what a reader pastes."""

from features.arxiv_ids import parse_arxiv_id
from features.domain import valid_paper_id
from features.errors import InvalidValue, UnknownPaper


def submitted_id(text: str) -> str:
    """The paper that an arXiv id, an address or a paper's own id names; UnknownPaper for what can name none."""
    parsed = parse_arxiv_id(text)
    try:
        return parsed[0] if parsed else valid_paper_id(text.strip())
    except InvalidValue:
        raise UnknownPaper(text[:100]) from None
