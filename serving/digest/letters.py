"""An edition as a letter: the same in HTML and in plain text, with links that say who opened what."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from features.subscription import Schedule, Subscription
from serving.digest.editions import Edition, Entry
from serving.mail.letters import Letter, one_line
from serving.open_links import OpenLink, OpenLinks
from serving.unsubscribe_links import UnsubscribeLinks
from serving.web.pages import long_date, percent
from serving.web.paper_views import paper_url

_WIDTH = 72
_SUBJECT = 110
_ABSTRACT = 420
_MOST_AUTHORS = 4
_MOST_REASONS = 2
_SCHEDULES = {
    Schedule.DAILY: "every day with new papers",
    Schedule.WEEKDAYS: "from Monday to Friday",
    Schedule.WEEKLY: "once a week",
    Schedule.THRESHOLD: "when something passes your threshold",
}


@dataclass(frozen=True, slots=True)
class LetterWriter:
    """Writes digests.

    Parameters
    ----------
    public_url : what links begin with.
    """

    public_url: str
    open_links: OpenLinks
    unsubscribe_links: UnsubscribeLinks

    def write(self, edition: Edition, subscription: Subscription) -> Letter:
        """The digest for one address; written again, it has the same Message-ID."""
        base = self.public_url.rstrip("/")
        leave = f"{base}/unsubscribe/{self.unsubscribe_links.token(subscription.address)}"
        shown = {
            "edition": edition,
            "entries": [self._shown(edition, entry) for entry in edition.entries],
            "headline": _headline(edition),
            "standfirst": _standfirst(edition),
            "base": base,
            "leave": leave,
            "schedule": _SCHEDULES[subscription.wish.schedule],
            "address": subscription.address,
        }
        return Letter(
            to=subscription.address,
            subject=_subject(edition),
            text=_templates.get_template("digest.txt").render(shown),
            html=_templates.get_template("digest.html").render(shown),
            name=f"digest {subscription.address} {edition.day}",
            headers={
                "List-Id": f"Broadsheet <digest.{urlsplit(base).hostname}>",
                "List-Unsubscribe": f"<{leave}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Auto-Submitted": "auto-generated",
            },
        )

    def _shown(self, edition: Edition, entry: Entry) -> Mapping[str, Any]:
        paper, item = entry.paper, entry.item
        return {
            "title": one_line(paper.title),
            "url": self._url(edition, entry),
            "authors": _authors(paper.authors),
            "categories": paper.categories[:3],
            "abstract": textwrap.shorten(paper.abstract, _ABSTRACT, placeholder=" …"),
            "said": _said(entry),
            "reasons": [one_line(reason.text) for reason in item.reasons[:_MOST_REASONS]] if item else [],
        }

    def _url(self, edition: Edition, entry: Entry) -> str:
        """For a user, by way of the redirect that records the open; for a visitor, straight to the paper."""
        base = self.public_url.rstrip("/")
        if edition.user is None:
            url = paper_url(entry.paper.id)
            return base + url if url.startswith("/") else url
        position = entry.item.position if entry.item else None
        link = OpenLink(edition.user.id, entry.paper.id, "mail", edition.made_at, entry.slate_id, position)
        return f"{base}/open/{self.open_links.token(link)}"


def _subject(edition: Edition) -> str:
    return textwrap.shorten(
        one_line(f"{_headline(edition)}: {edition.entries[0].paper.title}"), _SUBJECT, placeholder=" …"
    )


def _headline(edition: Edition) -> str:
    whose = "Your paper of" if edition.user else "New papers of"
    day = f"{edition.day.day} {edition.day:%B}"
    return f"{whose} {day}" if len(edition.days) == 1 else f"{whose} {_brief(edition.days[0])} to {day}"


def _brief(day: date) -> str:
    return f"{day.day} {day:%b}"


def _standfirst(edition: Edition) -> str:
    """How many papers there were, and what to expect of them."""
    new = f"{edition.n_papers:,} new paper{'' if edition.n_papers == 1 else 's'}"
    if edition.user is None:
        return f"{new}; these by the community’s interest."
    useful = edition.expected_useful
    if useful is None:
        return f"{new}."
    worth = f"{useful:.0f}" if useful >= 1 else "one at most"
    return f"{new}, of which about {worth} should be worth your time."


def _said(entry: Entry) -> str:
    """What is known of the reader's or the community's interest, in a few words."""
    votes = entry.trend.votes if entry.trend else None
    if votes is not None:
        return f"{votes} vote{'' if votes == 1 else 's'}"
    if entry.probability is None:
        return ""
    return f"{percent(entry.probability)} {'probable for you' if entry.item else 'predicted interest'}"


def _authors(names: tuple[str, ...]) -> str:
    more = len(names) - _MOST_AUTHORS
    return one_line(", ".join(names) if more <= 1 else f"{', '.join(names[:_MOST_AUTHORS])} and {more} more")


def _wrapped(text: str, indent: str = "") -> str:
    """``text`` in lines of at most 72 characters; a long address stays whole."""
    return textwrap.fill(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("serving.digest"),
        autoescape=select_autoescape(enabled_extensions=("html",), disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"wrapped": _wrapped, "long_date": long_date}
    return environment


_templates = _environment()
