"""From a history to a model: encoder, vectors, topics, background, crowd and every user's classifier."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.blocks import documents_of
from features.domain import Paper
from features.encoders import (
    EncodedPapers,
    Encoder,
    EncoderLibrary,
    VectorStore,
    fit_encoder,
    gathered,
    settings_fingerprint,
)
from features.moment import PaperVectors, UserRows, VectorExamples, build_user
from features.settings import Settings
from models.background import sample_background
from models.calibration import Calibrator
from models.model import Model, ModelConfig
from models.personal import fit_crowd, fit_warm
from models.topics import TopicModel, topics_of
from training.history import Catalogue, Known, standing

NO_TOPICS = sys.maxsize
"""As ``topic_min_papers``, where only rankings are asked for: topics take no part in them."""

UNCALIBRATED = Calibrator.fit((), (), ())
"""What a model carries before it has been replayed."""


@dataclass(frozen=True, slots=True)
class FitSettings:
    """What a fit depends on besides the data."""

    config: ModelConfig
    topic_min_papers: int

    @classmethod
    def of(cls, settings: Settings, seed: int) -> "FitSettings":
        """From the settings of a process."""
        return cls(ModelConfig(settings.labels, settings.relevance, seed), settings.training.topic_min_papers)


class HeldVectors:
    """Vectors of given papers, in memory, found by text; implements ``features.moment.PaperVectors``."""

    def __init__(self, papers: Sequence[Paper], vectors: PaperVectors) -> None:
        distinct = list({paper.content_hash: paper for paper in papers}.values())
        self._rows = {paper.content_hash: row for row, paper in enumerate(distinct)}
        self._matrix = vectors.of(distinct)
        self._terms = vectors.terms(distinct)

    def of(self, papers: Sequence[Paper]) -> NDArray[np.float32]:
        """float32 (n, d); KeyError for a paper that was not given."""
        return self._matrix[self._places(papers)]

    def terms(self, papers: Sequence[Paper]) -> sparse.csr_array | None:
        """CSR float32 (n, n_words), or None where the encoder knows no words; KeyError as above."""
        return None if self._terms is None else gathered(self._terms, self._places(papers))

    def _places(self, papers: Sequence[Paper]) -> NDArray[np.int64]:
        return np.array([self._rows[paper.content_hash] for paper in papers], dtype=np.int64)


def encoder_for(
    catalogue: Catalogue, settings: Settings, *, cut: datetime, seed: int, refit: bool
) -> tuple[Encoder, bool]:
    """The newest encoder of these settings with a cut ≤ ``cut`` and young enough, else one fitted now and kept.

    The second value says whether it was fitted. Raises NothingToLearn where the papers hold no usable word.
    """
    library = EncoderLibrary(settings.data_dir / "encoders")
    if not refit:
        kept = library.newest(cut, settings.encoder.max_age_days, settings_fingerprint(settings.encoder))
        if kept is not None:
            return kept, False
    encoder = fit_encoder(documents_of(catalogue.papers, settings.encoder.blocks), settings.encoder, cut, seed)
    library.add(encoder)
    return encoder, True


def encoded_papers(encoder: Encoder, data_dir: Path) -> EncodedPapers:
    """The encoder's vectors, memory-mapped from where the service looks for them too."""
    return EncodedPapers(encoder, VectorStore(data_dir / "vectors" / encoder.id, encoder.dimensions))


def examples_at(
    users: Sequence[UserRows],
    at: datetime,
    texts: Mapping[str, Paper],
    config: ModelConfig,
    vectors: PaperVectors,
) -> dict[str, VectorExamples]:
    """Per user key the examples that stood at ``at``, in the order of ``users``; users without any are left out."""
    held = HeldVectors(tuple(texts.values()), vectors)
    found: dict[str, VectorExamples] = {}
    for user in users:
        rows = standing(user, at)
        if rows.interactions:
            examples = build_user(rows, date.max, texts, config.labels, held).relevance
            if len(examples.examples):
                found[user.user.key] = examples
    return found


def fit_model(
    known: Known, vectors: EncodedPapers, settings: FitSettings, stage: Callable[[str], None] = lambda _: None
) -> Model:
    """A model of what is known, uncalibrated and without a version name.

    ``stage`` is told what comes next. Raises NothingToLearn without papers.
    """
    catalogue = known.catalogue
    users = examples_at(known.users, known.cut, known.texts, settings.config, vectors)
    stage("background")
    seed = settings.config.seed
    matrix = vectors.of(catalogue.papers)
    background = sample_background(catalogue.papers, matrix, settings.config.relevance, seed)
    stage("topics")
    labels = [topics_of(paper) for paper in catalogue.papers]
    topics = TopicModel.fit(matrix, labels, catalogue.first_days, settings.topic_min_papers, seed)
    stage("users")
    crowd = fit_crowd(background, list(users.values()))
    warm = fit_warm(background, crowd, users)
    return Model(
        version="",
        cut=known.cut,
        config=settings.config,
        encoder=vectors.encoder,
        background=background,
        crowd=crowd,
        warm=warm,
        topics=topics,
        calibrator=UNCALIBRATED,
    )
