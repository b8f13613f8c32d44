"""From a template and what it shows to an answer: escaped, under a strict policy, never kept by a proxy."""

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import partial
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from serving.dependencies import Services
from serving.web.abstracts import marked, sentences_in
from serving.web.cookies import give_visitor, is_https
from serving.web.formulas import formulas
from serving.web.visit import Visit

STATIC = {name: (files("serving.web") / "static" / name).read_bytes() for name in ("broadsheet.css", "broadsheet.js")}
"""What the pages load, all of it from here."""

VERSIONS = {name: hashlib.sha256(content).hexdigest()[:12] for name, content in STATIC.items()}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def rendered(services: Services, visit: Visit, template: str, status: int = 200, **shown: Any) -> Response:
    """The page ``template`` for this visit, with ``shown`` as its variables."""
    html = _pages.get_template(template).render(
        visit=visit, sentences=partial(sentences_in, services.shelf.champion), **shown
    )
    response = HTMLResponse(html, status_code=status, headers=security_headers(services))
    if visit.new_visitor is not None:
        give_visitor(response, visit.new_visitor, services.settings.serving)
    return response


def see_other(path: str) -> RedirectResponse:
    """After a form: look at ``path``, a path of ours, with a GET."""
    return RedirectResponse(path, status_code=303, headers={"Cache-Control": "no-store"})


def security_headers(services: Services) -> Mapping[str, str]:
    """What every page is sent with."""
    headers = {
        "Content-Security-Policy": _POLICY,
        "Cache-Control": "private, no-store",
        "Referrer-Policy": "same-origin",  # tokens stand in addresses of ours, which are nobody else's business
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if is_https(services.settings.serving):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def long_date(day: date) -> str:
    """As in Friday, 27 February 2026."""
    return f"{day:%A}, {day.day} {day:%B} {day.year}"


def percent(share: float) -> str:
    """A probability in whole percent, never a certainty."""
    return f"{min(99, max(1, round(100 * share)))} %"


def topic_label(name: str) -> str:
    """A topic as it is shown: one that comes from keywords without the word that says so."""
    return name.removeprefix("keyword:")


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("serving.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "long_date": long_date,
        "percent": percent,
        "topic_label": topic_label,
        "formulas": formulas,
        "marked": marked,
    }
    environment.globals |= {"asset_versions": VERSIONS}
    return environment


_pages = _environment()
