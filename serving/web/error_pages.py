"""A failure as a page, for those who came with a browser."""

from starlette.requests import Request
from starlette.responses import Response

from serving.problems import Problem
from serving.web.pages import rendered, see_other
from serving.web.visit import Visit

_SIGN_IN = "urn:broadsheet:not-signed-in"
_NOT_PAGES = ("/v1/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/feeds/", "/static/")


def wants_page(request: Request) -> bool:
    """Whether a person waits for an answer to this request, and not a program."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(_NOT_PAGES)


def problem_page(request: Request, problem: Problem) -> Response:
    """``problem`` in the paper's own frame; who has to sign in is led there."""
    if problem.type == _SIGN_IN:
        return see_other("/signin")
    visit = Visit(None, "", request.url.path)
    return rendered(request.app.state.services, visit, "problem.html", problem.status, problem=problem)
