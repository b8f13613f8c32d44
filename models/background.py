"""The shared sample of unlabelled papers: every user's weak negatives, and what a user's labels change about them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from features.domain import Paper
from features.errors import NothingToLearn
from features.settings import RelevanceSettings
from models.hard_negatives import HardNegatives
from models.ridge import Floats, SharedGram, UserRows


@dataclass(frozen=True, slots=True)
class Background:
    """``vectors`` float32 (m, d) in the order of ``paper_ids`` and ``content_hashes``; ``shared`` is made from them.

    ``hard`` says how much more those next to a user's interests weigh.
    """

    paper_ids: tuple[str, ...]
    content_hashes: tuple[str, ...]
    vectors: NDArray[np.float32]
    shared: SharedGram
    hard: HardNegatives
    rows: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", {paper_id: row for row, paper_id in enumerate(self.paper_ids)})


def sample_background(
    papers: Sequence[Paper], vectors: NDArray[np.float32], settings: RelevanceSettings, seed: int
) -> Background:
    """Draw ``settings.background_size`` of ``papers`` (all, if there are fewer) and factor the shared problem.

    ``vectors`` (n, d) go with ``papers``, which may come in any order: the draw is by ascending paper id. A memory map
    will do; only the rows drawn are read.
    """
    if not papers:
        raise NothingToLearn("there are no papers to draw the background from")
    by_id = sorted(range(len(papers)), key=lambda row: papers[row].id)
    size = min(settings.background_size, len(papers))
    drawn = np.sort(np.random.default_rng(seed).choice(len(papers), size, replace=False))
    rows = [by_id[row] for row in drawn]
    chosen = np.ascontiguousarray(vectors[rows], dtype=np.float32)
    shared = SharedGram.from_background(chosen, settings.background_weight, settings.regularization)
    return Background(
        tuple(papers[row].id for row in rows),
        tuple(papers[row].content_hash for row in rows),
        chosen,
        shared,
        HardNegatives(settings.hard_negatives, settings.hard_weight),
    )


class RowPool:
    """The distinct rows that the users of one fit refer to; a paper object that comes again is not stored again."""

    def __init__(self, d: int) -> None:
        self._d = d
        self._vectors: list[NDArray[np.float32]] = []
        self._index: dict[int, int] = {}
        self._kept: list[Paper] = []

    def of_paper(self, paper: Paper, vector: NDArray[np.float32]) -> int:
        """The row of ``paper``, whose vector is ``vector`` (d,); identity is the object's, so a revision is another."""
        row = self._index.get(id(paper))
        if row is None:
            row = self._index[id(paper)] = self.add(vector)
            self._kept.append(paper)
        return row

    def add(self, vector: NDArray[np.float32]) -> int:
        """A new row."""
        self._vectors.append(vector)
        return len(self._vectors) - 1

    def matrix(self) -> NDArray[np.float32]:
        """All rows, (p, d)."""
        return np.stack(self._vectors) if self._vectors else np.zeros((0, self._d), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Weighted:
    """Labelled papers ready to fit: ``vectors`` (n, d), ``targets`` and ``weights`` float64 (n,)."""

    papers: Sequence[Paper]
    vectors: NDArray[np.float32]
    targets: Floats
    weights: Floats


def corrections(background: Background, pool: RowPool, labelled: Weighted, background_target: float) -> UserRows:
    """σ and ρ of :mod:`models.ridge` for ``labelled``, taking its papers out of the background.

    A labelled paper that has been revised since the background was drawn is taken out with the vector it had there,
    in a row of its own. Residuals (background target 0) ask for no hard negatives: what they are added to has had
    its own.
    """
    rows = [pool.of_paper(paper, vector) for paper, vector in zip(labelled.papers, labelled.vectors, strict=True)]
    sigma, rho = labelled.weights.copy(), labelled.weights * labelled.targets
    weight = background.shared.row_weight
    revised: list[int] = []
    labelled_rows: list[int] = []
    for row, paper in enumerate(labelled.papers):
        in_background = background.rows.get(paper.id)
        if in_background is None:
            continue
        labelled_rows.append(in_background)
        if background.content_hashes[in_background] == paper.content_hash:
            sigma[row] -= weight
            rho[row] -= weight * background_target
        else:
            revised.append(pool.add(background.vectors[in_background]))
    taken_out = np.full(len(revised), -weight)
    fitted_anew = background_target != 0.0
    return UserRows(
        np.array(rows + revised, dtype=np.intp),
        np.concatenate([sigma, taken_out]),
        np.concatenate([rho, taken_out * background_target]),
        background_target,
        np.array(labelled_rows, dtype=np.intp) if fitted_anew else None,
    )
