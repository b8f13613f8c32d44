from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from features.blocks import documents_of
from features.domain import Paper
from features.encoders import EncodedPapers, fit_encoder
from features.settings import EncoderSettings
from training.held import HeldVectors

PAPERS = [Paper(str(n), f"camera {word}", categories=("cs.CV",)) for n, word in enumerate(["pixel", "depth", "stereo"])]
TWIN = replace(PAPERS[0], id="twin", categories=("cs.AI",))


@pytest.fixture(scope="module")
def vectors() -> EncodedPapers:
    settings = EncoderSettings(dimensions=3, blocks=("text", "tags"))
    encoder = fit_encoder(
        documents_of([*PAPERS, TWIN], settings.blocks), settings, datetime(2026, 1, 5, tzinfo=UTC), seed=0
    )
    return EncodedPapers(encoder)


def test_held_rows_are_those_of_the_encoder_in_the_order_asked(vectors: EncodedPapers) -> None:
    held = HeldVectors([*PAPERS, TWIN, PAPERS[1]], vectors)
    for asked in ([TWIN, PAPERS[0], PAPERS[2], TWIN], []):
        assert np.array_equal(held.of(asked), vectors.of(asked))
        assert np.array_equal(held.terms(asked).toarray(), vectors.terms(asked).toarray())


def test_a_paper_of_the_same_text_and_other_tags_is_another(vectors: EncodedPapers) -> None:
    with pytest.raises(KeyError):
        HeldVectors(PAPERS, vectors).of([TWIN])
