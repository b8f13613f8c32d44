"""An abstract as HTML: its formulas, the sentences that state problem, task, idea and result, and telling words."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from markupsafe import Markup, escape

from models.rhetoric import SentenceModel
from models.slate_columns import Reason
from serving.shelf import LoadedModel
from serving.web.formulas import parts

Sentences = Sequence[tuple[tuple[int, int], str]]

_WORDS = "words: "
"""What a reason that names words begins with (:func:`models.sentences.words`)."""

_KEPT = 4096
_SAID = {"problem": "Problem", "task": "Task", "idea": "Idea", "result": "Result"}


def marked(abstract: str, sentences: Sentences = (), words: Sequence[str] = ()) -> Markup:
    """``abstract`` as HTML; ``sentences`` are (start, end) with what each states, ``words`` those to be marked."""
    pattern = _pattern(words)
    if not sentences:
        return _sentence(abstract, pattern)
    return Markup("").join(_stated(abstract[start:stop], role, pattern) for (start, stop), role in sentences)


def sentences_in(loaded: LoadedModel | None, abstract: str) -> Sentences:
    """What each sentence of the abstract states; nothing where the model that serves knows no marked sentences."""
    model = None if loaded is None else loaded.model.rhetoric
    return () if model is None else _roles(model, abstract)


def words_named(reasons: Iterable[Reason]) -> list[str]:
    """The words that these reasons say speak for a paper."""
    named = [reason.text.removeprefix(_WORDS) for reason in reasons if reason.text.startswith(_WORDS)]
    return [word for text in named for word in re.split(r", | and ", text)]


@lru_cache(maxsize=_KEPT)
def _roles(model: SentenceModel, abstract: str) -> Sentences:
    return tuple(model.roles(abstract))


def _stated(text: str, role: str, pattern: re.Pattern[str] | None) -> Markup:
    inside = _sentence(text, pattern)
    if role not in _SAID:
        return inside
    return Markup('<span class="states {0}"><b class="role">{1}</b> {2}</span>').format(role, _SAID[role], inside)


def _sentence(text: str, pattern: re.Pattern[str] | None) -> Markup:
    runs = parts(text)
    return Markup("").join(html if pattern is None or not plain else _words(plain, pattern) for plain, html in runs)


def _words(plain: str, pattern: re.Pattern[str]) -> Markup:
    pieces = pattern.split(plain)
    return Markup("").join(
        Markup("<mark>{0}</mark>").format(piece) if place % 2 else escape(piece) for place, piece in enumerate(pieces)
    )


def _pattern(words: Sequence[str]) -> re.Pattern[str] | None:
    """Whole words, the longest first; between the words of a pair anything that is no letter."""
    wanted = sorted({word for word in words if word.strip()}, key=lambda word: (-len(word), word))
    if not wanted:
        return None
    alternatives = (r"[\W_]+".join(re.escape(part) for part in word.split()) for word in wanted)
    return re.compile(rf"(?<!\w)((?:{'|'.join(alternatives)}))(?!\w)", re.IGNORECASE)
