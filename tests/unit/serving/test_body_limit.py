"""A body above the cap is refused with or without a declared length."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from serving import exception_handlers
from serving.body_limit import BodyLimit


@pytest.fixture(scope="module")
def client() -> TestClient:
    app = FastAPI()

    @app.post("/size")
    async def size(request: Request) -> int:
        return len(await request.body())

    @app.post("/parsed")
    async def parsed(body: list[int]) -> int:
        return len(body)

    exception_handlers.install(app)
    app.add_middleware(BodyLimit, max_body_bytes=100)
    return TestClient(app)


def chunks(n: int) -> Iterator[bytes]:
    yield from (b"1" * 10 for _ in range(n))


def test_a_body_of_exactly_the_cap_passes(client: TestClient) -> None:
    assert client.post("/size", content=b"1" * 100).json() == 100
    assert client.post("/size", content=chunks(10)).json() == 100


@pytest.mark.parametrize("path", ["/size", "/parsed"])
@pytest.mark.parametrize("declared", [True, False])
def test_a_larger_body_is_413_however_it_comes(client: TestClient, path: str, declared: bool) -> None:
    answer = client.post(path, content=b"1" * 101 if declared else chunks(11))
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert "serving.max_body_bytes" in answer.json()["detail"]
