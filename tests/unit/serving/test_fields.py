"""Single values of requests."""

from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from serving.schemas.fields import ClientId, Day, Instant, PaperId, TopicName, UserId


@pytest.mark.parametrize("text", ["2026-02-30", "yesterday", "20260227", "1767225600", "2026-02-27T00:00:00", ""])
def test_a_day_that_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Day).validate_python(text)


def test_a_day_is_read() -> None:
    assert TypeAdapter(Day).validate_python("2026-02-27") == date(2026, 2, 27)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-27T08:00:00",
        "2026-02-27",
        "now",
        "1767225600",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_an_instant_without_a_zone_or_out_of_reach_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python(text)


def test_an_instant_comes_out_in_utc() -> None:
    assert TypeAdapter(Instant).validate_python("2026-02-27T10:00:00+02:00") == datetime(2026, 2, 27, 8, tzinfo=UTC)


@pytest.mark.parametrize("kind", [UserId, PaperId, TopicName, ClientId])
@pytest.mark.parametrize("text", ["", "a\x00b", "\ud800", "x" * 200])
def test_a_name_the_store_could_not_hold_is_refused(kind: object, text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(text)
