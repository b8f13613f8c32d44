"""A paper that a reader wants others to see: which one is meant, and where it comes from."""

from features.arxiv_ids import parse_arxiv_id
from features.community import Vote, valid_why
from features.domain import valid_paper_id
from features.errors import InvalidValue, UnknownPaper
from features.lookup import fetch_into
from serving.dependencies import Services
from serving.observed import EVERYTHING
from serving.outside import OutsideService

_ARXIV = OutsideService(at_once=1)  # arXiv asks its clients for one connection at a time


def submit(services: Services, user_id: str, wanted: str, why: str) -> Vote:
    """Count ``wanted``, an id or an address, as the user's submission; a paper of arXiv's is fetched if need be.

    Writes in transactions of its own, none of which is open while arXiv is waited for.

    Raises
    ------
    InvalidValue
        where ``why`` says nothing or too much.
    UnknownPaper
        where neither the store nor arXiv has such a paper.
    SourceFailed, RateLimited
        where arXiv does not answer, or another reader waits for it.
    """
    word, paper_id = valid_why(why), submitted_id(wanted)
    _bring(services, paper_id)
    with services.store.transaction() as tx:
        return tx.votes.cast(user_id, paper_id, recorded_at=services.clock(), why=word)


def submitted_id(text: str) -> str:
    """The paper that an arXiv id, an address or a paper's own id names; UnknownPaper for what can name none."""
    parsed = parse_arxiv_id(text)
    try:
        return parsed[0] if parsed else valid_paper_id(text.strip())
    except InvalidValue:
        raise UnknownPaper(text[:100]) from None


def _bring(services: Services, paper_id: str) -> None:
    with services.store.transaction(readonly=True) as tx:
        known = bool(tx.papers.get_many([paper_id], EVERYTHING))
    if known or not services.settings.serving.fetch_submissions or parse_arxiv_id(paper_id) is None:
        return
    with _ARXIV.asked(services.settings.ingest) as settings:
        fetch_into(services.store, paper_id, settings, now=services.clock)
