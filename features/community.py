"""What readers say in public: votes, submissions with a word why, and lists under a name of their choice."""

import re
from dataclasses import dataclass
from datetime import datetime

from features.errors import InvalidValue
from features.text import plain

MAX_WHY = 300
"""Characters of a word why."""

_LIST_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")


def valid_list_name(value: str) -> str:
    """``value`` in small letters if it can name a public list; it stands in addresses."""
    name = value.strip().lower()
    if not _LIST_NAME.fullmatch(name):
        raise InvalidValue("list name", value, "2 to 40 small letters, digits and hyphens, no hyphen first")
    return name


def valid_why(value: str) -> str:
    """``value`` as plain text on one line, if it says something."""
    why = plain(value)
    if not why or len(why) > MAX_WHY:
        raise InvalidValue("why", value, f"a word why is 1 to {MAX_WHY} characters of text")
    return why


@dataclass(frozen=True, slots=True)
class Vote:
    """A reader's standing vote on a paper; a submission is a vote with a word ``why``, else that is empty."""

    paper_id: str
    recorded_at: datetime
    submitted: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """A submitted paper as everybody sees it: ``curator`` is the name of the reader's public list, if they have one."""

    paper_id: str
    why: str
    recorded_at: datetime
    curator: str | None


@dataclass(frozen=True, slots=True)
class PublicList:
    """A reader's saved papers, opened to all. ``n_followers`` counts readers; who they are is nobody's business."""

    name: str
    n_followers: int
