"""A model version as one immutable value: everything a ranking needs besides the moment."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from features.encoders import Encoder
from features.moment import DayMoment
from features.settings import LabelSettings, RelevanceSettings, SlateSettings
from models.background import Background
from models.calibration import Calibrator
from models.candidates import EvidenceParts
from models.dayview import DayView, DayViews, view_of
from models.evidence import Profile
from models.found_interests import Found
from models.personal import Crowd, WarmCache
from models.ranker import Blend
from models.rhetoric import SentenceModel
from models.solved import SolvedUsers
from models.topics import TopicModel
from models.trending import TrendModel


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """The settings a version was fitted with; serving reads labels by these, not by its own."""

    labels: LabelSettings
    relevance: RelevanceSettings
    seed: int
    slate: SlateSettings = field(default_factory=SlateSettings)


@dataclass(frozen=True, slots=True)
class Model:
    """One version. ``cut`` is the instant up to which it has seen anything.

    ``trend`` is None where the community's page was not known well enough to learn from, ``rhetoric`` where no marked
    sentences were.

    ``warm`` only saves work: a user whose examples have changed, or who is not in it, is solved on the spot with the
    same result. ``views`` remembers what is the same for all users of a day, ``solved`` and ``interests`` what was
    made of users on the spot; none is part of the value.
    """

    version: str
    cut: datetime
    config: ModelConfig
    encoder: Encoder
    background: Background
    crowd: Crowd
    warm: WarmCache
    topics: TopicModel
    evidence: EvidenceParts
    blend: Blend
    calibrator: Calibrator
    trend: TrendModel | None = None
    rhetoric: SentenceModel | None = None
    views: DayViews = field(default_factory=DayViews, repr=False, compare=False)
    solved: SolvedUsers[Profile] = field(default_factory=SolvedUsers, repr=False, compare=False)
    interests: SolvedUsers[Found] = field(default_factory=SolvedUsers, repr=False, compare=False)

    def view(self, day: DayMoment) -> DayView:
        """What is the same for all users of the day, made once."""
        return self.views.of(day, lambda: view_of(day, self.encoder, self.evidence))

    def with_version(self, version: str) -> Self:
        """The same model under another version name."""
        return replace(self, version=version)
