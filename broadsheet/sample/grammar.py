"""Sentences from words: a small grammar that writes a title and an abstract about one or two fields."""

from collections.abc import Sequence
from dataclasses import dataclass

from numpy.random import Generator

from broadsheet.sample.lexicon import SUBJECTS, Subject

TITLES = (
    "{Trait} {thing} after {act}",
    "On {act} the {thing} in {place}",
    "Why the {trait} {thing} returns: {act} and the {other}",
    "The {thing} and the {other}: notes from {place}",
    "{Act} a {trait} {thing} with little more than a {fashion}",
    "{Fashions} for the {trait} {thing}",
    "A century of {thing} records from {place}",
    "Does {act} spare the {other}? The case of the {thing}",
    "Towards a quieter {thing}: {act} in {place}",
    "How {trait} is a {thing}? Lessons from {act}",
)

SENTENCES = (
    "We follow the {thing} through {number} seasons in {place}.",
    "A {trait} {thing} is seldom found beside a {other}, and old handbooks disagree on the cause.",
    "Here {act} is carried out with a {fashion} instead of the usual {other}.",
    "Across {number} sites the {thing} grew {trait} within days of {act}.",
    "Our field notes from {place} tell of {trait} {others} and a single {thing}.",
    "Neither {act} nor the {fashion} by itself explains why the {thing} stays {trait}.",
    "Interviews with {number} practitioners suggest that {act} is passed on by watching.",
    "The {other} was repaired twice, while the {thing} needed no care at all.",
    "When {act} is put off by a week, the {trait} {thing} loses a third of its worth.",
    "We lend our {fashion} drawings to anyone who keeps a {thing}.",
    "In {place}, {act} begins before sunrise and ends when the {other} turns {trait}.",
    "Earlier accounts took the {thing} for a kind of {other}; we show that it is not.",
    "The cost of a {fashion} fell by {number} per cent once {act} became common.",
    "A simple rule of thumb links the {trait} {other} to the age of its {thing}.",
    "We photograph each {thing} before and after {act}, by daylight only.",
    "Half of all {others} in {place} turned out to be {trait}.",
    "Surprisingly, the {fashion} made {act} slower but the {thing} less {trait}.",
    "Archives of {place} mention the {thing} {number} times and the {other} never.",
)

OPENINGS = (
    "Little is written about the {thing}, although every {other} depends on it.",
    "The {trait} {thing} has puzzled people in {place} for generations.",
    "Many have tried {act}; few have kept a {thing} {trait}.",
    "Visitors to {place} often ask why the {thing} sits so close to the {other}.",
)

CLOSINGS = (
    "Keepers of a {thing} may start {act} tomorrow.",
    "We close with advice for {place}.",
    "What the {fashion} will do to the {other} remains open.",
    "All measurements of the {thing} can be had from the authors.",
)


@dataclass(frozen=True, slots=True)
class Theme:
    """What a paper is about: strand ``strand`` of ``subject``, ``late`` the share of fashions that are new ones."""

    subject: int
    strand: int
    late: float

    @property
    def words(self) -> Subject:
        """The words of the subject."""
        return SUBJECTS[self.subject]


def title_of(theme: Theme, rng: Generator) -> str:
    """A title about ``theme``."""
    return _fill(_one(TITLES, rng), theme, rng)


def abstract_of(themes: Sequence[Theme], rng: Generator) -> str:
    """Six to eleven sentences, most about the first of ``themes``, the others shared out."""
    first, *others = themes
    middle = [_one(SENTENCES, rng) for _ in range(int(rng.integers(4, 10)))]
    parts = [_fill(_one(OPENINGS, rng), first, rng)]
    for template in middle:
        theme = others[0] if others and rng.random() < 0.35 else first
        parts.append(_fill(template, theme, rng))
    parts.append(_fill(_one(CLOSINGS, rng), first, rng))
    return " ".join(parts)


def _fill(template: str, theme: Theme, rng: Generator) -> str:
    words = theme.words
    own = words.strands[theme.strand]
    # A fifth of the things come from the field at large: strands are not walls.
    anywhere = words.strands[int(rng.integers(3))]
    fashions = words.late if rng.random() < theme.late else words.early
    slots = {
        "thing": _one(own, rng),
        "other": _one(anywhere if rng.random() < 0.4 else own, rng),
        "act": _one(words.acts, rng),
        "trait": _one(words.traits, rng),
        "place": _one(words.places, rng),
        "fashion": _one(fashions, rng),
        "number": str(int(rng.integers(3, 90))),
    }
    slots |= {f"{name}s": _plural(slots[name]) for name in ("thing", "other", "fashion")}
    capitalised = {name.capitalize(): value[:1].upper() + value[1:] for name, value in slots.items()}
    return template.format(**slots, **capitalised)


def _plural(word: str) -> str:
    if word.endswith(("s", "sh", "ch", "x")):
        return f"{word}es"
    return f"{word[:-1]}ies" if word.endswith("y") and word[-2] not in "aeo" else f"{word}s"


def _one(choices: Sequence[str], rng: Generator) -> str:
    return choices[int(rng.integers(len(choices)))]
