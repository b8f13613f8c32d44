"""What a public list holds: the papers that its owner has saved and not taken back."""

from dataclasses import dataclass
from datetime import datetime

from features.domain import InteractionKind, Paper, is_own_paper
from features.store import Transaction
from serving.observed import EVERYTHING


@dataclass(frozen=True, slots=True)
class Kept:
    """A paper on a list, and when it was saved."""

    paper: Paper
    saved_at: datetime


def kept_by(tx: Transaction, user_id: str, *, limit: int, offset: int = 0) -> tuple[int, list[Kept]]:
    """How many papers the reader keeps, and some of them: the newest first, ties by id.

    Texts that only the reader's library knows are not among them: nobody was asked whether they may be shown.
    """
    saved: dict[str, datetime] = {}
    for row in tx.interactions.of_user(user_id, EVERYTHING):
        said = row.interaction
        if said.kind is InteractionKind.SAVE and not is_own_paper(said.paper_id):
            at = said.occurred_at or row.recorded_at
            saved[said.paper_id] = max(at, saved.get(said.paper_id, at))
    shown = sorted(saved, key=lambda paper_id: (-saved[paper_id].timestamp(), paper_id))[offset : offset + limit]
    papers = tx.papers.get_many(shown, EVERYTHING)
    return len(saved), [Kept(papers[paper_id], saved[paper_id]) for paper_id in shown if paper_id in papers]
