"""What each sentence of an abstract does: state the problem, the task, the idea or the result, or none of these.

A multinomial logistic regression reads the sentence's words and pairs of words (hashed, so that no vocabulary is kept),
the words of the sentences before and after it, and where it stands in the abstract.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import HashingVectorizer

PROBLEM, TASK, IDEA, RESULT = "problem", "task", "idea", "result"
ROLES = (PROBLEM, TASK, IDEA, RESULT)
NONE = "none"
_CLASSES = (*ROLES, NONE)

_END = re.compile(r"[.!?]['\")\]]*\s+(?=[\"'(\[]?[A-Z0-9$\\])")
_NO_END = re.compile(r"(?:\b(?:e\.g|i\.e|et al|cf|vs|resp|Fig|Figs|Eq|Eqs|Sec|Tab|No|approx|Dr|Prof|St)|\b[A-Z])\.$")
_FORMULA = re.compile(r"\$[^$]*\$")
_FEATURES, _AROUND, _PLACES = 2**14, 2**12, 8
_STRENGTH = 1.0
_NONE_COUNTS = 0.5
"""Half of all sentences state none of it, and to miss one that does is the worse mistake (chosen on other splits)."""

Span = tuple[int, int]
Floats = NDArray[np.float64]


def sentences_of(abstract: str) -> list[Span]:
    """Where each sentence begins and ends; together they cover the text. No sentence ends within a formula."""
    formulas = [found.span() for found in _FORMULA.finditer(abstract)]
    ends = [
        found.end()
        for found in _END.finditer(abstract)
        if not _NO_END.search(abstract[: found.start() + 1])
        and not any(start < found.start() < stop for start, stop in formulas)
    ]
    edges = [0, *ends, len(abstract)]
    return [(start, stop) for start, stop in pairwise(edges) if abstract[start:stop].strip()]


def roles_of_spans(abstract: str, spans: Sequence[tuple[int, int, str]]) -> list[str]:
    """The role of each sentence by marked (start, end, role): that of the mark it shares most letters with."""
    found = []
    for start, stop in sentences_of(abstract):
        shared = [(min(stop, end) - max(start, begin), role) for begin, end, role in spans]
        best, role = max(shared, default=(0, NONE))
        found.append(role if best > 0 else NONE)
    return found


@dataclass(frozen=True, eq=False, slots=True)
class SentenceModel:
    """``coef`` float32 (5, features) and ``intercept`` (5,) of the roles and none of them, in this order."""

    coef: NDArray[np.float32]
    intercept: Floats

    @classmethod
    def fit(cls, abstracts: Sequence[str], roles: Sequence[Sequence[str]], seed: int) -> Self:
        """Of abstracts whose sentences have these roles, one for each of :func:`sentences_of`."""
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  # a server starts without it

        X = sparse.vstack([features_of(abstract) for abstract in abstracts], format="csr")
        y = np.array([_CLASSES.index(role) for own in roles for role in own])
        fitted = LogisticRegression(C=_STRENGTH, max_iter=500, random_state=seed).fit(X, y)
        coef, intercept = np.zeros((len(_CLASSES), X.shape[1]), dtype=np.float32), np.full(len(_CLASSES), -50.0)
        coef[fitted.classes_], intercept[fitted.classes_] = fitted.coef_, fitted.intercept_
        intercept[_CLASSES.index(NONE)] += np.log(_NONE_COUNTS)
        return cls(coef, intercept)

    def roles(self, abstract: str) -> list[tuple[Span, str]]:
        """The sentences and their roles; ties go to the first role."""
        spans = sentences_of(abstract)
        if not spans:
            return []
        scores = np.asarray(features_of(abstract) @ self.coef.T) + self.intercept
        return [(span, _CLASSES[place]) for span, place in zip(spans, scores.argmax(axis=1).tolist(), strict=True)]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as named arrays without objects, for ``.npy`` files."""
        return {"coef": self.coef, "intercept": self.intercept}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The value whose :meth:`arrays` these are."""
        return cls(arrays["coef"], np.array(arrays["intercept"]))


def features_of(abstract: str) -> sparse.csr_array:
    """CSR float64 (sentences, features): words, words of both neighbours, place."""
    spans = sentences_of(abstract)
    texts = [abstract[start:stop] for start, stop in spans]
    own = _words(_FEATURES, (1, 2)).transform(texts)
    around = _words(_AROUND, (1, 1)).transform(texts)
    n = len(texts)
    nothing = sparse.csr_array((1, _AROUND))
    before = sparse.vstack([nothing, around[: n - 1]], format="csr") if n else around
    after = sparse.vstack([around[1:], nothing], format="csr") if n else around
    return sparse.csr_array(sparse.hstack([own, 0.5 * before, 0.5 * after, _places(n)], format="csr"))


def _words(n_features: int, ngrams: tuple[int, int]) -> "HashingVectorizer":
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415  # a server starts without it

    return HashingVectorizer(n_features=n_features, ngram_range=ngrams, alternate_sign=False, norm="l2")


def _places(n: int) -> sparse.csr_array:
    """Which of :data:`_PLACES` parts of the abstract each sentence stands in, and whether it is first or last."""
    found = np.zeros((n, _PLACES + 2))
    found[np.arange(n), (np.arange(n) * _PLACES) // max(n, 1)] = 1.0
    if n:
        found[0, _PLACES] = found[-1, _PLACES + 1] = 1.0
    return sparse.csr_array(found)
