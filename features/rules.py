"""What a reader always or never wants to see, whatever is learned about them: words, authors, categories.

A rule speaks of whole words. Texts are compared without case, accents and punctuation, so ``self-supervised`` is the
two words *self* and *supervised* beside each other, and ``GAN`` is no part of *began*. Nothing in a rule is a pattern.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from features.errors import InvalidValue

MAX_RULES = 100
"""Standing rules of one user."""
MAX_VALUE = 100
"""Characters of one rule."""

# A Chinese or Japanese character is a word of its own; + and # belong to the names of programming languages.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+[+#]*")
_CATEGORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class RuleKind(StrEnum):
    """What is asked for; of two rules about one paper ``never`` wins."""

    MUST = "must"
    NEVER = "never"


class RuleField(StrEnum):
    """What of a paper the rule reads: title, abstract and keywords; its authors; its categories."""

    WORD = "word"
    AUTHOR = "author"
    CATEGORY = "category"


def words_in(text: str) -> tuple[str, ...]:
    """The words of ``text`` as rules compare them.

    >>> words_in("Self-supervised LEÓN, C++")
    ('self', 'supervised', 'leon', 'c++')
    """
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text)
        bare = "".join(mark for mark in apart if unicodedata.category(mark) != "Mn")
        text = unicodedata.normalize("NFC", bare)
    return tuple(_WORD.findall(text.casefold()))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; ``value`` is as the reader wrote it, white space folded."""

    kind: RuleKind
    field: RuleField
    value: str

    def __post_init__(self) -> None:
        value = " ".join(self.value.split())
        if not value.isprintable() or len(value) > MAX_VALUE:
            raise InvalidValue("value", self.value, f"at most {MAX_VALUE} printable characters")
        if not words_in(value):
            raise InvalidValue("value", self.value, "a rule needs at least one letter or digit")
        if self.field is RuleField.CATEGORY and not _CATEGORY.fullmatch(value):
            raise InvalidValue("value", self.value, "a category is written as cs.LG, or cs for all of its kind")
        object.__setattr__(self, "value", value)

    def says_the_same(self, other: "Rule") -> bool:
        """Whether both speak of the same papers in the same way."""
        alike = (self.kind, self.field) == (other.kind, other.field)
        return alike and words_in(self.value) == words_in(other.value)


@dataclass(frozen=True, slots=True)
class KnownRule:
    """A rule as the store holds it: ``id`` names it, ``recorded_at`` says since when it holds."""

    id: int
    rule: Rule
    recorded_at: datetime
