from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.domain import Interaction, InteractionKind, KnownInteraction, midnight
from features.labels import examples_of, hidden_of, known_by, topic_examples_of
from features.settings import LabelSettings

KIND = InteractionKind
NOW = datetime(2026, 2, 27, 12, tzinfo=UTC)
SETTINGS = LabelSettings(half_life_days=10.0)


def known(kind, paper, *, days_ago=0.0, client_id=None, topic=None, dated=True, at=NOW):
    occurred_at = NOW - timedelta(days=days_ago) if dated else None
    client_id = client_id or f"{kind}-{paper}-{days_ago}-{topic}"
    topic = topic or ("mine" if kind is KIND.LABEL else None)
    return KnownInteraction(Interaction(client_id, "ada", paper, kind, occurred_at, topic), at, at)


def as_dict(examples):
    pairs = zip(examples.targets.tolist(), examples.weights.tolist(), strict=True)
    return dict(zip(examples.paper_ids, pairs, strict=True))


rows = st.builds(
    known,
    st.sampled_from(KIND),
    st.sampled_from(["a", "b", "c", "d"]),
    days_ago=st.integers(0, 400),
    dated=st.booleans(),
)
histories = st.lists(rows, max_size=12, unique_by=lambda row: row.interaction.client_id)


def test_kinds_become_targets_and_weights_by_the_settings():
    history = [known(kind, kind.value) for kind in KIND]
    assert as_dict(examples_of(history, SETTINGS)) == {
        "open": (1, 0.3),
        "save": (1, 1.0),
        "pick": (1, 1.0),
        "label": (1, 1.0),
        "rate_up": (1, 1.5),
        "dismiss": (-1, 1.0),
        "rate_down": (-1, 1.5),
    }


def test_an_example_a_half_life_older_than_the_newest_weighs_half():
    history = [known(KIND.SAVE, "old", days_ago=30), known(KIND.SAVE, "new", days_ago=20)]
    assert as_dict(examples_of(history, SETTINGS)) == {"new": (1, 1.0), "old": (1, 0.5)}


def test_the_newest_explicit_interaction_decides_and_an_open_never_undoes_it():
    history = [
        known(KIND.SAVE, "a", days_ago=3),
        known(KIND.DISMISS, "a", days_ago=2),
        known(KIND.OPEN, "a", days_ago=1),
        known(KIND.DISMISS, "b", days_ago=3),
        known(KIND.LABEL, "b", days_ago=2),
    ]
    assert examples_of(history, SETTINGS).targets.tolist() == [-1, 1]


def test_a_back_dated_click_decides_by_when_it_happened_not_by_when_it_came():
    late = known(KIND.SAVE, "a", days_ago=5, at=NOW + timedelta(days=1))
    assert examples_of([known(KIND.DISMISS, "a", days_ago=2), late], SETTINGS).targets.tolist() == [-1]


def test_a_clock_set_to_the_future_does_not_silence_the_other_examples():
    history = [known(KIND.SAVE, "a", days_ago=-40_000), known(KIND.SAVE, "b", days_ago=0)]
    assert as_dict(examples_of(history, SETTINGS)) == {"a": (1, 1.0), "b": (1, 1.0)}


def test_an_undated_example_is_as_old_as_the_oldest_dated_one():
    history = [known(KIND.PICK, "a"), known(KIND.PICK, "b", days_ago=10), known(KIND.PICK, "c", dated=False)]
    assert [weight for _, weight in as_dict(examples_of(history, SETTINGS)).values()] == [1.0, 0.5, 0.5]
    assert as_dict(examples_of(history[2:], SETTINGS)) == {"c": (1, 1.0)}


def test_the_oldest_example_still_weighs_something():
    history = [known(KIND.SAVE, "a", days_ago=700_000), known(KIND.SAVE, "b")]
    assert (examples_of(history, SETTINGS).weights > 0).all()


def test_a_users_topics_hold_the_papers_they_labelled():
    history = [
        known(KIND.LABEL, "a", topic="maps", days_ago=10),
        known(KIND.LABEL, "b", topic="maps"),
        known(KIND.LABEL, "a", topic="owls"),
        known(KIND.DISMISS, "a"),
        known(KIND.SAVE, "c"),
    ]
    topics = topic_examples_of(history, SETTINGS)
    assert list(topics) == ["maps", "owls"]
    assert as_dict(topics["maps"]) == {"a": (1, 0.5), "b": (1, 1.0)}


@given(histories, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_examples(history, random):
    shuffled = history.copy()
    random.shuffle(shuffled)
    first, second = examples_of(history, SETTINGS), examples_of(shuffled, SETTINGS)
    assert first.paper_ids == second.paper_ids
    assert first.targets.tobytes() == second.targets.tobytes()
    assert first.weights.tobytes() == second.weights.tobytes()
    topics = [topic_examples_of(order, SETTINGS) for order in (history, shuffled)]
    assert {topic: as_dict(examples) for topic, examples in topics[0].items()} == {
        topic: as_dict(examples) for topic, examples in topics[1].items()
    }


@given(histories)
def test_examples_are_one_per_paper_ascending_with_positive_weights(history):
    examples = examples_of(history, SETTINGS)
    assert list(examples.paper_ids) == sorted({row.interaction.paper_id for row in history})
    assert set(examples.targets.tolist()) <= {-1, 1}
    assert (examples.weights > 0).all()
    assert examples.targets.dtype == np.int8


@given(histories)
def test_waiting_changes_no_example(history):
    later = [KnownInteraction(row.interaction, row.known_at, row.recorded_at + timedelta(days=90)) for row in history]
    assert as_dict(examples_of(history, SETTINGS)) == as_dict(examples_of(later, SETTINGS))


@pytest.mark.parametrize("kind", [KIND.SAVE, KIND.PICK, KIND.DISMISS])
def test_saved_picked_and_dismissed_papers_are_hidden_at_once(kind):
    assert hidden_of([known(kind, "a", at=NOW)], [], NOW.date()) == {"a"}


@pytest.mark.parametrize("kind", [KIND.OPEN, KIND.RATE_UP, KIND.RATE_DOWN, KIND.LABEL])
def test_a_seen_paper_stays_in_its_own_days_slate_and_leaves_later_ones(kind):
    history = [known(kind, "a", at=NOW)]
    assert hidden_of(history, [], NOW.date()) == frozenset()
    assert hidden_of(history, [], NOW.date() + timedelta(days=1)) == {"a"}


def test_a_shown_paper_leaves_the_slates_of_later_days():
    shown = [("a", midnight(date(2026, 2, 26))), ("b", midnight(date(2026, 2, 27)))]
    assert hidden_of([], shown, date(2026, 2, 27)) == {"a"}


def test_a_retracted_interaction_is_known_until_it_is_retracted():
    row = known(KIND.SAVE, "a", at=NOW)
    taken = KnownInteraction(row.interaction, NOW, NOW, NOW + timedelta(hours=1))
    stands = [len(known_by([taken], NOW + timedelta(minutes=minutes))) for minutes in (-1, 0, 59, 60)]
    assert stands == [0, 1, 1, 0]
