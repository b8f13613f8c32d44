"""A small world: papers about four subjects, an encoder and a model fitted on them, days and users made by hand."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from features.domain import Clock, Cut, DayFeed, Paper, midnight
from features.encoders import fit_encoder
from features.labels import Examples
from features.moment import DayMoment, UserMoment, VectorExamples
from features.settings import EncoderSettings, LabelSettings, RelevanceSettings
from features.slate_request import SlateRequest
from models.authorship import Authorship
from models.background import sample_background
from models.calibration import Calibrator
from models.candidates import EvidenceParts
from models.choices import Choices
from models.collaborative import Collaborative
from models.model import Model, ModelConfig
from models.personal import fit_crowd, fit_warm
from models.ranker import default_blend
from models.texthead import TextProblem
from models.topics import TopicModel, topics_of

DAY = date(2026, 2, 27)
WORDS = {
    "cs.CL": "translation corpus language grammar tokens dialogue summarization speech",
    "cs.CV": "image pixels segmentation camera depth detection rendering video",
    "cs.RO": "robot grasping manipulation locomotion planning gripper trajectory control",
    "q-bio.BM": "protein folding molecule binding sequence enzyme ligand docking",
}


def made_papers(n: int, seed: int, prefix: str) -> tuple[Paper, ...]:
    rng = np.random.default_rng(seed)
    papers = []
    for number in range(n):
        category = sorted(WORDS)[number % 4]
        words = rng.choice(WORDS[category].split(), 12)
        title, abstract = " ".join(words[:4]), " ".join([*words[4:], *rng.choice(["method", "data", "results"], 3)])
        papers.append(Paper(f"{prefix}.{number:04d}", title, abstract, ("Ada",), (category,)))
    return tuple(papers)


class World:
    """Everything the tests of ranking need, as plain attributes and three builders."""

    def __init__(self) -> None:
        self.past = made_papers(240, 1, "2601")
        self.today = made_papers(40, 2, "2602")
        settings = EncoderSettings(min_df=1, max_df=1.0, dimensions=16)
        self.encoder = fit_encoder([paper.text for paper in self.past], settings, midnight(DAY), 0)
        self.users = {
            f"key{number}": self.examples(self.past[number : 60 + number : 4], self.past[number + 1 : 20 : 4])
            for number in range(6)
        }
        self.model = self._fit()

    def examples(self, positives: tuple[Paper, ...], negatives: tuple[Paper, ...] = ()) -> VectorExamples:
        rows = sorted([(paper, 1) for paper in positives] + [(paper, -1) for paper in negatives], key=lambda r: r[0].id)
        papers = tuple(paper for paper, _ in rows)
        examples = Examples(
            tuple(paper.id for paper in papers),
            np.array([target for _, target in rows], dtype=np.int8),
            np.linspace(0.5, 1.0, len(rows)),
        )
        return VectorExamples(examples, papers, self.encoder.transform([paper.text for paper in papers]))

    def user(self, relevance: VectorExamples | None = None, **changes: object) -> UserMoment:
        fields = {"user_key": "unknown", "topics": {}, "hidden": frozenset()} | changes
        return UserMoment(user_id="ada", relevance=relevance or self.examples(()), **fields)

    def day(self, papers: tuple[Paper, ...] | None = None) -> DayMoment:
        papers = self.today if papers is None else papers
        feed = DayFeed(DAY, len(papers), midnight(DAY), True, None)
        vectors = self.encoder.transform([paper.text for paper in papers])
        return DayMoment(
            DAY, Cut(midnight(DAY), Clock.OCCURRED), feed, papers, vectors, np.zeros(len(papers), dtype=np.int64)
        )

    def request(self, version: str = "1", topic: str | None = None) -> SlateRequest:
        return SlateRequest("ada", DAY, datetime(2026, 2, 27, 8, tzinfo=UTC), version, topic=topic)

    def _fit(self) -> Model:
        rng = np.random.default_rng(0)
        relevance = RelevanceSettings(background_size=100)
        vectors = self.encoder.transform([paper.text for paper in self.past])
        background = sample_background(self.past, vectors, relevance, seed=0)
        crowd = fit_crowd(background, list(self.users.values()))
        days = np.array([DAY - timedelta(days=30 - number // 8) for number in range(len(self.past))], "datetime64[D]")
        scores = rng.normal(size=200)
        terms = self.encoder.terms([paper.text for paper in self.past])
        rows = [self.past.index(paper) for paper in sorted(self.past, key=lambda paper: paper.id)][:64]
        topics = TopicModel.fit(vectors, [topics_of(paper) for paper in self.past], days, 10, 0)
        parts = EvidenceParts(
            background.shared,
            crowd.linear,
            topics,
            TextProblem.of(terms),
            Collaborative.fit(Choices.of(self.users)),
            Authorship.fit(self.past),
        )
        return Model(
            version="1",
            cut=midnight(DAY),
            config=ModelConfig(LabelSettings(), relevance, 0),
            encoder=self.encoder,
            background=background,
            crowd=crowd,
            warm=fit_warm(background, crowd, self.users),
            topics=topics,
            evidence=parts.with_reference(vectors[rows], terms[rows]),
            blend=default_blend(),
            calibrator=Calibrator.fit(scores, rng.random(200) < 1 / (1 + np.exp(-scores)), np.full(200, 5)),
        )


@pytest.fixture(scope="session")
def world() -> World:
    return World()
