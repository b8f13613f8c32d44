"""A small typed client of the HTTP API, for programs that want their papers.

::

    with Client("http://127.0.0.1:8000", token) as broadsheet:
        for paper in broadsheet.recommendations("ada", limit=10):
            print(paper.probability, paper.title)

It needs httpx2 and pydantic and nothing else of Broadsheet, so the file can be copied.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal, Self, TypedDict

import httpx2
from pydantic import BaseModel

Kind = Literal["open", "save", "dismiss", "rate_up", "rate_down"]
LibraryFormat = Literal["bibtex", "ris", "csv", "text", "json"]


class Text(TypedDict, total=False):
    """A paper by its text (title, abstract) or by its id."""

    title: str
    abstract: str
    id: str


class Scored(BaseModel):
    """How much a paper is wanted; scores compare within one answer, probabilities are calibrated or None."""

    score: float
    probability: float | None


class Recommended(Scored):
    """A paper of a slate at its position, with reasons in words."""

    id: str
    title: str
    abstract: str
    position: int
    reasons: list[str]


class Imported(BaseModel):
    """What became of a library, by paper id; ``problems`` in words."""

    saved: list[str]
    kept: list[str]
    already: list[str]
    waiting: list[str]
    problems: list[str]


class ApiError(Exception):
    """The service said no: ``status`` of the answer, and ``detail``, which says what to do."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"HTTP {status}: {detail}")
        self.status = status
        self.detail = detail


class Client:
    """The service at ``url``, asked with ``token``; ``timeout`` is in seconds. Raises :class:`ApiError`."""

    def __init__(self, url: str, token: str | None = None, timeout: float = 60.0) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._http = httpx2.Client(base_url=url, headers=headers, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def recommendations(
        self, user_id: str, *, day: date | None = None, topic: str | None = None, limit: int = 50
    ) -> Iterator[Recommended]:
        """The first ``limit`` papers of a day's slate, page by page; the newest day's by default."""
        asked = {"day": None if day is None else day.isoformat(), "topic": topic}
        cursor: str | None = None
        while limit > 0:
            page = {**asked, "limit": str(min(limit, 100)), "cursor": cursor}
            answer = self._ask("GET", f"/v1/users/{user_id}/recommendations", params=_given(page))
            for item in answer["items"]:
                yield Recommended(
                    **item["paper"] | {"reasons": [reason["text"] for reason in item["reasons"]]},
                    **{name: item[name] for name in ("position", "score", "probability")},
                )
            limit, cursor = limit - len(answer["items"]), answer["next_cursor"]
            if cursor is None:
                return

    def score(self, papers: Sequence[Text], *, liked: Sequence[Text], disliked: Sequence[Text] = ()) -> list[Scored]:
        """Scores of ``papers``, in their order, by a classifier of these examples; nothing of it is kept."""
        body = {"papers": list(papers), "positives": list(liked), "negatives": list(disliked)}
        return [Scored(**one) for one in self._ask("POST", "/v1/score", json=body)["papers"]]

    def record(self, user_id: str, paper_id: str, kind: Kind, *, client_id: str) -> str:
        """Say what a user did; the same ``client_id`` again counts once. What became of it, as in ``recorded``."""
        row = {"client_id": client_id, "paper_id": paper_id, "kind": kind}
        return self._one_status({"user_id": user_id, "interactions": [row]})

    def take_back(self, user_id: str, client_id: str) -> str:
        """Take back what was recorded under ``client_id``."""
        return self._one_status({"user_id": user_id, "interactions": [{"retract": client_id}]})

    def import_library(self, user_id: str, library: str | bytes, form: LibraryFormat) -> Imported:
        """Save the papers of a library."""
        headers = {"Content-Type": "application/octet-stream"}
        path = f"/v1/users/{user_id}/library"
        answer = self._ask("POST", path, content=library, params={"format": form}, headers=headers)
        problems = [f"line {row['line']}: {row['reason']}" for row in answer["problems"]]
        return Imported(**answer | {"problems": problems})

    def saved(self, user_id: str, form: Literal["bibtex", "ris", "csv"] = "bibtex") -> str:
        """What a user has saved, as a file's text."""
        return self._answer("GET", f"/v1/users/{user_id}/saved", params={"format": form}).text

    def _one_status(self, batch: Mapping[str, object]) -> str:
        return str(self._ask("POST", "/v1/interactions", json=batch)["rows"][0]["status"])

    def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        found: dict[str, Any] = self._answer(method, path, **request).json()
        return found

    def _answer(self, method: str, path: str, **request: Any) -> httpx2.Response:
        answer = self._http.request(method, path, **request)
        if answer.status_code >= 400:
            is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
            raise ApiError(answer.status_code, answer.json()["detail"] if is_problem else answer.reason_phrase)
        return answer


def _given(parameters: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in parameters.items() if value is not None}
