"""Users of about equally many rows in one stack: the arithmetic of :mod:`models.ridge`, many users at a time.

A user's n rows are filled up with rows of weight 0, which change nothing, to one of a few sizes, which depends on n
alone. NumPy hands each user's matrices to BLAS and LAPACK one by one, so a user's numbers do not depend on who else is
in the stack. With K = ZZᵀ and (I + diag(σ)K)a = ρ the intercept needs no product: σᵀK a = Σ(ρ − a).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.ridge import Floats, SharedGram, UserRows

SPARE = 2
_STACK_VALUES = 2**22
_TOGETHER = 128


@dataclass(slots=True)
class Stack:
    """k users: their places ``users`` in the list asked for, and their problems, all filled up to n rows.

    ``Z`` (k, n, d) whitened rows, the last SPARE of which are free; ``sigma`` and ``rho`` (k, n); ``targets`` (k,) are
    the background's.
    """

    shared: SharedGram
    users: NDArray[np.intp]
    Z: Floats
    sigma: Floats
    rho: Floats
    targets: Floats

    @classmethod
    def of(cls, shared: SharedGram, whitened: Floats, users: Sequence[UserRows], stack: NDArray[np.intp]) -> Self:
        """The users at the places ``stack`` of ``users``, who index ``whitened`` (p, d)."""
        chosen = [users[place] for place in stack]
        n = stacked_size(max(len(user.rows) for user in chosen))
        filled = np.arange(n) < np.array([len(user.rows) for user in chosen])[:, None]
        rows, sigma, rho = np.zeros(filled.shape, dtype=np.intp), np.zeros(filled.shape), np.zeros(filled.shape)
        rows[filled] = np.concatenate([user.rows for user in chosen])
        sigma[filled] = np.concatenate([user.sigma for user in chosen])
        rho[filled] = np.concatenate([user.rho for user in chosen])
        Z = whitened[rows] if len(whitened) else np.zeros((*rows.shape, whitened.shape[1]))
        Z[~filled] = 0.0
        return cls(shared, stack, Z, sigma, rho, np.array([user.background_target for user in chosen]))

    def chosen(self) -> Floats:
        """Σ ρ_k z_k (k, d): what each user chose, less what she refused."""
        return self._summed(self.rho)

    def add(self, points: Floats, weights: Floats) -> None:
        """Put whitened ``points`` (k, SPARE, d) into the free rows, each of weight (k,) and the background's target."""
        free = slice(self.Z.shape[1] - SPARE, None)
        each = np.repeat(weights[:, None], SPARE, axis=1)
        self.Z[:, free], self.sigma[:, free], self.rho[:, free] = points, each, each * self.targets[:, None]

    def solve(self) -> tuple[Floats, Floats]:
        """Whitened coefficients (k, d) and centred intercepts (k,)."""
        rho = self.rho - self._done_by_start() if self.shared.has_start else self.rho
        right = np.stack([rho, self.sigma], axis=-1)
        across = self.Z.transpose(0, 2, 1)
        dual = self.Z.shape[1] <= self.Z.shape[2]
        if dual:
            system = self.Z @ across
            system *= self.sigma[:, :, None]
            _add_one(system)
            solved = np.linalg.solve(system, right).astype(np.float64, copy=False)
            back = (right - solved).sum(axis=1)
        else:
            system = across @ (self.sigma[:, :, None] * self.Z)
            _add_one(system)
            moments = across @ right
            solved = np.linalg.solve(system, moments).astype(np.float64, copy=False)
            back = (moments[:, :, 1][:, None, :] @ solved)[:, 0, :]
        total = self.shared.total_weight
        linear, weight = self.targets * total + rho.sum(axis=1), total + self.sigma.sum(axis=1)
        intercept: Floats = (linear - back[:, 0]) / (weight - back[:, 1])
        inner: Floats = solved[:, :, 0] - intercept[:, None] * solved[:, :, 1]
        if dual:
            inner = self._summed(inner)
        if self.shared.has_start:
            inner += self._started()[:, None] * self.shared.start
        return inner, intercept

    def _summed(self, weights: Floats) -> Floats:
        """Σ weights_k z_k (k, d)."""
        summed: Floats = np.matmul(weights[:, None, :], self.Z)[:, 0, :]
        return summed

    def _done_by_start(self) -> Floats:
        """What the start takes off ρ: σ⊙(Z·start), nothing for residuals."""
        taken: Floats = self.sigma * self._started()[:, None] * (self.Z @ self.shared.start)
        return taken

    def _started(self) -> Floats:
        started: Floats = (self.targets != 0.0).astype(np.float64)
        return started


@dataclass(frozen=True, slots=True)
class PackedUsers:
    """Many :class:`~models.ridge.UserRows` as few arrays, to be sent: one after the other, and where each ends.

    ``values`` (2, n) are σ and ρ; ``asking`` is false where ``labelled`` was None.
    """

    rows: NDArray[np.intp]
    values: Floats
    ends: NDArray[np.intp]
    targets: Floats
    labelled: NDArray[np.intp]
    labelled_ends: NDArray[np.intp]
    asking: NDArray[np.bool_]

    @classmethod
    def of(cls, users: Sequence[UserRows]) -> Self:
        """At least one user."""
        labelled = [user.rows[:0] if user.labelled is None else user.labelled for user in users]
        return cls(
            np.concatenate([user.rows for user in users]),
            np.stack([np.concatenate([user.sigma for user in users]), np.concatenate([user.rho for user in users])]),
            np.cumsum([len(user.rows) for user in users]),
            np.array([user.background_target for user in users]),
            np.concatenate(labelled),
            np.cumsum([len(rows) for rows in labelled]),
            np.array([user.labelled is not None for user in users]),
        )

    def unpacked(self) -> list[UserRows]:
        """The users they were made of."""
        rows, sigma, rho = (np.split(column, self.ends[:-1]) for column in (self.rows, *self.values))
        labelled = np.split(self.labelled, self.labelled_ends[:-1])
        return [
            UserRows(rows[user], sigma[user], rho[user], float(self.targets[user]), labelled[user] if asks else None)
            for user, asks in enumerate(self.asking)
        ]


def stacks_of(users: Sequence[UserRows], places: NDArray[np.intp], d: int) -> Iterator[list[NDArray[np.intp]]]:
    """The users at ``places`` in stacks of one size each, and these in groups of some _TOGETHER users."""
    sizes = np.array([stacked_size(len(users[place].rows)) for place in places], dtype=np.intp)
    group: list[NDArray[np.intp]] = []
    for size in np.unique(sizes).tolist():
        same = places[sizes == size]
        most = min(_TOGETHER, max(1, _STACK_VALUES // (size * max(d, size))))
        for start in range(0, len(same), most):
            group.append(same[start : start + most])
            if sum(map(len, group)) >= _TOGETHER:
                yield group
                group = []
    if group:
        yield group


def stacked_size(n_rows: int) -> int:
    """How many rows a user of ``n_rows`` is filled up to, the free ones included."""
    needed = n_rows + SPARE
    step = 8 if needed <= 64 else 16 if needed <= 128 else 32
    return needed + -needed % step


def _add_one(system: Floats) -> None:
    diagonal = np.arange(system.shape[1])
    system[:, diagonal, diagonal] += 1.0
