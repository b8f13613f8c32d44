from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from features.domain import AnnounceType, Feed, Interaction, InteractionKind, Listing, Paper


@pytest.fixture
def listing() -> Callable[..., Listing]:
    """``listing("1", day, title=…, feed=…, votes=…)``."""

    def make(
        paper_id: str,
        day: date,
        *,
        feed: Feed = Feed.ARXIV,
        kind: AnnounceType = AnnounceType.NEW,
        votes: int | None = None,
        **fields: Any,
    ) -> Listing:
        fields.setdefault("title", f"Title {paper_id}")
        return Listing(Paper(paper_id, **fields), day, feed, kind, votes)

    return make


@pytest.fixture
def saved() -> Callable[..., Interaction]:
    """``saved("click-1", "ada", "1", kind=…)``: an interaction."""

    def make(client_id: str, user_id: str, paper_id: str, **fields: Any) -> Interaction:
        values = {"kind": InteractionKind.SAVE, "occurred_at": None} | fields
        return Interaction(client_id, user_id, paper_id, **values)

    return make
