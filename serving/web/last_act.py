"""What a reader did last, to be said at the top of the page and taken back."""

from dataclasses import dataclass

from features.domain import User
from features.store import Transaction
from serving.observed import EVERYTHING

_WORDS = {
    "save": "Saved",
    "dismiss": "Put aside",
    "rate_up": "More like",
    "rate_down": "Less like",
    "label": "Labelled",
    "pick": "Picked",
    "open": "Opened",
}


@dataclass(frozen=True, slots=True)
class LastAct:
    """An interaction that stands, in words."""

    client_id: str
    words: str
    title: str


def last_act(tx: Transaction, user: User, client_id: str) -> LastAct | None:
    """The user's interaction of that name while it stands; any other name is nobody's."""
    if not client_id:
        return None
    for known in tx.interactions.of_user(user.id, EVERYTHING):
        one = known.interaction
        if one.client_id == client_id:
            papers = tx.papers.get_many([one.paper_id], EVERYTHING)
            words = _WORDS[one.kind] + (f" as {one.topic}:" if one.topic else "")
            return LastAct(client_id, words, papers[one.paper_id].title) if papers else None
    return None
