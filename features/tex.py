"""The LaTeX of bibliographies ↔ the text of papers. Formulas between dollars stay as they are, both ways."""

import re
import unicodedata
from collections.abc import Callable

_FORMULA = re.compile(r"((?<!\\)\$[^$]*(?<!\\)\$)")
_MARKS = {
    '"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328", "r": "\u030a", "d": "\u0323",
}  # fmt: skip
_SIGN_ACCENT = re.compile(r"""\\(["'`^~=.])\s?\{?\s?(\\[ij](?![A-Za-z])|[A-Za-z])\}?""")
_LETTER_ACCENT = re.compile(r"\\([cvuHkrd])(?:\s?\{\s?|\s)(\\[ij](?![A-Za-z])|[A-Za-z])\}?")
_LETTERS = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "aa": "å", "AA": "Å",
    "i": "ı", "j": "ȷ", "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "ldots": "…",
    "dots": "…", "textendash": "–", "textemdash": "—",
}  # fmt: skip
_LETTER = re.compile(r"\\(" + "|".join(sorted(_LETTERS, key=len, reverse=True)) + r")(?:\{\}|(?![A-Za-z])\s?)")
_STYLE = re.compile(r"\\(?:emph|text[a-z]{2}|textrm|uppercase|it|bf|em|sc|tt|rm|sf|boldmath)(?![A-Za-z])\s?")
_ESCAPED = re.compile(r"\\([%&_#$ ])")
_TO_ESCAPE = re.compile(r"\\(?![A-Za-z])|[%&_#~^$]")
_ESCAPES = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def from_tex(text: str) -> str:
    r"""``text`` with accents, escapes and braces resolved.

    >>> from_tex(r"{G}{\"o}del's 50\% of {$\alpha_{1}$}")
    "Gödel's 50% of $\\alpha_{1}$"
    """
    return _outside_formulas(text, _words_from_tex)


def to_tex(text: str) -> str:
    r"""``text`` as a field of BibTeX: what LaTeX would trip over is escaped, its commands and formulas are left alone.

    Braces that do not balance would end the field, so they go.

    >>> to_tex("50% of $x_1$ in R&D}")
    '50\\% of $x_1$ in R\\&D'
    """
    sound = text if _balanced(text) else text.replace("{", "").replace("}", "")
    return _outside_formulas(sound, lambda words: _TO_ESCAPE.sub(_escape, words))


def _outside_formulas(text: str, change: Callable[[str], str]) -> str:
    parts = _FORMULA.split(text)
    return "".join(part if at % 2 else change(part) for at, part in enumerate(parts))


def _words_from_tex(text: str) -> str:
    for pattern in (_SIGN_ACCENT, _LETTER_ACCENT):
        text = pattern.sub(_accented, text)
    text = _STYLE.sub("", text.replace("~", " "))
    text = _ESCAPED.sub(r"\1", text).replace("{}", "\0")
    text = _LETTER.sub(lambda found: _LETTERS[found[1]], text.replace("\0", "{}"))
    return text.replace("{", "").replace("}", "")


def _accented(found: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", found[2].lstrip("\\") + _MARKS[found[1]])


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0], f"\\{found[0]}")


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0
