from datetime import UTC, datetime

import numpy as np
import pytest

from features.encoders import fit_encoder, sentence_columns
from features.encoders.joined import JoinedEncoder
from features.settings import EncoderSettings
from models.sense import REGULARIZATION, SenseBlock

CUT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def block():
    return SenseBlock(2, 7, np.full(5, 0.1))


def test_rows_are_the_part_of_the_vector_less_the_mean_and_of_length_one(block):
    vectors = np.random.default_rng(0).normal(size=(6, 9)).astype(np.float32)
    vectors[3, 2:7] = np.float32(0.1)
    rows = block.rows(vectors)
    np.testing.assert_allclose(np.linalg.norm(np.delete(rows, 3, axis=0), axis=1), 1.0)
    expected = vectors[0, 2:7] - 0.1
    np.testing.assert_allclose(rows[0], expected / np.linalg.norm(expected), atol=1e-6)


def test_the_head_is_a_ridge_in_which_yes_and_no_weigh_the_same(block):
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(30, 9)).astype(np.float32)
    targets = np.array([1] * 4 + [-1] * 26, dtype=np.int8)
    weights = rng.random(30) + 0.1
    share = np.concatenate([weights[:4] / weights[:4].sum(), weights[4:] / weights[4:].sum()]) / 2
    X = np.column_stack([block.rows(vectors), np.ones(30)])
    penalty = REGULARIZATION * np.diag([1.0] * 5 + [0.0])
    expected = np.linalg.solve(X.T @ (share[:, None] * X) + penalty, X.T @ (share * targets))
    np.testing.assert_allclose(block.fit(vectors, targets, weights), expected[:5], atol=1e-10)


@pytest.mark.parametrize("target", [1, -1])
def test_without_both_a_yes_and_a_no_there_is_no_head(block, target):
    vectors = np.ones((3, 9), dtype=np.float32)
    assert block.fit(vectors, np.full(3, target, dtype=np.int8), np.ones(3)) is None
    assert block.fit(vectors[:0], np.zeros(0, dtype=np.int8), np.zeros(0)) is None


def test_identical_papers_that_were_chosen_and_refused_have_a_finite_head(block):
    vectors = np.ones((2, 9), dtype=np.float32)
    np.testing.assert_allclose(block.fit(vectors, np.array([1, -1], dtype=np.int8), np.ones(2)), 0.0, atol=1e-9)


def test_the_columns_of_a_sentence_encoder_are_those_of_the_part_that_knows_no_words():
    texts = [f"paper {word} of things" for word in ("one", "two", "three", "four")]
    words = fit_encoder(texts, EncoderSettings(min_df=1, max_df=1.0, dimensions=2), CUT, 0)
    sentences = _Sentences()
    assert sentence_columns(words) is None
    assert sentence_columns(JoinedEncoder([words, words])) is None
    assert sentence_columns(JoinedEncoder([words, sentences])) == slice(words.dimensions, words.dimensions + 3)
    assert sentence_columns(JoinedEncoder([sentences, words])) == slice(0, 3)
    assert SenseBlock.of(None, np.zeros(5)) is None


class _Sentences:
    """A part that has three numbers a text and no words."""

    dimensions = 3
