import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from features.errors import InvalidValue, MailFailed
from features.settings import MailSettings
from serving.mail.letters import Letter, composed
from serving.mail.outbox import SmtpOutbox
from tests.integration.conftest import StartServer

AT = datetime(2026, 2, 27, 8, tzinfo=UTC)
LETTER = Letter("ada@example.org", "Today’s papers", "Grüße\n.\nthe end", "test", html="<p>Grüße</p>")


def send(settings: MailSettings, letter: Letter = LETTER) -> None:
    SmtpOutbox(settings).send(composed(letter, settings, AT))


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_a_letter_arrives_as_it_was_written(start_server: StartServer, security: str) -> None:
    server = start_server(security)
    send(server.settings)
    (message,) = server.mailbox.messages
    assert message["Subject"] == "Today’s papers"
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip
    assert message.get_body(("plain",)).get_content().splitlines() == ["Grüße", ".", "the end"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_cannot_prove_who_it_is_gets_no_letter(start_server: StartServer, security: str) -> None:
    server = start_server(security)
    with pytest.raises(MailFailed, match="certificate"):
        send(server.settings.model_copy(update={"smtp_ca_file": None}))
    assert server.mailbox.messages == []


def test_a_server_that_offers_no_encryption_is_left_alone(start_server: StartServer) -> None:
    server = start_server("none")
    with pytest.raises(MailFailed):
        send(server.settings.model_copy(update={"smtp_security": "starttls"}))
    assert server.mailbox.messages == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_name_and_password_open_the_server(start_server: StartServer, security: str) -> None:
    server = start_server(security, smtp_user="broadsheet", smtp_password=SecretStr("wonderland"))
    send(server.settings)
    assert len(server.mailbox.messages) == 1


def test_a_wrong_password_is_told_without_the_password(start_server: StartServer) -> None:
    server = start_server("starttls", smtp_user="broadsheet", smtp_password=SecretStr("looking-glass"))
    with pytest.raises(MailFailed) as failure:
        send(server.settings)
    assert "535" in str(failure.value)
    assert "looking-glass" not in str(failure.value) + repr(server.settings)
    assert not failure.value.permanent


def test_a_password_is_not_sent_in_clear_to_another_machine() -> None:
    settings = MailSettings(smtp_host="mail.example.org", smtp_security="none", smtp_user="broadsheet")
    with pytest.raises(InvalidValue, match="encrypted"):
        SmtpOutbox(settings)


@pytest.mark.parametrize(
    ("step", "answer", "permanent"),
    [
        ("RCPT", "550 5.1.1 nobody called ada@example.org", True),
        ("RCPT", "451 4.7.1 come back later", False),
        ("DATA", "554 5.7.1 no", True),
        ("DATA", "452 4.3.1 full", False),
    ],
)
def test_a_refusal_says_whether_it_is_for_good(
    start_server: StartServer, step: str, answer: str, permanent: bool
) -> None:
    server = start_server()
    server.mailbox.answers[step] = answer
    with pytest.raises(MailFailed, match=answer[:9]) as failure:
        send(server.settings)
    assert (failure.value.permanent, failure.value.doubtful) == (permanent, False)
    assert "ada" not in str(failure.value)


def test_a_server_that_vanishes_with_the_letter_leaves_a_doubt(start_server: StartServer) -> None:
    server = start_server()
    server.mailbox.answers["DATA"] = "vanish"
    with pytest.raises(MailFailed) as failure:
        send(server.settings)
    assert failure.value.doubtful


def test_a_rude_farewell_does_not_undo_a_letter_that_was_taken(start_server: StartServer) -> None:
    server = start_server()
    server.mailbox.answers["QUIT"] = "421 too busy to say goodbye"
    send(server.settings)
    assert len(server.mailbox.messages) == 1


def test_a_server_that_is_not_there_is_a_failure_in_one_line() -> None:
    with pytest.raises(MailFailed) as failure:
        send(MailSettings(smtp_host="127.0.0.1", smtp_port=1, smtp_security="none"))
    assert "\n" not in str(failure.value)
    assert not failure.value.doubtful


def test_a_file_that_holds_no_certificates_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("nothing")
    with pytest.raises(InvalidValue, match="PEM"):
        SmtpOutbox(MailSettings(smtp_host="localhost", smtp_ca_file=path))


def test_old_protocols_are_refused(start_server: StartServer, authority: object) -> None:
    assert SmtpOutbox(start_server("tls").settings)._tls.minimum_version >= ssl.TLSVersion.TLSv1_2
