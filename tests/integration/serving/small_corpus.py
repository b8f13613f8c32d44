"""A corpus of four days about three subjects, and a model of it."""

from datetime import date, timedelta

import numpy as np

from features.domain import Paper, midnight
from features.encoders import fit_encoder
from features.labels import Examples
from features.moment import VectorExamples
from features.settings import EncoderSettings, LabelSettings, RelevanceSettings
from models.authorship import Authorship
from models.background import sample_background
from models.calibration import Calibrator
from models.candidates import EvidenceParts
from models.collaborative import Collaborative
from models.model import Model, ModelConfig
from models.personal import fit_crowd, fit_warm
from models.ranker import default_blend
from models.texthead import TextProblem
from models.topics import TopicModel, topics_of

TODAY = date(2026, 2, 27)
DAYS = [TODAY - timedelta(days=back) for back in (3, 2, 1, 0)]
A_DAY = 24
WORDS = {
    "cs.CL": "translation corpus language grammar tokens dialogue summarization speech",
    "cs.CV": "image pixels segmentation camera depth detection rendering video",
    "cs.RO": "robot grasping manipulation locomotion planning gripper trajectory control",
}


def made_papers() -> list[tuple[date, Paper]]:
    """``A_DAY`` papers a day about three subjects in turn, named by day and number."""
    rng = np.random.default_rng(7)
    made = []
    for day in DAYS:
        for number in range(A_DAY):
            category = sorted(WORDS)[number % len(WORDS)]
            words = rng.choice(WORDS[category].split(), 12).tolist()
            paper_id = f"{day:%y%m%d}.{number:02d}"
            made.append((day, Paper(paper_id, " ".join(words[:4]), " ".join(words[4:]), ("Ada B.",), (category,))))
    return made


PAPERS = made_papers()


def fitted_model(regularization: float) -> Model:
    past = [paper for day, paper in PAPERS if day < TODAY]
    days = np.array([day for day, _ in PAPERS if day < TODAY], dtype="datetime64[D]")
    texts = [paper.text for paper in past]
    encoder = fit_encoder(texts, EncoderSettings(min_df=1, max_df=1.0, dimensions=8), midnight(TODAY), 0)
    vectors = encoder.transform(texts)
    relevance = RelevanceSettings(background_size=50, regularization=regularization)
    background = sample_background(past, vectors, relevance, seed=0)
    liked = np.array([paper.categories == ("cs.CV",) for paper in past])
    chosen = tuple(paper for paper, like in zip(past, liked, strict=True) if like)
    examples = Examples(tuple(paper.id for paper in chosen), np.ones(len(chosen), dtype=np.int8), np.ones(len(chosen)))
    crowd = fit_crowd(background, [VectorExamples(examples, chosen, vectors[liked])])
    topics = TopicModel.fit(vectors, [topics_of(paper) for paper in past], days, 10, 0)
    terms = encoder.terms(texts)
    parts = EvidenceParts(
        background.shared,
        crowd.linear,
        topics,
        TextProblem.of(terms),
        Collaborative.empty(),
        Authorship.fit(past),
    )
    rng = np.random.default_rng(0)
    scores = rng.normal(size=200)
    return Model(
        version="0",
        cut=midnight(TODAY),
        config=ModelConfig(LabelSettings(), relevance, 0),
        encoder=encoder,
        background=background,
        crowd=crowd,
        warm=fit_warm(background, crowd, {}),
        topics=topics,
        evidence=parts.with_reference(vectors[:40], terms[:40]),
        blend=default_blend(),
        calibrator=Calibrator.fit(scores, rng.random(200) < 1 / (1 + np.exp(-scores)), np.full(200, 5)),
    )
