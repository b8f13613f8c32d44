"""XML of outside services, checked for entity bombs before any other parser sees it."""

import io
import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from features.errors import SourceFailed

if TYPE_CHECKING:  # only who fetches waits for it
    import feedparser


def parse_xml(body: bytes, service: str) -> Element:
    """The root of ``body``; SourceFailed where it declares entities (they could unfold without end) or is broken."""
    try:
        root: Element = fromstring(body)
    except DefusedXmlException as error:
        raise SourceFailed(service, "the answer declares XML entities or outside references; refused") from error
    except ParseError as error:
        raise SourceFailed(service, f"the answer is no complete XML: {error}") from error
    except (LookupError, ValueError) as error:
        raise SourceFailed(service, f"the answer is in no known encoding: {error}") from error
    return root


def parse_feed(body: bytes, service: str) -> "feedparser.FeedParserDict":
    """The Atom or RSS feed in ``body``, its texts as they stand; SourceFailed as in :func:`parse_xml`."""
    import feedparser  # noqa: PLC0415  # only who fetches waits for it

    parse_xml(body, service)
    # Sanitising would take "<17.5 and 3>" for a tag; features.text does it with more care.
    feed = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    if not feed.version:
        raise SourceFailed(service, "the answer is neither Atom nor RSS")
    return feed


def local_name(element: Element) -> str:
    """The name of ``element`` without its namespace."""
    return re.sub(r"^\{.*\}", "", element.tag)
