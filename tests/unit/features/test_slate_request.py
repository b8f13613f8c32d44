from datetime import UTC, date, datetime, timedelta, timezone

from features.slate_request import SlateRequest

NOON = datetime(2026, 2, 27, 12, tzinfo=UTC)


def request(**changes: object) -> SlateRequest:
    fields: dict[str, object] = {
        "user_id": "ada",
        "day": date(2026, 2, 27),
        "as_of": NOON,
        "model_version": "3",
    }
    return SlateRequest(**{**fields, **changes})  # type: ignore[arg-type]  # fields vary by test


def test_the_slate_id_is_a_hash_of_exactly_the_request() -> None:
    assert request().slate_id == request(as_of=NOON.astimezone(timezone(timedelta(hours=5)))).slate_id
    others = [
        request(user_id="bob"),
        request(day=date(2026, 2, 26)),
        request(as_of=NOON + timedelta(microseconds=1)),
        request(model_version="4"),
        request(seed=1),
        request(topic="cs.CL"),
        request(min_probability=0.0),
        request(min_probability=0.25),
    ]
    assert len({request().slate_id, *(other.slate_id for other in others)}) == 9
