"""Who chose what, of everybody at once: what :mod:`models.collaborative` and :mod:`models.metric` learn from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.moment import VectorExamples
from models.personal import vectors_of

MIN_USERS = 20
"""Users with two choices or more that others made too; with fewer there is nothing to learn from each other."""


@dataclass(frozen=True, slots=True)
class Choices:
    """``weights`` CSR float32 (users, papers), and the papers' rows of the encoder: ``vectors`` (papers, d), ``terms``.

    ``paper_ids`` ascend. Neither the users' names nor their order change a bit.
    """

    paper_ids: tuple[str, ...]
    weights: sparse.csr_array
    vectors: NDArray[np.float32]
    terms: sparse.csr_array | None

    @classmethod
    def of(cls, users: Mapping[str, VectorExamples]) -> Self | None:
        """The positives of ``users``; None where fewer than ``MIN_USERS`` have two choices in common with others."""
        known = sorted((user for user in users.values() if (user.examples.targets > 0).any()), key=content_key)
        if len(known) < MIN_USERS:
            return None
        chosen = [np.flatnonzero(user.examples.targets > 0) for user in known]
        names = [[user.examples.paper_ids[row] for row in rows] for user, rows in zip(known, chosen, strict=True)]
        flat = np.concatenate(names)
        ids, first, columns = np.unique(flat, return_index=True, return_inverse=True)
        starts = np.cumsum([0, *map(len, chosen)])
        values = np.concatenate([user.examples.weights[rows] for user, rows in zip(known, chosen, strict=True)])
        parts = (values.astype(np.float32), columns.astype(np.int32), starts.astype(np.int32))
        weights = sparse.csr_array(parts, shape=(len(known), len(ids)))
        shared = np.bincount(columns, minlength=len(ids))[columns] > 1
        if (np.add.reduceat(shared, starts[:-1], dtype=np.int64) >= 2).sum() < MIN_USERS:
            return None
        vectors, terms = _stacked(known, chosen, first)
        return cls(tuple(ids.tolist()), weights, vectors, terms)


def content_key(user: VectorExamples) -> tuple[tuple[str, ...], bytes, bytes]:
    """Orders users by what they chose, so that names drawn at random do not matter."""
    examples = user.examples
    return examples.paper_ids, examples.targets.tobytes(), examples.weights.tobytes()


def rows_of(user: VectorExamples, rows: NDArray[np.intp]) -> tuple[NDArray[np.float32], sparse.csr_array | None]:
    """The encoder's rows of some of a user's papers: vectors, and terms if there are any."""
    return vectors_of(user)[rows], None if user.terms is None else user.terms[rows]


def _stacked(
    users: Sequence[VectorExamples], chosen: Sequence[NDArray[np.intp]], wanted: NDArray[np.intp]
) -> tuple[NDArray[np.float32], sparse.csr_array | None]:
    """The encoder's rows of the papers at places ``wanted`` in the row of all users' ``chosen`` ones."""
    starts = np.cumsum([0, *map(len, chosen)])
    order = np.argsort(wanted)
    cuts = np.searchsorted(wanted[order], starts)
    parts = [
        rows_of(user, rows[wanted[order[low:high]] - start])
        for user, rows, start, low, high in zip(users, chosen, starts[:-1], cuts[:-1], cuts[1:], strict=True)
        if high > low
    ]
    back = np.argsort(order)
    vectors = np.concatenate([part[0] for part in parts])[back]
    terms = [part[1] for part in parts if part[1] is not None]
    return vectors, sparse.csr_array(sparse.vstack(terms, format="csr"))[back] if len(terms) == len(parts) else None
