"""/docs: the OpenAPI document as one page of plain HTML. It loads nothing from anywhere, and runs no script."""

import json
from html import escape
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
code,pre{font:13px/1.4 ui-monospace,monospace}pre{background:#f4f4f2;padding:.75rem;overflow:auto}
summary{cursor:pointer;padding:.25rem 0}summary b{display:inline-block;width:4.5rem}
dt{font-family:ui-monospace,monospace}dd{margin:0 0 .5rem 1.5rem}h2{border-bottom:1px solid #ccc}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@router.get("/docs", response_class=HTMLResponse)
async def docs(request: Request) -> HTMLResponse:
    """Show every operation with its parameters, answers and examples."""
    return HTMLResponse(page(request.app.openapi()), headers={"Content-Security-Policy": _POLICY})


def page(document: dict[str, Any]) -> str:
    """``document`` (OpenAPI) as HTML."""
    operations = [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    sections = "".join(
        f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>"
        + "".join(_operation(*one) for one in operations if tag["name"] in one[2]["tags"])
        for tag in document["tags"]
    )
    title = f"{escape(document['info']['title'])} {escape(document['info']['version'])}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}: API</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1><p>{escape(document['info']['summary'])} The same as a "
        f'document: <a href="openapi.json">openapi.json</a>.</p>{sections}</body></html>'
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parameters = "".join(
        f"<dt>{escape(one['name'])} <small>({one['in']}{', required' if one.get('required') else ''})</small></dt>"
        f"<dd>{escape(one.get('description') or one['schema'].get('description', ''))}</dd>"
        for one in operation.get("parameters", [])
    )
    answers = "".join(
        f"<dt>{status}</dt><dd>{escape(answer['description'])}{_example(answer)}</dd>"
        for status, answer in operation["responses"].items()
    )
    return (
        f'<details id="{operation["operationId"]}"><summary><b>{method.upper()}</b> <code>{escape(path)}</code> '
        f"{escape(operation['summary'])}</summary><p>{escape(operation.get('description', ''))}</p>"
        f"<dl>{parameters}</dl><dl>{answers}</dl></details>"
    )


def _example(answer: dict[str, Any]) -> str:
    examples = [content["example"] for content in answer.get("content", {}).values() if "example" in content]
    return "".join(
        f"<pre>{escape(one if isinstance(one, str) else json.dumps(one, indent=2))}</pre>" for one in examples
    )
