"""Real readers: citeulike-t's libraries as labels, and its papers as the product's encoder reads them.

A fifth of the papers is cold, as in ``benchmarks/suites/citeulike_t.py``; the encoder and the shared negatives know the
others only. Readers are those with five saves of warm papers or more and one of a cold paper.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from benchmarks.citeulike import drawn_users, eligible, read_lists, read_texts
from benchmarks.options import Options
from benchmarks.speeds.labels import N_SHARED, Labels
from features.encoders import fit_encoder
from features.settings import EncoderSettings

_COLD_SHARE, _LEAST_WARM = 0.2, 5
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Libraries:
    """``labels`` are saves of warm papers, all wanted; ``relevant`` bool (u, c) of the ``cold`` papers (c, d)."""

    labels: Labels
    cold: NDArray[np.float32]
    relevant: NDArray[np.bool_]

    def ndcg(self, coef: Floats, intercept: Floats) -> Floats:
        """nDCG@20 of all cold papers for the first of the users, as many as there are rows; ties by paper number."""
        gains, cold = 1.0 / np.log2(np.arange(2, 22)), self.cold.astype(np.float64)
        found = []
        for own, b, relevant in zip(coef, intercept, self.relevant[: len(coef)], strict=True):
            best = relevant[np.argsort(-np.round(cold @ own + b, 6), kind="stable")[:20]]
            found.append(float((best * gains).sum() / gains[: min(20, int(relevant.sum()))].sum()))
        return np.array(found)


def libraries(options: Options) -> Libraries:
    """The split and the sample of a seed; MissingData without the files."""
    saves = dict(enumerate(read_lists(options.file("citeulike_t", "users.dat"))))
    texts = read_texts(options.file("citeulike_t", "mult.dat"), options.file("citeulike_t", "vocabulary.dat"))
    cold = np.sort(np.random.default_rng(options.seed).choice(len(texts), int(_COLD_SHARE * len(texts)), replace=False))
    warm = np.ones(len(texts), dtype=bool)
    warm[cold] = False
    users = drawn_users(eligible(saves, warm, _LEAST_WARM), options.n_users, options.seed)
    order = np.random.default_rng([options.seed, 5]).permutation(np.flatnonzero(warm))
    order[:N_SHARED].sort()
    place = np.full(len(texts), -1, dtype=np.intp)
    place[order] = np.arange(len(order))
    known = [texts[number] for number in order]
    encoder = fit_encoder(known, EncoderSettings(ngrams=1), datetime.now(UTC), options.seed)
    vectors = encoder.transform([*known, *(texts[number] for number in cold)])
    rows = [np.sort(place[saves[user][warm[saves[user]]]]) for user in users]
    labels = Labels(vectors[: len(order)], rows, [np.ones(len(own)) for own in rows])
    return Libraries(labels, vectors[len(order) :], np.array([np.isin(cold, saves[user]) for user in users]))
