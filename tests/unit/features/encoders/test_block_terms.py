import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from features.blocks import documents_of
from features.domain import Paper
from features.encoders import EncodedPapers, TfidfLsaEncoder, encode, fit_encoder, load_encoder, settings_fingerprint
from features.encoders.block_terms import BlockTerms
from features.encoders.terms import TfidfTerms
from features.errors import NothingToLearn
from features.settings import EncoderSettings

CUT = datetime(2026, 1, 5, tzinfo=UTC)
EVERYTHING = ("text", "tags", "citations")
WEIGHTS = {"text": 1.0, "tags": 0.5, "citations": 2.0}
SETTINGS = EncoderSettings(dimensions=8, blocks=EVERYTHING, tags_weight=0.5, citations_weight=2.0)


@pytest.fixture
def papers(papers: list[Paper]) -> list[Paper]:
    """Of three subjects in turn; one paper has no tags, one no references, one no text anybody knows."""
    tagged = [
        replace(paper, categories=(f"cs.{'ABC'[n % 3]}", "cs.X"), references=(f"ref/{n % 3}", f"ref/{n % 7}"))
        for n, paper in enumerate(papers)
    ]
    return [replace(tagged[0], categories=()), replace(tagged[1], references=()), *tagged[2:]]


def fitted(papers: Sequence[Paper], settings: EncoderSettings = SETTINGS) -> TfidfLsaEncoder:
    return TfidfLsaEncoder(settings).fit(documents_of(papers, settings.blocks), CUT, 0)


def test_a_row_is_each_blocks_unit_row_times_its_weight_made_one_long_again(papers: list[Paper]) -> None:
    encoder = fitted(papers)
    row = encoder.terms(documents_of(papers[5:6], encoder.blocks)).toarray()[0]
    names = encoder.vocabulary
    found = {
        "tags": np.linalg.norm([weight for name, weight in zip(names, row, strict=True) if name.startswith("tag:")]),
        "citations": np.linalg.norm([w for name, w in zip(names, row, strict=True) if name.startswith("cites:")]),
        "text": np.linalg.norm([weight for name, weight in zip(names, row, strict=True) if ":" not in name]),
    }
    total = math.sqrt(sum(weight**2 for weight in WEIGHTS.values()))
    assert found == pytest.approx({block: weight / total for block, weight in WEIGHTS.items()}, rel=1e-5)


def test_a_token_weighs_its_idf_and_what_all_carry_is_kept(papers: list[Paper]) -> None:
    encoder = fitted(papers)
    row = dict(zip(encoder.vocabulary, encoder.terms(["\x1etag:cs.A\x1ftag:cs.X"]).toarray()[0], strict=True))
    n, in_a, in_x = 60, 19, 59
    expected = (1 + math.log((n + 1) / (in_a + 1))) / (1 + math.log((n + 1) / (in_x + 1)))
    assert row["tag:cs.A"] / row["tag:cs.X"] == pytest.approx(expected, rel=1e-5)


def test_words_alone_are_what_they_were(texts: list[str]) -> None:
    terms, matrix = BlockTerms.fit(texts, TfidfTerms(), {"text": 1.0})
    theirs = TfidfTerms()
    assert np.array_equal(matrix.toarray(), theirs.fit_transform(texts).toarray())
    assert terms.terms_ == theirs.terms_


def test_what_is_missing_takes_nothing_from_the_rest(papers: list[Paper]) -> None:
    encoder = fitted(papers)
    unknown = Paper("z", "Zzz", references=("ref/1",), categories=("cs.A",))
    odd = [papers[0], papers[1], unknown, Paper("x", "Zzz", categories=("cs.A",)), Paper("y", "camera")]
    lengths = np.linalg.norm(encode(encoder, [*odd, Paper("w", "Zzz")]), axis=1)
    np.testing.assert_allclose(lengths, [1, 1, 1, 1, 1, 0], atol=1e-6)


def test_papers_of_the_same_text_and_other_tags_share_no_vector(papers: list[Paper]) -> None:
    encoded = EncodedPapers(fitted(papers))
    twins = [papers[3], replace(papers[3], categories=("cs.C",))]
    for rows in (encoded.of(twins), encoded.terms(twins).toarray()):
        assert not np.array_equal(rows[0], rows[1])
    only_text = EncodedPapers(fitted(papers, EncoderSettings(dimensions=8)))
    assert np.array_equal(*only_text.of(twins))


def test_a_paper_is_encoded_alone_as_among_others_and_again_after_a_load(papers: list[Paper], tmp_path: Path) -> None:
    encoder = fitted(papers)
    encoder.save(tmp_path)
    loaded = load_encoder(tmp_path, expected_id=encoder.id)
    together = encode(encoder, papers)
    assert np.array_equal(encode(loaded, papers), together)
    assert np.array_equal(np.vstack([encode(encoder, [paper]) for paper in papers]), together)
    assert loaded.blocks == EVERYTHING


def test_rare_tokens_are_left_out_of_a_corpus_of_some_size(papers: list[Paper]) -> None:
    many = [replace(paper, id=f"{paper.id}.{copy}") for copy in range(4) for paper in papers]
    many[7] = replace(many[7], keywords=("once",))
    names = fitted(many).vocabulary
    assert "tag:once" not in names
    assert {"tag:cs.X", "cites:ref/1"} <= set(names)  # though max_df is a tenth
    assert not any(name.startswith("cites:2601") for name in names)


def test_the_sentence_encoder_reads_the_plain_text(papers: list[Paper], sentence_encoder_folder: Path) -> None:
    settings = SETTINGS.model_copy(update={"onnx_path": sentence_encoder_folder, "blocks": ("tags",)})
    encoder = fit_encoder(documents_of(papers, ("tags",)), settings, CUT, 0)
    assert encoder.blocks == ("text", "tags")
    one, other = encode(encoder, [papers[3], replace(papers[3], categories=("cs.C",))])
    np.testing.assert_allclose(one[-12:], other[-12:], atol=1e-6)
    assert not np.array_equal(one[:-12], other[:-12])
    assert encoder.fingerprint == settings_fingerprint(settings)


@pytest.mark.parametrize("change", [{"blocks": ("text",)}, {"tags_weight": 0.7}])
def test_blocks_and_their_weights_are_part_of_the_fingerprint(change: dict[str, object]) -> None:
    assert settings_fingerprint(SETTINGS) != settings_fingerprint(SETTINGS.model_copy(update=change))


def test_papers_without_any_term_teach_nothing() -> None:
    with pytest.raises(NothingToLearn, match="tags or citations"):
        BlockTerms.fit(["the of", ""], TfidfTerms(), {"text": 1.0, "tags": 1.0})
    assert BlockTerms.fit(["the of", "\x1etag:x"], TfidfTerms(), {"text": 1.0, "tags": 1.0})[0].terms_ == ("tag:x",)
