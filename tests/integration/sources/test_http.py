import gzip
from datetime import UTC, datetime

import pytest

from features.errors import LimitExceeded, SourceFailed
from features.settings import IngestSettings
from features.sources.http import Answer, PoliteClient, TryAgain, retry_after
from features.sources.timing import Timing
from tests.integration.sources.conftest import FakeTime, Reply, Service

GOOD = Reply("fine")
BUSY = Reply("busy", 503)


def ask(service: Service, clock: FakeTime, **changes: float | str) -> Answer:
    settings = IngestSettings(**{"request_interval_seconds": 0.0, **changes})
    with PoliteClient("the service", settings, clock.timing) as client:
        return client.get(service.url, {"q": "a b"}, lambda answer: answer)


def test_two_requests_are_three_seconds_apart(service: Service, clock: FakeTime) -> None:
    service.replies = [GOOD]
    with PoliteClient("the service", IngestSettings(), clock.timing) as client:
        client.get(service.url, {}, str)
        clock.elapsed += 1
        client.get(service.url, {}, str)
    assert clock.slept == [2.0]


def test_the_client_names_itself(service: Service, clock: FakeTime) -> None:
    service.replies = [GOOD]
    assert ask(service, clock, user_agent="us/1").body == b"fine"
    assert service.asked[0].headers["User-Agent"] == "us/1"
    assert service.asked[0].query == {"q": "a b"}


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_service_is_asked_again_with_growing_waits(service: Service, clock: FakeTime, status: int) -> None:
    service.replies = [Reply("busy", status)] * 3 + [GOOD]
    assert ask(service, clock).body == b"fine"
    assert clock.slept == [3.0, 6.0, 12.0]


def test_retry_after_in_seconds_is_waited_for(service: Service, clock: FakeTime) -> None:
    service.replies = [Reply("busy", 503, {"Retry-After": "20"}), GOOD]
    ask(service, clock)
    assert clock.slept == [20.0]


def test_retry_after_as_a_date_is_waited_for(service: Service, clock: FakeTime) -> None:
    service.replies = [Reply("busy", 503, {"Retry-After": "Fri, 27 Feb 2026 12:00:45 GMT"}), GOOD]
    ask(service, clock)
    assert clock.slept == [45.0]


def test_a_wait_longer_than_the_cap_ends_the_fetch_at_once(service: Service, clock: FakeTime) -> None:
    service.replies = [Reply("busy", 503, {"Retry-After": "3600"})]
    with pytest.raises(SourceFailed, match=r"wait 3600 s, more than 600 s \(setting ingest.max_retry_after_seconds\)"):
        ask(service, clock)
    assert clock.slept == []


def test_a_service_that_stays_busy_has_failed(service: Service, clock: FakeTime) -> None:
    service.replies = [BUSY]
    with pytest.raises(SourceFailed, match=r"the service: answers HTTP 503 \(after 5 tries\)"):
        ask(service, clock)
    assert len(service.asked) == 5


def test_a_slow_answer_is_asked_for_again(service: Service, clock: FakeTime) -> None:
    service.replies = [Reply("slow", delay=0.5), GOOD]
    assert ask(service, clock, request_timeout_seconds=0.2).body == b"fine"


def test_an_answer_that_drips_is_given_up_at_the_deadline(service: Service, clock: FakeTime) -> None:
    service.replies = [Reply("x" * 200_000, pieces=100), GOOD]
    clock.tick = 1.0
    assert ask(service, clock, request_timeout_seconds=5.0).body == b"fine"


def test_a_truncated_answer_is_asked_for_again(service: Service, clock: FakeTime) -> None:
    service.replies = [Reply("half", promised=100), GOOD]
    assert ask(service, clock).body == b"fine"


def test_an_answer_that_is_too_large_is_refused(service: Service, clock: FakeTime) -> None:
    for body, headers in ((b"x" * 2000, {}), (gzip.compress(b"x" * 2000), {"Content-Encoding": "gzip"})):
        service.replies = [Reply(body, headers=headers)]
        with pytest.raises(LimitExceeded, match=r"ingest.max_response_bytes"):
            ask(service, clock, max_response_bytes=1999)


def test_a_gzipped_answer_is_unpacked(service: Service, clock: FakeTime) -> None:
    service.replies = [Reply(gzip.compress(b"fine"), headers={"Content-Encoding": "gzip"})]
    assert ask(service, clock).body == b"fine"


def test_a_broken_encoding_or_endless_redirects_fail_without_a_traceback(service: Service, clock: FakeTime) -> None:
    for reply in (Reply(b"rubbish", headers={"Content-Encoding": "gzip"}), Reply("", 302, {"Location": "/again"})):
        service.replies = [reply]
        with pytest.raises(SourceFailed, match=r"the service: cannot be asked"):
            ask(service, clock)


def test_a_service_that_is_not_there_has_failed(clock: FakeTime) -> None:
    with pytest.raises(SourceFailed, match="the connection broke"):
        ask(Service(url="http://127.0.0.1:9"), clock, request_attempts=2)


def test_what_reads_an_answer_may_ask_again(service: Service, clock: FakeTime) -> None:
    service.replies = [Reply("empty"), GOOD]

    def read(answer: Answer) -> bytes:
        if answer.body == b"empty":
            raise TryAgain("nothing yet")
        return answer.body

    with PoliteClient("the service", IngestSettings(), clock.timing) as client:
        assert client.get(service.url, {}, read) == b"fine"


def test_the_real_clock_is_aware() -> None:
    assert Timing().now().tzinfo is UTC


@pytest.mark.parametrize("value", [None, "", "soon", "-1", "1.5", "99 Abc 9999"])
def test_a_retry_after_that_says_nothing_is_none(value: str | None) -> None:
    assert retry_after(value, datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_a_retry_after_in_the_past_is_no_wait() -> None:
    assert retry_after("Fri, 27 Feb 2026 12:00:00 GMT", datetime(2026, 3, 1, tzinfo=UTC)) == 0.0
