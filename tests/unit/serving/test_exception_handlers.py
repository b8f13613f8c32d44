"""Every failure is one problem+json answer, and tells nothing it should not."""

import logging

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from features import errors
from serving import exception_handlers
from serving.exception_handlers import status_of

ERRORS = [
    (errors.InvalidValue("limit", 0, "a page holds 1 to 200 items"), 422),
    (errors.LimitExceeded("a text", 3, 2, "serving.max_text_bytes"), 413),
    (errors.AlreadyExists("user 'ada'"), 409),
    (errors.UnknownUser("ada"), 404),
    (errors.UnknownDay(), 404),
    (errors.NotAuthenticated(), 401),
    (errors.NotAllowed("that"), 403),
    (errors.RateLimited(1.2), 429),
    (errors.StoreFailed("at postgresql://me:secret@host"), 503),
    (errors.BrokenArtifact("x", "changed"), 503),
    (errors.NoChampion(), 503),
    (errors.NotReady("the feed is old"), 503),
]


def client_raising(error: Exception) -> TestClient:
    app = FastAPI()

    @app.get("/")
    async def fail() -> None:
        raise error

    @app.get("/typed")
    async def typed(number: int) -> int:
        return number

    exception_handlers.install(app)
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(("error", "status"), ERRORS, ids=lambda value: type(value).__name__)
def test_an_error_has_the_status_of_its_nearest_ancestor(error: errors.BroadsheetError, status: int) -> None:
    answer = client_raising(error).get("/")
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_a_caller_does_wrong_is_never_the_servers_fault() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.BadInput)]
    assert {status_of(kind.__new__(kind)) for kind in kinds} == {409, 413, 422}


def test_the_names_of_problems_are_stable() -> None:
    problem = client_raising(errors.UnknownUser("ada")).get("/").json()
    assert (problem["type"], problem["title"]) == ("urn:broadsheet:unknown-user", "Unknown user")


def test_401_says_how_to_authenticate_and_429_when_to_come_back() -> None:
    assert client_raising(errors.NotAuthenticated()).get("/").headers["www-authenticate"].startswith("Bearer")
    assert client_raising(errors.RateLimited(1.2)).get("/").headers["retry-after"] == "2"


def test_a_fault_of_the_server_tells_its_internals_to_the_log_only(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = client_raising(RuntimeError("select * from secrets")).get("/")
    assert (answer.status_code, "secrets" in answer.text) == (500, False)
    assert answer.json()["instance"] in caplog.text


def test_a_failing_store_does_not_tell_where_it_is() -> None:
    assert "secret" not in client_raising(errors.StoreFailed("at postgresql://me:secret@host")).get("/").text


def test_a_value_that_fails_is_named_and_not_repeated() -> None:
    problem = client_raising(RuntimeError()).get("/typed", params={"number": "hunter2"}).json()
    assert (problem["status"], problem["errors"][0]["where"]) == (422, "query.number")
    assert "hunter2" not in str(problem)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/", 405)])
def test_what_is_not_routed_is_a_problem_too(method: str, path: str, status: int) -> None:
    answer = client_raising(RuntimeError()).request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
