"""What a reader's rules do to a ranking: papers left out, and papers that stand first.

Scores know nothing of rules. A paper that a ``never`` speaks of is no candidate; one that a ``must`` speaks of stands
before all others, by score among its like, however improbable it is. ``never`` wins.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from features.domain import Paper
from features.rules import Rule, RuleField, RuleKind, words_in

_ASKED = {
    RuleField.WORD: "you asked for ‘{}’",
    RuleField.AUTHOR: "you asked for papers by {}",
    RuleField.CATEGORY: "you asked for papers in {}",
}
_REFUSED = {
    RuleField.WORD: "you asked for no papers with ‘{}’",
    RuleField.AUTHOR: "you asked for no papers by {}",
    RuleField.CATEGORY: "you asked for no papers in {}",
}


@dataclass(frozen=True, slots=True)
class Ruled:
    """``asked_for`` maps rows of the day to the rule that puts them first; ``n_left_out`` candidates were left out."""

    asked_for: Mapping[int, Rule] = field(default_factory=dict)
    n_left_out: int = 0

    def first(self, order: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which of the rows ``order`` stand first."""
        return np.isin(order, list(self.asked_for)) if self.asked_for else np.zeros(len(order), dtype=bool)


def apply_rules(
    rules: Sequence[Rule], papers: Sequence[Paper], allowed: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], Ruled]:
    """The candidates (n,) that remain of ``allowed``, and what is to be said of them."""
    if not rules:
        return allowed, Ruled()
    matchers = [(rule, _matcher(rule)) for rule in rules]
    remaining, asked_for = allowed.copy(), {}
    for row in np.flatnonzero(allowed).tolist():
        found = _decisive(matchers, papers[row])
        if found is not None and found.kind is RuleKind.NEVER:
            remaining[row] = False
        elif found is not None:
            asked_for[row] = found
    return remaining, Ruled(asked_for, int(allowed.sum() - remaining.sum()))


def rule_about(rules: Sequence[Rule], paper: Paper) -> Rule | None:
    """The rule that decides about a paper: the first ``never``, else the first ``must``, else none."""
    return _decisive([(rule, _matcher(rule)) for rule in rules], paper)


def sentence(rule: Rule) -> str:
    """Why a paper stands first, or why it is left out."""
    return (_ASKED if rule.kind is RuleKind.MUST else _REFUSED)[rule.field].format(rule.value)


class _Read:
    """A paper as rules read it: each part is folded once, when the first rule asks for it."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self._words: str | None = None
        self._authors: list[tuple[str, ...]] | None = None

    @property
    def words(self) -> str:
        """Title, abstract and keywords, words parted and enclosed by single spaces."""
        if self._words is None:
            texts = (self.paper.title, self.paper.abstract, *self.paper.keywords)
            self._words = f" {' | '.join(' '.join(words_in(text)) for text in texts)} "
        return self._words

    @property
    def authors(self) -> list[tuple[str, ...]]:
        if self._authors is None:
            self._authors = [words_in(author) for author in self.paper.authors]
        return self._authors


_Matcher = Callable[[_Read], bool]


def _decisive(matchers: Sequence[tuple[Rule, _Matcher]], paper: Paper) -> Rule | None:
    read, asked = _Read(paper), None
    for rule, matches in matchers:
        if (rule.kind is RuleKind.NEVER or asked is None) and matches(read):
            if rule.kind is RuleKind.NEVER:
                return rule
            asked = rule
    return asked


def _matcher(rule: Rule) -> _Matcher:
    wanted = words_in(rule.value)
    if rule.field is RuleField.WORD:
        phrase = f" {' '.join(wanted)} "
        return lambda read: phrase in read.words
    if rule.field is RuleField.AUTHOR:
        return lambda read: any(_is_named(wanted, name) for name in read.authors)
    category = rule.value.casefold()
    return lambda read: any(_is_in(category, each.casefold()) for each in read.paper.categories)


def _is_named(wanted: Sequence[str], name: Sequence[str]) -> bool:
    """Whether the words of a rule name this author: the same last word, the others in order among those before it.

    A single letter stands for every name that begins with it, so ``Y. LeCun`` and ``LeCun`` mean Yann A. LeCun too.
    """
    if not wanted or not name or wanted[-1] != name[-1]:
        return False
    rest = iter(name[:-1])
    return all(any(_fits(part, given) for given in rest) for part in wanted[:-1])


def _fits(part: str, given: str) -> bool:
    return part == given or (len(part) == 1 and given.startswith(part))


def _is_in(wanted: str, category: str) -> bool:
    """The category itself, or one below it: ``cs.LG`` is in ``cs``."""
    return category == wanted or category.startswith(f"{wanted}.")
