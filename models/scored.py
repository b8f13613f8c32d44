"""A day scored for a user: the features of its papers and the blend's margins, which reasons are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from features.domain import Paper
from features.moment import DayMoment, VectorExamples
from models.dayview import DayView
from models.evidence import SURROUNDINGS, Profile, evidence, told_apart
from models.model import Model
from models.pauses import pause
from models.ridge import Floats


@dataclass(frozen=True, slots=True)
class Scored:
    """A day scored for a user: ``features`` (n, F) and the blend's ``margins`` (n,).

    ``slopes`` (F,) are what one unit of each feature adds to the sum; ``chosen`` are the user's positives in the order
    of ``profile.chosen``; ``text_mean`` (n_terms,) is the mean of the model's text problem, None without words.
    """

    view: DayView
    profile: Profile
    chosen: Sequence[Paper]
    features: Floats
    slopes: Floats
    margins: Floats
    text_mean: Floats | None

    @classmethod
    def of(cls, model: Model, day: DayMoment, user: VectorExamples, profile: Profile) -> Self:
        """Every paper of the day by the model's blend, for the user whose examples made the profile."""
        pause()
        view = model.view(day)
        features = evidence(profile, view.candidates, view.listing)
        if profile.refused > 0:
            sums = model.blend.sums(features, profile.n_positives)
            features[:, SURROUNDINGS] = told_apart(profile) * view.around(user.examples, sums)
        pause()
        margins = model.blend.margins(features, profile.n_positives)
        slopes = model.blend.slopes(profile.n_positives)
        mean = None if model.evidence.text is None else model.evidence.text.weighed_mean
        return cls(view, profile, chosen_by(user), features, slopes, margins, mean)

    def of_words(self, feature: str, entries: NDArray[np.int64]) -> Floats:
        """What each of these entries of the day's words adds to the measured score ``relevance`` or ``text``."""
        index, profile = self.view.words, self.profile
        if index is not None and feature == "relevance":
            return index.in_score(profile.linear.coef, entries)
        if index is not None and profile.text is not None and self.text_mean is not None:
            return index.in_text(profile.text, self.text_mean, entries)
        return np.zeros(entries.shape)


def chosen_by(user: VectorExamples) -> list[Paper]:
    """The papers that stand behind ``Profile.chosen``, in the same order."""
    return [user.papers[row] for row in np.flatnonzero(user.examples.targets > 0).tolist()]
