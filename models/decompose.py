"""One paper's margin taken apart, on two levels that both add up.

The first level are the terms of the blend, one for each feature (:meth:`models.ranker.Blend.terms`). The second level
splits a term over what the feature was made of:

* ``relevance`` and ``text`` over the paper's words. Their measured score is linear, so a word's part is
  slope · scale · (what the word adds to the score), and parts stand to each other as the signed word terms do;
* ``likeness``, ``metric`` and all of ``nearest_…`` over the chosen papers they were measured to;
* ``topic`` over topics, ``authors``, ``author_share`` and ``coauthors`` over people.

What is left of a term (a measured score is told in comparison with ordinary papers; some encoders read more than words;
trees) is its last part. Where the word terms add up to less than :data:`LEAST_WORDS` there is nothing to share out and
the reason has one part, "your overall taste".

Weights are whole multiples of 1e-6 and are rounded together: the first level adds up to the paper's score as the slate
has it, and each reason's parts to the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import sentences
from models.evidence import FEATURES, MEASURED
from models.explain import nearest, strongest
from models.nearness import NEAREST, Usual
from models.ranker import Blend
from models.ridge import Floats
from models.scored import Scored
from models.slate_columns import Reason

LEAST_WORDS = 1e-3
PARTS_SHOWN = 20
_PER_UNIT = 10**6
_NOTHING = 1e-12
_NEAREST = {
    "nearest_words": 1,
    "nearest": 1,
    "nearest_three": NEAREST,
    "nearest_sense": NEAREST,
    "nearest_metric": NEAREST,
}
_PEOPLE = {"authors": "authors", "author_share": "author_shares", "coauthors": "coauthors"}
_KINDS = (*FEATURES, "n_labels", "baseline")

_SENTENCES = {
    "relevance": ("its text suits your taste", "its text does not suit your taste"),
    "text": ("words you choose papers by", "not the words you choose papers by"),
    "nearest_words": ("has words in common with a paper you chose", "has few words in common with any paper you chose"),
    "nearest": ("close to one paper you chose", "not close to any paper you chose"),
    "likeness": ("like all that you chose", "unlike what you chose"),
    "nearest_three": ("close to several papers you chose", "not close to several papers you chose"),
    "nearest_sense": ("says what several papers you chose say", "does not say what the papers you chose say"),
    "metric": (
        "like what you chose, in what readers tell papers apart by",
        "unlike what you chose, in what readers tell papers apart by",
    ),
    "author_share": ("by somebody you often choose", "by somebody you often choose"),
    "categories": (sentences.GENERAL["field", True], sentences.GENERAL["field", False]),
    "primary": ("its first field is one you choose papers from", "its first field is one you choose papers from"),
    "n_labels": (sentences.LABELS, sentences.LABELS),
    "baseline": (sentences.COMMON, sentences.COMMON),
}
_ALSO = {"collaborative": "readers"}

Part = tuple[str, str, float]
"""Kind, text and what it adds before rounding."""


@dataclass(frozen=True, slots=True)
class Share:
    """One term of a margin: ``kind`` is a feature, ``n_labels`` or ``baseline``; its ``parts`` add up to ``weight``."""

    kind: str
    text: str
    weight: float
    parts: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class _Term:
    """A term as it is told, as it is, and without the trees' part."""

    weight: float
    exact: float
    linear: float


def decompose(scored: Scored, blend: Blend, row: int) -> tuple[Share, ...]:
    """The terms of the margin of one paper, the strongest first; their weights add up to the margin rounded to 1e-6.

    A term of exactly 0 is left out.
    """
    rows = np.array([row])
    terms = blend.terms(scored.features, scored.profile.n_positives, rows)[0]
    told = np.flatnonzero(terms)
    linear = np.append(scored.features[row] * scored.slopes, terms[len(FEATURES) :])
    shares = []
    for place, weight in zip(told.tolist(), rounded_to(terms[told], float(scored.margins[row])), strict=True):
        kind, term = _KINDS[place], _Term(weight, float(terms[place]), float(linear[place]))
        text = _sentence(kind, weight)
        parts = _parts(scored, kind, row) or [(kind, text, term.linear)]
        shares.append(Share(kind, text, weight, _told(parts, term)))
    return tuple(sorted(shares, key=lambda share: (-abs(share.weight), share.kind)))


def rounded_to(values: Floats, total: float) -> list[float]:
    """``values`` (n,), whose sum is ``total``, as multiples of 1e-6 that add up to ``total`` rounded to 1e-6.

    Each is off by less than 1e-6: all are rounded down and those with the largest remainders go up, ties to the first.
    """
    exact = values * _PER_UNIT
    whole = np.floor(exact)
    missing = round(total * _PER_UNIT) - int(whole.sum())
    up = np.argsort(whole - exact, kind="stable")[: max(missing, 0)]
    whole[up] += 1.0
    return [float(value) / _PER_UNIT for value in whole]


def _sentence(kind: str, weight: float) -> str:
    if kind in _SENTENCES:
        return _SENTENCES[kind][weight < 0]
    return sentences.GENERAL[_ALSO.get(kind, kind), weight > 0]


def _told(parts: Sequence[Part], term: _Term) -> tuple[Reason, ...]:
    """The strongest parts, what the further ones add up to, the rest of the sum's term, and the trees' part."""
    ranked = sorted(parts, key=lambda part: (-abs(part[2]), part[1]))
    shown, further = ranked[:PARTS_SHOWN], ranked[PARTS_SHOWN:]
    left = term.linear - sum(part[2] for part in parts)
    if further:
        shown.append(("others", f"{len(further)} more", sum(part[2] for part in further)))
    if abs(left) > _NOTHING:
        shown.append(("comparison", sentences.COMPARISON, left))
    if abs(term.exact - term.linear) > _NOTHING:
        shown.append(("together", sentences.TOGETHER, term.exact - term.linear))
    weights = rounded_to(np.array([part[2] for part in shown]), term.weight)
    return tuple(Reason(kind, text, value) for (kind, text, _), value in zip(shown, weights, strict=True))


def _parts(scored: Scored, kind: str, row: int) -> list[Part]:
    """What a feature was made of; none where it is of one piece."""
    if kind in ("relevance", "text"):
        return _words(scored, kind, row)
    if kind in _NEAREST or kind in ("likeness", "metric"):
        return _chosen(scored, kind, row)
    if kind == "topic":
        return _topics(scored, row)
    return _people(scored, kind, row) if kind in _PEOPLE else []


def _unit(scored: Scored, kind: str) -> float:
    """What one unit of a measured score adds to the margin."""
    return float(scored.slopes[FEATURES.index(kind)] * scored.profile.scale[MEASURED.index(kind)])


def _words(scored: Scored, kind: str, row: int) -> list[Part]:
    index = scored.view.words
    term = float((scored.features[row] * scored.slopes)[FEATURES.index(kind)])
    values = np.zeros(0) if index is None else scored.of_words(kind, index.entries(row))
    if index is None or abs(values.sum()) < LEAST_WORDS:
        return [("taste", sentences.TASTE, term)]
    names, parts = index.named(index.entries(row)), (values * _unit(scored, kind)).tolist()
    return [("word", sentences.term(name), part) for name, part in zip(names, parts, strict=True) if part]


def _chosen(scored: Scored, kind: str, row: int) -> list[Part]:
    places, values = _nearest(scored, kind, row)
    unit = _unit(scored, kind) / max(1, len(places))
    return [
        ("paper", f"‘{sentences.one_line(scored.chosen[place].title)}’", unit * value)
        for place, value in zip(places, values, strict=True)
    ]


def _nearest(scored: Scored, kind: str, row: int) -> tuple[list[int], list[float]]:
    """The chosen papers a feature was measured to, and what it measured: nearness, or a cosine of terms."""
    candidates, profile = scored.view.candidates, scored.profile
    if kind in ("nearest_words", "likeness"):
        if candidates.terms is None or profile.chosen.terms is None or not scored.chosen:
            return [], []
        products = (profile.chosen.terms @ candidates.terms[[row]].T).toarray().ravel()
        if kind == "likeness":
            speaks = scored.features[row, FEATURES.index(kind)] > 0
            return (list(range(len(products))), products.tolist()) if speaks else ([], [])
        near = profile.usual_words.compared(products)
        return [int(near.argmax())], [float(near.max())]
    if kind in ("nearest_sense", "metric"):
        return _by_rows(scored, kind, row)
    places, cosines = nearest(scored.view, profile.chosen.vectors, np.array([row]), _NEAREST[kind], profile.usual)
    usual = Usual(profile.usual.mean[places[0]], profile.usual.per_sd[places[0]])
    return places[0].tolist(), usual.compared(cosines[0]).tolist()


def _by_rows(scored: Scored, kind: str, row: int) -> tuple[list[int], list[float]]:
    """The nearest chosen papers, or all, by rows whose products are cosines."""
    candidates, profile = scored.view.candidates, scored.profile
    papers: NDArray[Any] | None = candidates.metric
    chosen, usual = profile.chosen.metric, Usual.unknown(len(profile.chosen))
    if kind == "nearest_sense":
        papers, chosen, usual = candidates.sense, profile.chosen.sense, profile.usual_sense
    if papers is None or chosen is None:
        return [], []
    near = usual.compared(papers[row] @ chosen.T)
    places = np.argsort(-near, kind="stable")[: _NEAREST.get(kind)]
    return places.tolist(), near[places].tolist()


def _topics(scored: Scored, row: int) -> list[Part]:
    values = scored.view.candidates.topics[row] * scored.profile.topics * _unit(scored, "topic")
    names = scored.view.topic_names
    return [("topic", sentences.one_line(names[place]), float(values[place])) for place in np.flatnonzero(values)]


def _people(scored: Scored, kind: str, row: int) -> list[Part]:
    """The term in proportion to what each author brings; a share is that of the first of the largest."""
    weights = getattr(scored.profile, _PEOPLE[kind])
    known = strongest(scored.view.papers[row].authors, weights)[: 1 if kind == "author_share" else None]
    term = float((scored.features[row] * scored.slopes)[FEATURES.index(kind)])
    total = sum(weights[author] for author in known)
    return [("author", sentences.one_line(author), term * weights[author] / total) for author in known]
