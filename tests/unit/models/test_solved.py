"""The memory of solved users saves work, never changes a result, and is bounded."""

import pickle

import numpy as np

from models.personal import Linear
from models.solved import SolvedUsers

ONE, OTHER = Linear(np.ones(2), 0.0), Linear(np.zeros(2), 1.0)


def test_a_user_is_solved_again_only_when_the_examples_have_changed() -> None:
    solved = SolvedUsers()
    assert solved.of("key", "digest", lambda: ONE) is ONE
    assert solved.of("key", "digest", lambda: OTHER) is ONE
    assert solved.of("key", "another", lambda: OTHER) is OTHER


def test_the_users_ranked_longest_ago_are_forgotten_first() -> None:
    solved = SolvedUsers(2)
    for key in ("a", "b", "a", "c"):
        solved.of(key, "digest", lambda: ONE)
    assert len(solved) == 2
    assert solved.of("a", "digest", lambda: OTHER) is ONE
    assert solved.of("b", "digest", lambda: OTHER) is OTHER


def test_a_deleted_user_is_forgotten() -> None:
    solved = SolvedUsers()
    solved.of("key", "digest", lambda: ONE)
    solved.forget("key")
    assert len(solved) == 0


def test_a_copy_for_another_process_starts_empty() -> None:
    solved = SolvedUsers(3)
    solved.of("key", "digest", lambda: ONE)
    assert len(pickle.loads(pickle.dumps(solved))) == 0
