"""A paper out of a reader's own library is that reader's alone, whoever has learned its name."""

from features.domain import User, is_own_paper
from features.errors import UnknownPaper
from features.store.own_papers import own_prefix


def must_be_shown_to(user: User | None, paper_id: str) -> None:
    """Raise UnknownPaper for a paper of somebody else's library; ``user`` None is nobody in particular."""
    if is_own_paper(paper_id) and (user is None or not paper_id.startswith(own_prefix(user.key))):
        raise UnknownPaper(paper_id)
