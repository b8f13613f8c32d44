from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from features.encoders import PretrainedVectors, fit_encoder
from features.encoders.joined import JoinedEncoder
from features.encoders.onnx import OnnxSentenceEncoder
from features.settings import EncoderSettings

CUT = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def joined(sentence_encoder_folder: Path, texts: list[str]) -> JoinedEncoder:
    encoder = fit_encoder(texts, EncoderSettings(dimensions=8, onnx_path=sentence_encoder_folder), CUT, 0)
    assert isinstance(encoder, JoinedEncoder)
    return encoder


def test_the_vectors_are_the_encoders_own_to_the_bit_at_the_first_and_the_second_asking(
    joined: JoinedEncoder, texts: list[str], tmp_path: Path
) -> None:
    for _ in range(2):
        assert np.array_equal(PretrainedVectors(tmp_path).transform(joined, texts), joined.transform(texts))


def test_a_refit_of_the_other_part_asks_the_pretrained_one_for_new_texts_only(
    joined: JoinedEncoder, texts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    PretrainedVectors(tmp_path).transform(joined, texts)
    asked: list[str] = []
    transform = OnnxSentenceEncoder.transform
    monkeypatch.setattr(
        OnnxSentenceEncoder, "transform", lambda self, new: (asked.extend(new), transform(self, new))[1]
    )
    sentence = joined.parts[1]
    refitted = JoinedEncoder([fit_encoder(texts[1:], EncoderSettings(dimensions=4), CUT, 1), sentence])
    found = PretrainedVectors(tmp_path).transform(refitted, [*texts, "a text nobody has read"])
    assert asked == ["a text nobody has read"]
    assert found.shape == (len(texts) + 1, refitted.dimensions)


def test_an_encoder_without_pretrained_parts_keeps_nothing(texts: list[str], tmp_path: Path) -> None:
    encoder = fit_encoder(texts, EncoderSettings(dimensions=4), CUT, 0)
    assert np.array_equal(PretrainedVectors(tmp_path / "none").transform(encoder, texts), encoder.transform(texts))
    assert not (tmp_path / "none").exists()
