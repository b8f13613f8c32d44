"""The style sheet and the script, under an address that changes with their content."""

from fastapi import APIRouter
from starlette.responses import Response

from features.errors import UnknownPage
from serving.web.pages import STATIC, VERSIONS

router = APIRouter(include_in_schema=False)

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}


@router.get("/static/{version}/{name}")
async def static_file(version: str, name: str) -> Response:
    """Give one of the files; kept by browsers for good where the address names its content."""
    if name not in STATIC:
        raise UnknownPage
    lasting = "public, max-age=31536000, immutable" if version == VERSIONS[name] else "no-cache"
    headers = {"Cache-Control": lasting, "X-Content-Type-Options": "nosniff"}
    return Response(STATIC[name], media_type=_TYPES[name.rpartition(".")[2]], headers=headers)
