"""Interactions → labelled, weighted examples, looking no further than the rows they are given.

The caller cuts (a store query or a replay's index); everything here is a pure function of the rows, so the same
interactions in any order of arrival give the same examples.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.domain import Interaction, KnownInteraction


@dataclass(frozen=True, slots=True)
class Examples:
    """Labelled papers of one classifier in canonical order (ascending paper id).

    ``targets`` int8 (n,), +1 or −1; ``weights`` float64 (n,), > 0.
    """

    paper_ids: tuple[str, ...]
    targets: NDArray[np.int8]
    weights: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.paper_ids)


__all__ = ["Examples", "Interaction", "Iterable", "KnownInteraction", "Mapping"]
