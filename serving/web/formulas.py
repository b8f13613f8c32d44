"""Titles and abstracts as HTML: text escaped, formulas between dollars as MathML.

The text is anybody's. A formula goes through :mod:`latex2mathml`, is parsed as XML and written anew with the elements
and attributes listed here; what cannot be read that way, or is more than a formula, stays the text it was.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from markupsafe import Markup, escape

from features.tex import from_tex

_LONGEST = 300
_TILDE = "\x01"
_FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$(?=\S)((?:[^$\\]|\\.)+?)(?<=\S)\$(?!\d)|\\\((.+?)\\\)", re.DOTALL)
_MACRO = re.compile(r"\\[A-Za-z\"'`^~=.%&_#$]")
_NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
_ELEMENTS = frozenset({
    "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "ms", "mfrac", "msqrt", "mroot", "mstyle", "mpadded",
    "mphantom", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "mtable",
    "mtr", "mtd",
})  # fmt: skip
_ATTRIBUTES = frozenset({
    "display", "displaystyle", "scriptlevel", "mathvariant", "stretchy", "fence", "form", "accent", "accentunder",
    "linethickness", "separator", "lspace", "rspace", "minsize", "maxsize", "columnalign", "rowspacing",
    "columnspacing", "width",
})  # fmt: skip
_VALUE = re.compile(r"[A-Za-z0-9.%+\- ]{0,40}")


def formulas(text: str) -> Markup:
    """``text`` as HTML with its formulas as MathML.

    >>> formulas("a < b in $x_1$")  # doctest: +ELLIPSIS
    Markup('a &lt; b in <math...<msub><mi>x</mi>...')
    """
    return Markup("").join(html for _, html in parts(text))


def parts(text: str) -> Iterator[tuple[str, Markup]]:
    """Runs of words and formulas in turn: each as it stands in ``text``, without its markup for words, and as HTML.

    The first of a formula is empty: nothing is to be looked for in it.
    """
    at = 0
    for found in _FORMULA.finditer(text):
        shown = _mathml(next(group for group in found.groups() if group is not None).strip())
        if shown is None:
            continue
        yield from _words(text[at : found.start()])
        yield "", Markup(shown)  # noqa: S704  # written by _written from a list of allowed names, its text escaped
        at = found.end()
    yield from _words(text[at:])


def _words(text: str) -> Iterator[tuple[str, Markup]]:
    """Without the commands of LaTeX; a tilde is no space here, people write it for 'about'."""
    if text:
        plain = from_tex(text.replace("~", _TILDE)).replace(_TILDE, "~") if _MACRO.search(text) else text
        yield plain, escape(plain)


@lru_cache(maxsize=8192)
def _mathml(formula: str) -> str | None:
    """The formula as MathML; None where it is none that can be shown."""
    from latex2mathml.converter import convert  # noqa: PLC0415  # a server starts without it

    if not formula or len(formula) > _LONGEST:
        return None
    try:
        root = fromstring(convert(formula))
    except (ParseError, DefusedXmlException, RecursionError):
        return None
    except Exception:  # noqa: BLE001 - a reader of LaTeX meets anything and raises what it likes
        return None
    try:
        return _written(root)
    except (ValueError, RecursionError):
        return None


def _written(element: Element) -> str:
    """The element with allowed names and values; ValueError for any other, or for LaTeX that was not understood."""
    name = element.tag.removeprefix(_NAMESPACE)
    if name not in _ELEMENTS or (element.tail is not None and element.tail.strip()):
        raise ValueError(name)
    text = (element.text or "").strip("\n")
    if "\\" in text:
        raise ValueError(text)
    kept = "".join(
        f' {key}="{value}"' for key, value in element.attrib.items() if key in _ATTRIBUTES and _VALUE.fullmatch(value)
    )
    if set(element.attrib) - _ATTRIBUTES:
        raise ValueError("attribute")
    inside = escape(text) + Markup("").join(Markup(_written(child)) for child in element)  # noqa: S704  # as above
    return f"<{name}{kept}>{inside}</{name}>"
