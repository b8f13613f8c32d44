from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.addresses import valid_address
from features.errors import InvalidValue
from features.settings import MailSettings
from serving.mail.letters import Letter, composed

AT = datetime(2026, 2, 27, 8, tzinfo=UTC)
SETTINGS = MailSettings(sender="news@example.org")


def letter(**changes: object) -> Letter:
    fields: dict[str, object] = {"to": "ada@example.org", "subject": "Papers", "text": "Hello", "name": "ada/1"}
    return Letter(**{**fields, **changes})  # type: ignore[arg-type]  # any of them


@pytest.mark.parametrize("address", ["ada@example.org", "a.b+c@x-y.example", "o'hara@localhost", "a@1.2.example"])
def test_an_address_is_known_by_its_small_letters(address: str) -> None:
    assert valid_address(f" {address.upper()} ") == address


@pytest.mark.parametrize(
    "address",
    [
        "", "ada", "@example.org", "ada@", "a@b@c", "ada@-x.org", "ada@x..org", "a..b@x.org", ".a@x.org", "a.@x.org",
        "ada@x.org, ben@x.org", "ada@x.org\nBcc: ben@x.org", "<ada@x.org>", "a b@x.org", "ada@x.org.",
        "a" * 65 + "@x.org", "a@" + "b." * 130 + "org", "ada@x.org\0", "ädä@x.org",
    ],
)  # fmt: skip
def test_what_no_server_would_take_is_no_address(address: str) -> None:
    with pytest.raises(InvalidValue, match="mail address"):
        valid_address(address)


@pytest.mark.parametrize("host", ["a" * 240, "a-" * 120, "a." * 120, ("a" * 63 + ".") * 3])
def test_a_long_wrong_address_is_refused_in_one_pass(host: str) -> None:
    with pytest.raises(InvalidValue):
        valid_address(f"x@{host}!")


@given(st.text(max_size=200))
def test_no_subject_makes_a_second_header(subject: str) -> None:
    message = composed(letter(subject=subject), SETTINGS, AT)
    lines = message.as_bytes().partition(b"\n\n")[0].split(b"\n")
    names = [line.partition(b":")[0] for line in lines if not line.startswith((b" ", b"\t"))]
    assert sorted(names) == sorted(name.encode() for name in message)
    assert len(message["Subject"].splitlines()) <= 1


@pytest.mark.parametrize(
    "subject",
    ["a\r\nBcc: ben@example.org", "=?utf-8?q?a=0D=0ABcc:_ben?=", "=?utf-8?b?YQpCY2M6IGJlbg==?=", "a\x85b\u2028c"],
)
def test_a_hostile_subject_stays_one_line_of_text(subject: str) -> None:
    message = composed(letter(subject=subject), SETTINGS, AT)
    assert message["Bcc"] is None
    assert message["Subject"].isprintable()


@pytest.mark.parametrize("value", ["<https://x.example>\nBcc: ben@example.org", "a\rb"])
def test_a_header_with_a_line_end_is_refused(value: str) -> None:
    with pytest.raises(InvalidValue, match="List-Unsubscribe"):
        composed(letter(headers={"List-Unsubscribe": value}), SETTINGS, AT)


def test_the_same_letter_keeps_its_message_id_and_another_has_its_own() -> None:
    first, again, other = (composed(letter(name=name), SETTINGS, AT) for name in ("ada/1", "ada/1", "ada/2"))
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]


def test_a_letter_says_who_when_and_what() -> None:
    message = composed(letter(html="<p>Hello</p>"), SETTINGS, AT)
    assert (message["From"], message["To"]) == ("Broadsheet <news@example.org>", "ada@example.org")
    assert message["Date"] == "Fri, 27 Feb 2026 08:00:00 +0000"
    assert message.get_body(("html",)).get_content() == "<p>Hello</p>\n"
