"""A real SMTP server on loopback, plain or encrypted, that keeps what it takes and can be told to fail."""

import ssl
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from features.settings import MailSettings


class Mailbox:
    """What the server has taken; ``answers`` maps a step of a transaction to what it says instead of taking it."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.answers: dict[str, str] = {}

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answers.get("DATA") == "vanish":
            server.transport.abort()
            return "250 never heard"
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.messages.append(message_from_bytes(envelope.content, policy=default))
        return "250 kept"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:
        return self.answers.get("QUIT", "221 Bye")


class Server:
    """A listening server: its mailbox and the settings that reach it."""

    def __init__(self, mailbox: Mailbox, settings: MailSettings) -> None:
        self.mailbox, self.settings = mailbox, settings


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def certificate(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def _check_password(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
    # "handled" would mean that the answer has been sent already
    return AuthResult(success=data.password == b"wonderland", handled=False)


StartServer = Callable[..., Server]


@pytest.fixture
def start_server(authority: trustme.CA, ca_file: Path) -> Iterator[StartServer]:
    """Starts a server whose connections are encrypted as said: ``none``, ``starttls`` or ``tls``."""
    running: list[Controller] = []

    def start(security: str = "none", **settings: Any) -> Server:
        options: dict[str, Any] = {"hostname": "localhost", "port": 0}
        if security == "tls":
            options["ssl_context"] = certificate(authority)
        if security == "starttls":
            options |= {"tls_context": certificate(authority), "require_starttls": True}
        if "smtp_user" in settings:
            encrypted_later = security == "starttls"
            options |= {"authenticator": _check_password, "auth_require_tls": encrypted_later}
            options["auth_required"] = encrypted_later
        mailbox = Mailbox()
        controller = _AnyPort(mailbox, **options)
        controller.start()
        running.append(controller)
        port = controller.server.sockets[0].getsockname()[1]
        fields = {"smtp_host": "localhost", "smtp_port": port, "smtp_security": security, "timeout_seconds": 5.0}
        if security != "none":
            fields["smtp_ca_file"] = ca_file
        return Server(mailbox, MailSettings(**{**fields, **settings}))

    yield start
    for controller in running:
        controller.stop()


class _AnyPort(Controller):
    """The controller asks whether it was started by connecting to itself, for which it has to know its port."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
