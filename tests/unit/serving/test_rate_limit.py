"""Token buckets: fair, refilling, bounded."""

import pytest

from features.errors import RateLimited
from serving.rate_limit import RateLimiter


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_the_request_after_the_last_one_allowed_is_told_when_to_come_back() -> None:
    limiter = RateLimiter(2, Stopwatch())
    limiter.take("ada")
    limiter.take("ada")
    with pytest.raises(RateLimited) as caught:
        limiter.take("ada")
    assert caught.value.retry_after == pytest.approx(30.0)


def test_a_bucket_refills_at_its_pace_and_never_beyond_its_size() -> None:
    clock = Stopwatch()
    limiter = RateLimiter(2, clock)
    for _ in range(2):
        limiter.take("ada")
    clock.seconds = 30.0
    limiter.take("ada")
    clock.seconds = 3600.0
    limiter.take("ada")
    limiter.take("ada")
    with pytest.raises(RateLimited):
        limiter.take("ada")


def test_callers_do_not_share_a_bucket() -> None:
    limiter = RateLimiter(1, Stopwatch())
    limiter.take("ada")
    limiter.take("ben")


def test_a_million_callers_would_not_fill_memory() -> None:
    limiter = RateLimiter(1, Stopwatch(), max_keys=10)
    for number in range(1000):
        limiter.take(str(number))
    assert len(limiter) == 10
