import numpy as np
import pytest

from features.domain import Paper
from features.labels import Examples
from features.moment import UserMoment, VectorExamples
from training.window import YOUNG_EVERY, YOUNG_LABELS, with_younger

NAMES = tuple(f"p{number}" for number in range(8))


@pytest.fixture
def user() -> UserMoment:
    examples = Examples(NAMES, np.array([1, -1] * 4, dtype=np.int8), np.arange(1.0, 9.0))
    papers = tuple(Paper(name, name, "") for name in NAMES)
    return UserMoment("u", "key", VectorExamples(examples, papers, np.eye(8, dtype=np.float32)), {}, frozenset())


def test_every_so_many_turns_a_user_is_ranked_again_with_few_labels(user: UserMoment) -> None:
    rng = np.random.default_rng(0)
    sizes = [[len(each.relevance.examples) for each in with_younger(user, turn, rng)] for turn in range(9)]
    first, second, third = YOUNG_LABELS[:3]
    assert YOUNG_EVERY == 4
    assert sizes == [[8, first], [8], [8], [8], [8, second], [8], [8], [8], [8, third]]


def test_the_labels_that_stay_are_the_users_own_in_their_order(user: UserMoment) -> None:
    turn = YOUNG_EVERY * YOUNG_LABELS.index(3)
    _, younger = with_younger(user, turn, np.random.default_rng(1))
    kept = [NAMES.index(name) for name in younger.relevance.examples.paper_ids]
    assert kept == sorted(kept)
    assert younger.relevance.examples.weights.tolist() == [number + 1.0 for number in kept]
    assert [paper.id for paper in younger.relevance.papers] == [NAMES[number] for number in kept]
    assert younger.relevance.vectors is not None
    assert younger.relevance.vectors.argmax(axis=1).tolist() == kept


def test_a_user_with_no_more_labels_than_that_is_ranked_once(user: UserMoment) -> None:
    few = UserMoment("u", "key", user.relevance.at(np.array([2])), {}, frozenset())
    turn = YOUNG_EVERY * YOUNG_LABELS.index(3)
    assert with_younger(few, turn, np.random.default_rng(1)) == [few]
