import stat
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path

import pytest

from features.errors import InvalidValue, MailFailed
from features.settings import MailSettings, Settings
from serving.mail.letters import Letter, composed
from serving.mail.outbox import FolderOutbox, SmtpOutbox, outbox_of, recipient_of

AT = datetime(2026, 2, 27, 8, tzinfo=UTC)


def message(subject: str = "Papers") -> EmailMessage:
    return composed(Letter("ada@example.org", subject, "Hello", "ada/1"), MailSettings(), AT)


def test_a_folder_takes_mail_where_no_server_is_named(tmp_path: Path) -> None:
    assert isinstance(outbox_of(Settings()), FolderOutbox)
    assert isinstance(outbox_of(Settings(mail=MailSettings(smtp_host="mail.example.org"))), SmtpOutbox)


def test_a_message_is_a_file_its_owner_alone_can_read(tmp_path: Path) -> None:
    FolderOutbox(tmp_path / "out").send(message())
    (path,) = (tmp_path / "out").iterdir()
    assert path.name.startswith("20260227T080000Z-")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert message_from_bytes(path.read_bytes(), policy=default)["Subject"] == "Papers"


def test_the_same_message_twice_is_one_file_and_two_are_two(tmp_path: Path) -> None:
    outbox = FolderOutbox(tmp_path)
    outbox.send(message())
    outbox.send(message())
    outbox.send(message("Other papers"))
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_cannot_be_written_is_a_failed_mail(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(MailFailed, match="out"):
        FolderOutbox(tmp_path / "out").send(message())


@pytest.mark.parametrize("header", ["Cc", "Bcc"])
def test_a_letter_has_no_second_reader(header: str) -> None:
    letter = message()
    letter[header] = "ben@example.org"
    with pytest.raises(InvalidValue, match=header):
        recipient_of(letter)


def test_two_people_in_one_header_are_refused() -> None:
    letter = message()
    letter.replace_header("To", "ada@example.org, ben@example.org")
    with pytest.raises(InvalidValue, match="To"):
        recipient_of(letter)


def test_a_line_end_that_another_policy_let_in_is_refused(tmp_path: Path) -> None:
    lax = Message()
    lax["Subject"] = "a\nBcc: ben@example.org"
    lax["To"] = "ada@example.org"
    with pytest.raises(InvalidValue, match="one line"):
        FolderOutbox(tmp_path).send(lax)  # type: ignore[arg-type]  # that is the point
    assert list(tmp_path.iterdir()) == []
