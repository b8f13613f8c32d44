"""The first stage of a day: the 20 best of 1,000 papers for 100,000 users, beside the machine's own product.

The product of float32 matrices of the same shapes is the least that any such ranking can take.
"""

import numpy as np
from numpy.typing import NDArray

from benchmarks.speeds.labels import DIMENSIONS, papers
from benchmarks.speeds.rows import Row, SpeedOptions, in_turns
from models.firststage import best_of_day

_PAPERS, _BEST, _BLOCK = 1_000, 20, 2_000


def run(options: SpeedOptions) -> list[Row]:
    """Seconds of each."""
    rng = np.random.default_rng(options.seed)
    vectors, _ = papers(_PAPERS, rng)
    coef = rng.standard_normal((options.n_users, DIMENSIONS)).astype(np.float32)
    intercept = rng.standard_normal(options.n_users).astype(np.float32)
    taken, product = in_turns(
        [lambda: best_of_day(coef, intercept, vectors, _BEST, options.jobs), lambda: _product(coef, vectors)],
        options.rounds,
    )
    name = f"first stage, {options.n_users:,} users x {_PAPERS:,} papers to the best {_BEST}"
    return [Row(name, taken, "s", "float32 product of the same shapes", product, must="<= 1.4 times")]


def _product(coef: NDArray[np.float32], vectors: NDArray[np.float32]) -> None:
    """All of it, into the same block of memory: 100,000 × 1,000 numbers at once are more than anybody keeps."""
    out = np.empty((_BLOCK, len(vectors)), dtype=np.float32)
    for start in range(0, len(coef), _BLOCK):
        part = coef[start : start + _BLOCK]
        np.matmul(part, vectors.T, out=out[: len(part)])
