from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from features.encoders import TfidfLsaEncoder, load_encoder, settings_fingerprint
from features.errors import BrokenArtifact, NothingToLearn
from features.settings import EncoderSettings

CUT = datetime(2026, 1, 5, tzinfo=UTC)
Fit = Callable[..., TfidfLsaEncoder]


def test_texts_about_the_same_subject_lie_closer_than_others(fit: Fit, texts: list[str]) -> None:
    vectors = fit(texts, dimensions=3).transform(texts)
    similarity = vectors @ vectors.T
    same = np.arange(60)[:, None] % 3 == np.arange(60) % 3
    assert similarity[same].min() > similarity[~same].max()


def test_rows_have_length_one_or_are_zero(fit: Fit, texts: list[str]) -> None:
    vectors = fit(texts).transform([*texts, "unheard words"])
    lengths = np.linalg.norm(vectors, axis=1)
    np.testing.assert_allclose(lengths[:-1], 1.0, atol=1e-6)
    assert lengths[-1] == 0.0


def test_the_same_seed_gives_the_same_encoder_and_another_seed_another(fit: Fit, texts: list[str]) -> None:
    assert fit(texts, seed=3).id == fit(texts, seed=3).id
    assert fit(texts, seed=3).id != fit(texts, seed=4).id


def test_a_text_is_encoded_alone_as_among_others_to_the_bit(fit: Fit, texts: list[str]) -> None:
    encoder = fit(texts)
    together = encoder.transform(texts)
    alone = np.vstack([encoder.transform([text]) for text in texts])
    assert np.array_equal(together, alone)


def test_a_loaded_encoder_gives_the_same_bits_under_the_same_id(fit: Fit, texts: list[str], tmp_path: Path) -> None:
    encoder = fit(texts)
    encoder.save(tmp_path)
    loaded = load_encoder(tmp_path)
    assert loaded.id == encoder.id
    assert (loaded.cut, loaded.fingerprint) == (encoder.cut, encoder.fingerprint)
    assert np.array_equal(loaded.transform(texts), encoder.transform(texts))


def test_a_saved_encoder_is_json_and_plain_arrays(fit: Fit, texts: list[str], tmp_path: Path) -> None:
    fit(texts).save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "components.npy",
        "encoder.json",
        "idf.npy",
        "projected.npy",
        "terms.json",
    ]
    np.load(tmp_path / "components.npy", allow_pickle=False)


@pytest.mark.parametrize("name", ["components.npy", "encoder.json", "idf.npy", "projected.npy", "terms.json"])
def test_one_changed_byte_is_refused(fit: Fit, texts: list[str], tmp_path: Path, name: str) -> None:
    encoder = fit(texts)
    encoder.save(tmp_path)
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BrokenArtifact):
        load_encoder(tmp_path, expected_id=encoder.id)


def test_a_missing_file_is_refused(fit: Fit, texts: list[str], tmp_path: Path) -> None:
    fit(texts).save(tmp_path)
    (tmp_path / "idf.npy").unlink()
    with pytest.raises(BrokenArtifact, match=r"idf\.npy cannot be read"):
        load_encoder(tmp_path)


def test_a_header_cannot_name_a_file_outside_its_folder(fit: Fit, texts: list[str], tmp_path: Path) -> None:
    fit(texts).save(tmp_path / "in")
    header = tmp_path / "in" / "encoder.json"
    header.write_bytes(header.read_bytes().replace(b'"idf.npy"', b'"../idf.npy"'))
    with pytest.raises(BrokenArtifact, match="outside the folder"):
        load_encoder(tmp_path / "in")


@pytest.mark.parametrize("corpus", [["robot"], ["robot", "robot"], ["robot arm", "robot hand", ""]])
def test_a_corpus_smaller_than_the_dimensions_has_fewer(corpus: list[str]) -> None:
    encoder = TfidfLsaEncoder(EncoderSettings(dimensions=256)).fit(corpus, CUT, 0)
    assert 1 <= encoder.dimensions <= len(corpus)
    assert encoder.transform(["robot"]).shape == (1, encoder.dimensions)


@pytest.mark.parametrize("corpus", [[], [""], ["the of"]])
def test_a_corpus_without_words_teaches_nothing(corpus: list[str]) -> None:
    with pytest.raises(NothingToLearn):
        TfidfLsaEncoder().fit(corpus, CUT, 0)


def test_no_texts_give_no_rows(fit: Fit, texts: list[str]) -> None:
    encoder = fit(texts)
    assert encoder.transform([]).shape == (0, encoder.dimensions)
    assert encoder.terms([]).shape == (0, len(encoder.vocabulary))


def test_a_vector_is_the_tf_idf_row_times_the_components(fit: Fit, texts: list[str]) -> None:
    encoder = fit(texts)
    product = encoder.terms(texts).toarray() @ encoder.projection_of(np.arange(len(encoder.vocabulary)))
    expected = product / np.linalg.norm(product, axis=1, keepdims=True)
    np.testing.assert_allclose(encoder.transform(texts), expected, atol=1e-6)


def test_only_the_terms_most_used_are_projected(texts: list[str]) -> None:
    encoder = TfidfLsaEncoder(EncoderSettings(min_df=1, projected_terms=5, dimensions=3)).fit(texts, CUT, 0)
    used = np.asarray((encoder.terms(texts) > 0).sum(axis=0)).ravel()
    projected = np.abs(encoder.projection_of(np.arange(len(used)))).sum(axis=1) > 0
    assert projected.sum() <= 5 < len(used)
    assert used[projected].min() >= np.sort(used)[-5]


def test_single_words_alone_can_be_asked_for(texts: list[str]) -> None:
    words, pairs = EncoderSettings(ngrams=1), EncoderSettings()
    vocabulary = TfidfLsaEncoder(words).fit(texts, CUT, 0).vocabulary
    assert not any(" " in term for term in vocabulary)
    assert set(vocabulary) < set(TfidfLsaEncoder(pairs).fit(texts, CUT, 0).vocabulary)
    assert settings_fingerprint(words) != settings_fingerprint(pairs)
