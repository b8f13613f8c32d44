"""Untrusted titles, abstracts and names → plain text on one line.

Feeds mix LaTeX, HTML, entities and stray control characters. LaTeX stays as it came (readers know it, and encoders
learn from it); everything else becomes the characters a reader would have seen. Every function here is pure, takes any
string without raising, and gives the same text when its own answer goes in again.
"""

import html
import re
import unicodedata
from collections.abc import Iterable

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Only names HTML, JATS and MathML know, with strict attributes: <think>, "a < b" and averages like <M/L> are text.
_NAMES = (
    "a|abbr|article-title|b|bdi|bdo|big|blockquote|bold|br|center|cite|code|del|dd|div|dl|dt|em|font|h[1-6]|hr|i|img|"
    "inline-formula|ins|italic|jats:[a-z-]+|li|mml:[a-z]+|math|mfrac|mi|mn|mo|mrow|msqrt|msub|msubsup|msup|mtext|ol|"
    "p|pre|q|s|sec|small|span|strike|strong|sub|sup|table|tbody|td|th|title|tr|tt|u|ul|var|wbr"
)
_ATTRIBUTES = r"""(?:\s+[A-Za-z:_-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>/]+))"""
_TAG = re.compile(rf"<(?P<close>/?)(?P<name>{_NAMES})(?P<rest>{_ATTRIBUTES}*\s*/?)>", re.IGNORECASE)
_BLOCKS = (
    (re.compile("<!--"), re.compile("-->")),
    (re.compile(r"<script\b[^<>]*>", re.IGNORECASE), re.compile(r"</script\s{0,9}>", re.IGNORECASE)),
    (re.compile(r"<style\b[^<>]*>", re.IGNORECASE), re.compile(r"</style\s{0,9}>", re.IGNORECASE)),
)
_ALWAYS_TAGS = frozenset({"br", "hr", "img", "wbr"})
# Inline tags join the letters beside them (H<sub>2</sub>O); all others part words.
_INLINE = frozenset(
    {"a", "abbr", "b", "bold", "em", "font", "i", "italic", "mi", "mn", "s", "small", "span", "strong", "sub", "sup"}
    | {"tt", "u", "wbr"}
)
# Controls that are not white space, soft hyphen, zero-width and direction marks, tags, noncharacters, lone surrogates.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff0-\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_ABSTRACT_LEAD = re.compile(r"(?:(?:arXiv:\S+ Announce Type: \S+ )?Abstract: ?)+", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|I{2,3}|IV")
_PASSES = 5
_STYLING = re.compile(r"\\(?:emph|text[a-z]{2}|math[a-z]{2,4})(?![A-Za-z])")


def plain(value: str) -> str:
    """``value`` without markup, entities and invisible characters, in NFC, white space folded to single spaces."""
    text = value
    for _ in range(_PASSES):
        before, text = text, _one_pass(text)
        if text == before:
            return text
    # Markup escaped more often than anybody does by accident: take its signs away, and nothing can unfold any more.
    return _one_pass(re.sub("[&<]", " ", text))


def plain_abstract(value: str) -> str:
    """:func:`plain` text of an abstract without the lead of arXiv's feeds (``… Announce Type: new Abstract:``)."""
    text = plain(value)
    lead = _ABSTRACT_LEAD.match(text)
    return text[lead.end() :] if lead else text


def plain_list(values: Iterable[str]) -> tuple[str, ...]:
    """Each value as :func:`plain` text, in order, empty ones and repetitions left out."""
    return tuple(dict.fromkeys(text for value in values if (text := plain(value))))


def title_key(title: str) -> str:
    """What of a title is the same however it is typed: its letters and digits, small and without accents.

    >>> title_key("BERT: Pre-training of Déep  Transformers")
    'bertpretrainingofdeeptransformers'
    """
    text = unicodedata.normalize("NFKD", _STYLING.sub("", plain(title))).casefold()
    return "".join(character for character in text if character.isalnum())


def split_names(value: str) -> tuple[str, ...]:
    """Author names out of one string: ``A. One, B. Two and C. Three (Here, There)``.

    Names are parted by commas, semicolons and ``and``; parenthesised affiliations go; ``Jr.`` and the like stay with
    the name before them.
    """
    names: list[str] = []
    for part in re.split(r"[,;]| and ", f" {_without_parentheses(plain(value))} "):
        name = part.strip().removeprefix("and ").strip()
        if names and _SUFFIX.fullmatch(name):
            names[-1] = f"{names[-1]}, {name}"
        elif name:
            names.append(name)
    return tuple(dict.fromkeys(names))


def _one_pass(value: str) -> str:
    text = value
    if "&" in text:
        text = _ENTITY.sub(lambda match: html.unescape(match.group()), text)
    if "<" in text:
        text = _without_tags(text)
    if not text.isascii() or not text.isprintable():
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return " ".join(text.split())


def _without_tags(text: str) -> str:
    for opening, closing in _BLOCKS:
        text = _without_blocks(text, opening, closing)
    closed = {match["name"].lower() for match in _TAG.finditer(text) if match["close"]}

    def replacement(match: re.Match[str]) -> str:
        name = match["name"].lower()
        # <p> alone may be a physicist's average: an opening tag goes only if it is closed somewhere or has attributes.
        if not (match["close"] or match["rest"].strip() or name in closed or name in _ALWAYS_TAGS):
            return match.group()
        return "" if name in _INLINE else " "

    return _TAG.sub(replacement, text)


def _without_blocks(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> str:
    # Not one lazy regular expression: that takes quadratic time on many openings that are never closed.
    kept: list[str] = []
    at = 0
    while (start := opening.search(text, at)) and (end := closing.search(text, start.end())):
        kept += (text[at : start.start()], " ")
        at = end.end()
    return "".join(kept) + text[at:]


def _without_parentheses(text: str) -> str:
    kept: list[str] = []
    depth = 0
    for character in text:
        depth += character == "("
        if depth == 0:
            kept.append(character)
        depth = max(0, depth - (character == ")"))
    return "".join(kept)
