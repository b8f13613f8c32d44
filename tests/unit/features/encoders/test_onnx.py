import hashlib
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from joblib import Parallel, delayed

from features.encoders import fit_encoder, load_encoder, settings_fingerprint
from features.encoders.base import unit_rows
from features.encoders.joined import JoinedEncoder
from features.encoders.onnx import MAX_TOKENS, OnnxSentenceEncoder
from features.errors import BrokenArtifact, InvalidValue, MissingExtra
from features.settings import EncoderSettings

CUT = datetime(2026, 1, 5, tzinfo=UTC)


def test_a_text_is_the_mean_of_its_tokens(sentence_encoder_folder: Path) -> None:
    encoder = OnnxSentenceEncoder(sentence_encoder_folder)
    ids = np.array([[2, 3, 4]], dtype=np.int64)
    hidden = encoder._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0]
    expected = unit_rows(hidden.mean(axis=1))
    np.testing.assert_allclose(encoder.transform(["camera pixel depth"]), expected, atol=1e-6)


def test_a_text_is_encoded_alone_as_among_others_to_the_bit(sentence_encoder_folder: Path, texts: list[str]) -> None:
    encoder = OnnxSentenceEncoder(sentence_encoder_folder)
    mixed = [*texts, *(" ".join(texts[:number]) for number in range(1, 12))]
    alone = np.vstack([encoder.transform([text]) for text in mixed])
    assert np.array_equal(encoder.transform(mixed), alone)


def test_a_text_is_cut_after_the_last_token_allowed(sentence_encoder_folder: Path) -> None:
    encoder = OnnxSentenceEncoder(sentence_encoder_folder)
    kept = " ".join(["camera", "vowel"] * (MAX_TOKENS // 2))
    assert np.array_equal(encoder.transform([kept]), encoder.transform([kept + " edge edge edge"]))


def test_a_copy_in_another_process_gives_the_same_vectors(sentence_encoder_folder: Path, texts: list[str]) -> None:
    encoder = OnnxSentenceEncoder(sentence_encoder_folder)
    (copied,) = Parallel(n_jobs=2)([delayed(encoder.transform)(texts)])
    assert np.array_equal(copied, encoder.transform(texts))


def test_an_empty_text_and_no_texts_have_vectors(sentence_encoder_folder: Path) -> None:
    encoder = OnnxSentenceEncoder(sentence_encoder_folder)
    assert np.isfinite(encoder.transform([""])).all()
    assert encoder.transform([]).shape == (0, 12)


def test_the_model_may_have_any_name_if_it_is_the_only_one(sentence_encoder_folder: Path) -> None:
    (sentence_encoder_folder / "model.onnx").rename(sentence_encoder_folder / "mini_quantised.onnx")
    assert OnnxSentenceEncoder(sentence_encoder_folder).dimensions == 12


def test_two_models_of_other_names_are_refused(sentence_encoder_folder: Path) -> None:
    model = sentence_encoder_folder / "model.onnx"
    (sentence_encoder_folder / "one.onnx").write_bytes(model.read_bytes())
    model.rename(sentence_encoder_folder / "two.onnx")
    with pytest.raises(BrokenArtifact, match=r"2 \.onnx files"):
        OnnxSentenceEncoder(sentence_encoder_folder)


def test_a_model_with_another_hash_than_the_settings_say_is_refused(sentence_encoder_folder: Path) -> None:
    digest = hashlib.sha256((sentence_encoder_folder / "model.onnx").read_bytes()).hexdigest()
    OnnxSentenceEncoder(sentence_encoder_folder, digest.upper())
    with pytest.raises(BrokenArtifact, match="SHA-256"):
        OnnxSentenceEncoder(sentence_encoder_folder, "0" * 64)


def test_a_file_that_is_no_model_is_refused(sentence_encoder_folder: Path) -> None:
    (sentence_encoder_folder / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(BrokenArtifact, match="not a sentence encoder"):
        OnnxSentenceEncoder(sentence_encoder_folder)


def test_a_folder_without_a_tokenizer_is_refused(sentence_encoder_folder: Path) -> None:
    (sentence_encoder_folder / "tokenizer.json").unlink()
    with pytest.raises(BrokenArtifact, match=r"tokenizer\.json cannot be read"):
        OnnxSentenceEncoder(sentence_encoder_folder)


def test_without_the_extra_the_error_names_it(sentence_encoder_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match=r"broadsheet\[onnx\]"):
        OnnxSentenceEncoder(sentence_encoder_folder)


def test_a_joined_encoder_averages_the_cosines_of_its_parts(sentence_encoder_folder: Path, texts: list[str]) -> None:
    joined = fit_encoder(texts, EncoderSettings(dimensions=8, onnx_path=sentence_encoder_folder), CUT, 0)
    assert isinstance(joined, JoinedEncoder)
    left, right = (part.transform(texts) for part in joined.parts)
    vectors = joined.transform(texts)
    assert joined.dimensions == 8 + 12
    np.testing.assert_allclose(vectors @ vectors.T, (left @ left.T + right @ right.T) / 2, atol=1e-5)


def test_a_joined_encoder_is_loaded_with_its_parts(
    sentence_encoder_folder: Path, texts: list[str], tmp_path: Path
) -> None:
    settings = EncoderSettings(dimensions=8, onnx_path=sentence_encoder_folder)
    joined = fit_encoder(texts, settings, CUT, 0)
    joined.save(tmp_path / "saved")
    loaded = load_encoder(tmp_path / "saved", expected_id=joined.id)
    assert loaded.fingerprint == settings_fingerprint(settings)
    assert loaded.cut == CUT
    assert np.array_equal(loaded.transform(texts), joined.transform(texts))


def test_a_joined_encoder_with_an_exchanged_part_is_refused(
    sentence_encoder_folder: Path, texts: list[str], tmp_path: Path
) -> None:
    settings = EncoderSettings(dimensions=8, onnx_path=sentence_encoder_folder)
    fit_encoder(texts, settings, CUT, 0).save(tmp_path / "saved")
    fit_encoder(texts, EncoderSettings(dimensions=8), CUT, 1).save(tmp_path / "saved" / "0")
    with pytest.raises(BrokenArtifact, match="it holds encoder"):
        load_encoder(tmp_path / "saved")


def test_one_part_is_not_joined(sentence_encoder_folder: Path) -> None:
    with pytest.raises(InvalidValue):
        JoinedEncoder([OnnxSentenceEncoder(sentence_encoder_folder)])
