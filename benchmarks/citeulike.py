"""The files of the two citeulike data sets: people's libraries, bags of words, tags, citations."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def read_lists(path: Path) -> list[Ints]:
    """Lines of a count and that many numbers → the distinct numbers of each line, ascending."""
    return [
        np.unique(np.array(line.split()[1:], dtype=np.int64)) for line in path.read_text(encoding="utf-8").splitlines()
    ]


def read_texts(path: Path, vocabulary: Path) -> list[str]:
    """Bags of words as texts: each word as often as it was counted.

    A word of the vocabulary is one term: ``m-estimators`` becomes ``m_estimators``, since encoders part words at
    anything but letters, digits and underscores.
    """
    words = [re.sub(r"\W", "_", word) for word in vocabulary.read_text(encoding="utf-8").split("\n")]
    words = [f"_{word}" if word[:1].isdigit() else word for word in words]
    texts = []
    for line in path.read_text(encoding="utf-8").splitlines():
        pairs = (pair.split(":") for pair in line.split()[1:])
        texts.append(" ".join(" ".join([words[int(word)]] * int(count)) for word, count in pairs))
    return texts


def read_pairs(path: Path) -> Ints:
    """Rows ``user,paper,1`` counted from 1 → (n, 2) counted from 0."""
    rows = np.loadtxt(path, delimiter=",", dtype=np.int64, ndmin=2)
    return np.unique(rows[:, :2] - 1, axis=0)


def by_user(pairs: Ints) -> dict[int, Ints]:
    """User → papers, both ascending."""
    users, starts = np.unique(pairs[:, 0], return_index=True)
    return dict(zip(users.tolist(), np.split(pairs[:, 1], starts[1:]), strict=True))


def eligible(saves: Mapping[int, Ints], warm: NDArray[np.bool_], least_warm: int) -> list[int]:
    """Users with at least ``least_warm`` saves of warm papers and one of a cold paper."""
    return [user for user, papers in saves.items() if warm[papers].sum() >= least_warm and not warm[papers].all()]


def drawn_users(users: Sequence[int], n_users: int | None, seed: int) -> list[int]:
    """``n_users`` of them, drawn; all where there are no more or None was asked for."""
    if n_users is None or n_users >= len(users):
        return list(users)
    return sorted(np.random.default_rng([seed, 1]).choice(np.array(users), n_users, replace=False).tolist())
