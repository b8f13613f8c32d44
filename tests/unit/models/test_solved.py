"""The memory of solved users saves work, never changes a result, and is bounded."""

import pickle
from dataclasses import dataclass

from models.solved import SolvedUsers


@dataclass(frozen=True)
class Value:
    name: str
    n_bytes: int = 10


ONE, OTHER = Value("one"), Value("other")


def test_a_user_is_solved_again_only_when_the_examples_have_changed() -> None:
    solved: SolvedUsers[Value] = SolvedUsers()
    assert solved.of("key", "digest", lambda: ONE) is ONE
    assert solved.of("key", "digest", lambda: OTHER) is ONE
    assert solved.of("key", "another", lambda: OTHER) is OTHER


def test_of_more_bytes_than_fit_the_users_ranked_longest_ago_are_forgotten_first() -> None:
    solved: SolvedUsers[Value] = SolvedUsers(25)
    for key in ("a", "b", "a", "c"):
        solved.of(key, "digest", lambda: ONE)
    assert len(solved) == 2
    assert solved.of("a", "digest", lambda: OTHER) is ONE
    assert solved.of("b", "digest", lambda: OTHER) is OTHER


def test_a_user_counts_with_the_last_value_and_one_too_large_is_not_kept() -> None:
    solved: SolvedUsers[Value] = SolvedUsers(25)
    for digest in ("first", "second", "third"):
        solved.of("a", digest, lambda: ONE)
    solved.of("b", "digest", lambda: ONE)
    assert len(solved) == 2
    huge = Value("huge", 26)
    assert solved.of("c", "digest", lambda: huge) is huge
    assert len(solved) == 0


def test_a_deleted_user_is_forgotten() -> None:
    solved: SolvedUsers[Value] = SolvedUsers(15)
    solved.of("key", "digest", lambda: ONE)
    solved.forget("key")
    assert len(solved) == 0
    solved.of("other", "digest", lambda: ONE)
    assert len(solved) == 1


def test_a_copy_for_another_process_starts_empty() -> None:
    solved: SolvedUsers[Value] = SolvedUsers(30)
    solved.of("key", "digest", lambda: ONE)
    assert len(pickle.loads(pickle.dumps(solved))) == 0
