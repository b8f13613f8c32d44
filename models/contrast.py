"""The slope of a contrastive loss: which of a batch of papers goes with which question (:mod:`models.metric`)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TEMPERATURE = np.float32(0.1)
_TINY = np.float32(1e-9)

Float32s = NDArray[np.float32]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Batch:
    """``places`` float32 (2 n, k) of n questions and then the n papers that go with them, each of one of ``users``."""

    places: Float32s
    users: Rows
    papers: Rows


def contrast(batch: Batch) -> Float32s:
    """How −mean_u ln softmax_v(cos(q_u, x_v) / τ)[u] rises with each place, (2 n, k).

    What is of the same user or the same paper is no answer to tell from.
    """
    n = len(batch.users)
    long = lengths(batch.places)
    units = batch.places / long
    asked, told = units[:n], units[n:]
    logits = asked @ told.T / TEMPERATURE
    own = logits.diagonal().copy()
    logits[(batch.users[:, None] == batch.users) | (batch.papers[:, None] == batch.papers)] = -np.inf
    np.fill_diagonal(logits, own)
    logits -= logits.max(axis=1, keepdims=True)
    shares = np.exp(logits, out=logits)
    shares /= shares.sum(axis=1, keepdims=True)
    shares[np.diag_indices(n)] -= np.float32(1.0)
    shares /= np.float32(n) * TEMPERATURE
    slopes = np.concatenate([shares @ told, shares.T @ asked])
    turned = slopes - units * np.einsum("nk,nk->n", slopes, units)[:, None]  # to be longer changes no cosine
    return np.asarray(turned / long, dtype=np.float32)


def lengths(rows: Float32s) -> Float32s:
    """The lengths of rows, (n, 1), a trace above zero."""
    return np.asarray(np.sqrt(np.einsum("nd,nd->n", rows, rows))[:, None] + _TINY, dtype=np.float32)
