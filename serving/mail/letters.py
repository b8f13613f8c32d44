"""Composing a mail: one letter to one person, with headers that nobody can write into."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy
from email.utils import format_datetime

from features.addresses import valid_address
from features.domain import aware_utc
from features.errors import InvalidValue
from features.settings import MailSettings


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be said to whom.

    ``name`` tells this letter from every other one, and is the same when it is composed again: from it comes the
    Message-ID, by which mail programs show a letter once that was delivered twice. ``html`` None is plain text alone.
    """

    to: str
    subject: str
    text: str
    name: str
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def composed(letter: Letter, settings: MailSettings, at: datetime) -> EmailMessage:
    """``letter`` as a message of ``at``. InvalidValue for an address or a header that cannot be one."""
    sender = valid_address(settings.sender)
    message = EmailMessage(_policy())
    fields = {
        "From": Address(settings.sender_name, addr_spec=sender),
        "To": Address(addr_spec=valid_address(letter.to)),
        "Subject": one_line(letter.subject),
        "Date": format_datetime(aware_utc(at, "at")),
        "Message-ID": f"<{hashlib.sha256(letter.name.encode()).hexdigest()[:32]}@{sender.partition('@')[2]}>",
        **letter.headers,
    }
    for name, value in fields.items():
        try:
            message[name] = value
        except ValueError as error:
            raise InvalidValue(f"mail header {name}", value, str(error)) from error
    message.set_content(letter.text, cte="quoted-printable")
    if letter.html is not None:
        message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    return message


class _Whole(UnstructuredHeader, BaseHeader):
    """A header that is one address of the web: folded, it would be encoded, and no mail program would know it."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


def _policy() -> "EmailPolicy[EmailMessage]":
    registry = HeaderRegistry()
    registry.map_to_type("list-unsubscribe", _Whole)
    return EmailPolicy(header_factory=registry)


def one_line(text: str) -> str:
    """``text`` as a header can say it: no line ends or other control characters, and nothing that decodes to one."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(shown.replace("=?", "= ?").split())
