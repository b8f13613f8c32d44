"""From a history to a model: encoder, vectors, topics, background, crowd and every user's classifier."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.blocks import documents_of
from features.domain import Paper
from features.encoders import (
    EncodedPapers,
    Encoder,
    EncoderLibrary,
    PretrainedVectors,
    VectorStore,
    fit_encoder,
    sentence_columns,
    settings_fingerprint,
)
from features.moment import PaperVectors, UserRows, VectorExamples, build_user
from features.settings import Settings
from models.authorship import Authorship
from models.background import Background, sample_background
from models.boosting import with_trees
from models.calibration import Calibrator
from models.candidates import EvidenceParts
from models.choices import Choices
from models.collaborative import Collaborative
from models.listwise import ChoiceList, fit_weights
from models.metric import Metric
from models.model import Model, ModelConfig
from models.personal import Crowd, fit_crowd, fit_warm
from models.prior import with_prior
from models.ranker import Blend, default_blend
from models.sense import SenseBlock
from models.shards import SERIAL, Shards
from models.term_weights import learnt_weights
from models.texthead import TextProblem
from models.topic_fit import TopicRows
from models.topics import TopicModel, topics_of
from training.held import HeldVectors
from training.history import Catalogue, Known, standing
from training.window import before_window, choice_lists

REFERENCE_PAPERS = 512
"""Ordinary papers that measured features are compared with."""

NO_TOPICS = sys.maxsize
"""As ``topic_min_papers``, where only rankings are asked for: topics take no part in them."""

UNCALIBRATED = Calibrator.fit((), (), ())
"""What a model carries before it has been replayed."""


@dataclass(frozen=True, slots=True)
class FitSettings:
    """What a fit depends on besides the data."""

    config: ModelConfig
    topic_min_papers: int
    prior: bool = True
    """Whether users' classifiers start from what they have in common; without it only to measure its worth."""
    shards: Shards = SERIAL
    """Where users' classifiers are solved, which changes nothing about them."""

    @classmethod
    def of(cls, settings: Settings, seed: int, shards: Shards = SERIAL) -> "FitSettings":
        """From the settings of a process."""
        return cls(
            ModelConfig(settings.labels, settings.relevance, seed, settings.slate),
            settings.training.topic_min_papers,
            shards=shards,
        )


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
    pretrained = PretrainedVectors(data_dir / "pretrained")
    return EncodedPapers(
        encoder,
        VectorStore(data_dir / "vectors" / encoder.id, encoder.dimensions),
        transform=lambda documents: pretrained.transform(encoder, documents),
    )


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

    The blend learns on the window, with everything below it fitted as of the window's start; without a window, or
    choices in it, it is the default sum. ``stage`` is told what comes next. Raises NothingToLearn without papers.
    """
    blend = learnt_blend(learnt_lists(known, vectors, settings, stage), settings.config.seed)
    return replace(fit_base(known, vectors, settings, stage), blend=blend)


def fit_base(
    known: Known, vectors: EncodedPapers, settings: FitSettings, stage: Callable[[str], None] = lambda _: None
) -> Model:
    """Everything but the blend, which is the default one."""
    catalogue, seed = known.catalogue, settings.config.seed
    users = examples_at(known.users, known.cut, known.texts, settings.config, vectors)
    stage("background")
    matrix = vectors.of(catalogue.papers)
    background = sample_background(catalogue.papers, matrix, settings.config.relevance, seed)
    stage("topics")
    labels = [topics_of(paper) for paper in catalogue.papers]
    topics = TopicModel.fit(
        TopicRows.of(catalogue.papers, matrix, vectors.terms(catalogue.papers)),
        labels,
        catalogue.first_days,
        settings.topic_min_papers,
        seed,
        settings.shards.jobs,
    )
    stage("users")
    crowd = fit_crowd(background, list(users.values()))
    if settings.prior:
        background = with_prior(background, users, settings.config.relevance.regularization, settings.shards)
    warm = fit_warm(background, crowd, users, settings.shards)
    stage("evidence")
    evidence = fit_evidence(known, users, vectors, background, (crowd, topics), settings)
    return Model(
        version="",
        cut=known.cut,
        config=settings.config,
        encoder=vectors.encoder,
        background=background,
        crowd=crowd,
        warm=warm,
        topics=topics,
        evidence=evidence,
        blend=default_blend(),
        calibrator=UNCALIBRATED,
    )


def fit_evidence(
    known: Known,
    users: Mapping[str, VectorExamples],
    vectors: EncodedPapers,
    background: Background,
    scorers: tuple[Crowd, TopicModel],
    settings: FitSettings,
) -> EvidenceParts:
    """Factors, authors, the shared text problem, and the reference: papers of the background, evenly spaced by id.

    None of these is blank (:mod:`models.evidence`).
    """
    papers, seed = known.catalogue.by_id(), settings.config.seed
    crowd, topics = scorers
    drawn = [papers[paper_id] for paper_id in background.paper_ids]
    terms = vectors.terms(drawn)
    sense = SenseBlock.of(sentence_columns(vectors.encoder), background.shared.centre)
    choices = Choices.of(users)
    parts = EvidenceParts(
        shared=background.shared,
        crowd=crowd.linear,
        topics=topics,
        text=None if terms is None else TextProblem.of(terms, learnt_weights(users, terms, background.paper_ids, seed)),
        collaborative=Collaborative.fit(choices, seed, sense=sense, threads=settings.shards.jobs),
        authorship=Authorship.fit(known.catalogue.papers),
        sense=sense,
        metric=Metric.fit(choices, background.shared.centre, seed),
    )
    rows = _evenly_spaced(background.vectors)
    return parts.with_reference(background.vectors[rows], None if terms is None else terms[rows])


def _evenly_spaced(vectors: NDArray[np.float32]) -> NDArray[np.intp]:
    """Rows of :data:`REFERENCE_PAPERS` papers that are not blank; of all, where all are."""
    told = np.flatnonzero(vectors.any(axis=1))
    rows = told if len(told) else np.arange(len(vectors))
    return rows[np.unique(np.linspace(0, len(rows) - 1, REFERENCE_PAPERS).astype(np.intp))]


def learnt_lists(
    known: Known, vectors: EncodedPapers, settings: FitSettings, stage: Callable[[str], None] = lambda _: None
) -> list[ChoiceList]:
    """What the window teaches a blend; none where there is no window, or no paper before it."""
    if not known.window:
        return []
    before = before_window(known)
    if not before.catalogue.papers:
        return []
    base = fit_base(before, vectors, replace(settings, topic_min_papers=NO_TOPICS), lambda _: None)
    return choice_lists(base, known, vectors, settings.config.seed, stage)


def learnt_blend(lists: Sequence[ChoiceList], seed: int) -> Blend:
    """The blend that these lists teach; the default without any."""
    return with_trees(Blend(fit_weights(lists)), lists, seed)
