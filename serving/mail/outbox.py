"""Where mail goes: a folder of ``.eml`` files, or an SMTP server.

``outbox_of(settings).send(message)`` returns when the message is in other hands, and raises
:class:`~features.errors.MailFailed` when it is not.
"""

import hashlib
import os
import smtplib
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Protocol

from features.addresses import valid_address
from features.errors import InvalidValue, MailFailed
from features.settings import MailSettings, Settings
from serving.network import is_loopback

_BREAKS = frozenset("\r\n\0")


class Outbox(Protocol):
    """Something that takes mail."""

    def send(self, message: EmailMessage) -> None:
        """Hand the message over, or raise MailFailed; InvalidValue for one that must not be sent."""


def outbox_of(settings: Settings) -> Outbox:
    """The outbox that the settings name. InvalidValue where they would show a password to the network."""
    return FolderOutbox(settings.mail.folder) if settings.mail.smtp_host is None else SmtpOutbox(settings.mail)


class FolderOutbox:
    """A folder with one ``.eml`` file a message, named by its date and content; readable by its owner alone.

    A file is there whole or not at all, and the same message again is the same file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: EmailMessage) -> None:
        """Write the message."""
        recipient_of(message)
        content = message.as_bytes(policy=SMTP)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write(self._folder / _file_name(message, content), content)
        except OSError as error:
            raise MailFailed(f"the folder {self._folder} cannot be written: {error.strerror}") from error

    def _write(self, path: Path, content: bytes) -> None:
        descriptor, unfinished = tempfile.mkstemp(dir=self._folder, suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(unfinished).replace(path)
        except BaseException:
            Path(unfinished).unlink(missing_ok=True)
            raise


class SmtpOutbox:
    """An SMTP server; each message has its own connection, so that a broken one harms no other.

    Parameters
    ----------
    settings : host, port, encryption and login.
    """

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._host = settings.smtp_host or ""
        if settings.smtp_user and settings.smtp_security == "none" and not is_loopback(self._host):
            rule = "a password goes over an encrypted connection only; choose starttls or tls"
            raise InvalidValue("mail.smtp_security", settings.smtp_security, rule)
        self._tls = None if settings.smtp_security == "none" else _checking(settings.smtp_ca_file)

    def send(self, message: EmailMessage) -> None:
        """Hand the message to the server and wait until it has said that it keeps it."""
        sender, recipient = valid_address(_only(message, "From")), recipient_of(message)
        content = message.as_bytes(policy=SMTP)
        try:
            with self._connected() as server:
                _agreed(server.mail(sender), "sender")
                _agreed(server.rcpt(recipient), "recipient")
                _hand_over(server, content)
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error, "connection") from error
        except (OSError, smtplib.SMTPException) as error:
            raise MailFailed(f"the mail server {self._host} failed: {_reason(error)}") from error

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        server = self._connect()
        try:
            yield server
            with suppress(OSError, smtplib.SMTPException):
                server.quit()  # the server keeps the message already, whatever it says now
        finally:
            server.close()

    def _connect(self) -> smtplib.SMTP:
        port, timeout = self._settings.smtp_port, self._settings.timeout_seconds
        if self._settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, port, timeout=timeout, context=self._tls)
        else:
            server = smtplib.SMTP(self._host, port, timeout=timeout)
        try:
            if self._settings.smtp_security == "starttls":
                server.starttls(context=self._tls)
            server.ehlo_or_helo_if_needed()
            if self._settings.smtp_user:
                password = self._settings.smtp_password
                server.login(self._settings.smtp_user, password.get_secret_value() if password else "")
        except BaseException:
            server.close()
            raise
        return server


def recipient_of(message: EmailMessage) -> str:
    """The one address a message is for; InvalidValue where a header holds a line end or there is not just one."""
    for name, value in message.items():
        if _BREAKS & set(str(value)):
            raise InvalidValue(f"mail header {name}", str(value), "a header is one line")
    for name in ("Cc", "Bcc"):
        if message[name] is not None:
            raise InvalidValue(f"mail header {name}", str(message[name]), "a letter is for one person")
    return valid_address(_only(message, "To"))


def _only(message: EmailMessage, name: str) -> str:
    found = [address.addr_spec for header in message.get_all(name, []) for address in header.addresses]
    if len(found) != 1:
        raise InvalidValue(f"mail header {name}", ", ".join(found), "it holds one address")
    return str(found[0])


def _file_name(message: EmailMessage, content: bytes) -> str:
    date = message["Date"]
    stamp = "undated" if date is None else f"{parsedate_to_datetime(str(date)).astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{stamp}-{hashlib.sha256(content).hexdigest()[:16]}.eml"


def _checking(ca_file: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise InvalidValue("mail.smtp_ca_file", str(ca_file), "it holds no certificates in PEM form") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # some systems' libraries would allow less
    return context


def _agreed(answer: tuple[int, bytes], what: str) -> None:
    code, said = answer
    if code not in (250, 251):
        raise _refusal(code, said, what)


def _hand_over(server: smtplib.SMTP, content: bytes) -> None:
    """Send the content; what fails while the server has the message and has not answered is in doubt."""
    try:
        code, said = server.data(content)
    except smtplib.SMTPDataError as error:
        raise _refusal(error.smtp_code, error.smtp_error, "message") from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailFailed(f"no answer after the message: {_reason(error)}", doubtful=True) from error
    if code != 250:
        raise _refusal(code, said, "message")


def _refusal(code: int, said: bytes | str, what: str) -> MailFailed:
    """Of what the server said only the code and its enhanced form are told: the words may repeat an address."""
    words = (said.decode("ascii", "replace") if isinstance(said, bytes) else said).split()
    enhanced = words[0] if words and words[0].replace(".", "").isdecimal() else ""
    permanent = 500 <= code < 600 and what in ("recipient", "message")  # the rest is for the operator to mend
    return MailFailed(f"the server refused the {what}, {code} {enhanced}".rstrip(), permanent=permanent)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or type(error).__name__)
