"""What speaks for a paper: named features of (user, paper), from the user's profile and the candidates' arrays.

Scores that have no natural unit (*measured* features) are compared with the same user's scores of a fixed reference
sample of ordinary papers: feature = (score − mean) / standard deviation over the reference. A value of 3 says that
few ordinary papers score so high for this user; it depends neither on the other papers of the day nor on how many
labels made the profile.

Who also says no is told by the head on words, which learns to tell yes from no; a likeness to what was chosen cannot,
and it speaks less the more was refused: ``relevance`` and all of ``nearest`` are multiplied by

    k / (k + r),      k = 5,

r the weight of the user's negatives (a dismissed paper weighs 1). Without words, or without positives, nothing is.
What is lost there comes back as ``likeness``, multiplied by r / (k + r) and never below zero: being like all that was
chosen speaks for a paper, but some that are wanted are unlike the others, and not being so does not speak against one.
``sense`` and ``surroundings``, which need a no, are multiplied by r / (k + r), too. ``metric`` is heard whole: what
everybody's choices say of two papers stays true, whatever one reader refuses.

Wherever terms are compared (``text``, ``nearest_words``, ``likeness``), each counts with its weight of
:mod:`models.term_weights`.

Without labels the posterior is the prior, whose deviation says how long a paper's vector is and nothing of the user:
``uncertainty`` is 0 then.

Of a *blank* paper nothing is known that these scores are made of: its vector is zero. It is like nothing anybody chose,
which says nothing of it, so its measured features are 0, those of an ordinary paper.

=================  ====================================================================================================
``relevance``      the user's own classifier on dense vectors (measured)
``uncertainty``    the posterior standard deviation of that score (measured); 0 without labels
``text``           the user's head on sparse terms (measured)
``nearest_words``  how near its terms are to the nearest paper the user chose (:mod:`models.nearness`; measured)
``nearest``        how near its vector is to the nearest (:mod:`models.nearness`; measured)
``nearest_three``  mean of the three nearest (measured)
``collaborative``  the user's factor times the factor carried to the paper (measured)
``topic``          cosine of the paper's topic probabilities and the mean of those the user chose (measured)
``crowd``          the classifier of everybody's choices (measured)
``demand``         how often papers like it were chosen (:mod:`models.collaborative`; measured)
``likeness``       mean cosine of terms to the papers the user chose (measured), see above
``sense``          the user's head on a sentence encoder's part of the vectors (:mod:`models.sense`; measured)
``nearest_sense``  how near what a sentence encoder says of it is to the three nearest, on average (measured)
``metric``         mean cosine to the papers the user chose, by the metric learnt from everybody's choices (measured)
``authors``        ln(1 + how often its authors stand on papers the user chose)
``author_share``   the largest share of the user's choices that one of its authors stands on
``coauthors``      ln(1 + how often its authors wrote with such authors)
``categories``     mean cosine of its categories and those of the papers the user chose
``primary``        the share of the user's choices that have its primary category
``popularity``     ln(1 + votes)
``recency``        −ln(1 + days between the paper's date, as far as known, and the day)
``surroundings``   what the papers around it say against it (:mod:`models.surroundings`), once all else is known
=================  ====================================================================================================
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from features.moment import VectorExamples
from models.authorship import Coauthors, author_counts
from models.candidates import Candidates, EvidenceParts
from models.categories import category_means
from models.cosines import Chosen, Cosines
from models.listing import Listing
from models.nearness import Usual, largest
from models.pauses import pause
from models.personal import Linear, vectors_of
from models.texthead import TextHead
from models.topic_fit import TopicRows

MEASURED = (
    "relevance",
    "uncertainty",
    "text",
    "nearest_words",
    "nearest",
    "nearest_three",
    "collaborative",
    "topic",
    "crowd",
    "likeness",
    "sense",
    "demand",
    "nearest_sense",
    "metric",
)
FEATURES = (
    *MEASURED,
    "authors",
    "author_share",
    "coauthors",
    "categories",
    "primary",
    "popularity",
    "recency",
    "surroundings",
)
SURROUNDINGS = FEATURES.index("surroundings")
_BOUND = 20.0
_BYTES_EACH, _BYTES_A_NAME = 4000, 150
_HALF_AT = 5.0
_NEARNESS = np.isin(
    MEASURED,
    ("relevance", "nearest_words", "nearest", "nearest_three", "nearest_sense"),
)
_LIKENESS, _SENSE, _DEMAND, _NEAREST_SENSE = map(MEASURED.index, ("likeness", "sense", "demand", "nearest_sense"))
_METRIC = MEASURED.index("metric")

Floats = NDArray[np.float64]


class Posterior(Protocol):
    """What is not known of a user's classifier."""

    @property
    def n_bytes(self) -> int:
        """What it takes in memory."""

    def sd_whitened(self, Z: NDArray[np.float32], squares: Floats) -> Floats:
        """Standard deviations (n,) of the scores of whitened rows ``Z`` (n, d) of squared lengths ``squares`` (n,)."""


@dataclass(frozen=True, slots=True)
class Profile:
    """All that ranking needs of a user: heads, chosen papers, counts; ``centre`` and ``scale`` of measured features.

    ``chosen`` are the papers of the positives;
    ``usual``, ``usual_words`` and ``usual_sense`` say how near ordinary papers are to each;
    ``topics`` (t,) are their mean topic probabilities as a unit vector; ``sense`` (d',) the head on sentences, None
    unless there is a yes, a no and a sentence encoder; ``metric`` (k,) the mean row of the chosen papers
    by the learnt metric, None without one or without positives;
    ``refused`` is the r of the module's formula.
    """

    linear: Linear
    posterior: Posterior | None
    text: TextHead | None
    sense: Floats | None
    metric: NDArray[np.float32] | None
    chosen: Chosen
    usual: Usual
    usual_words: Usual
    usual_sense: Usual
    factor: Floats
    topics: Floats
    authors: Mapping[str, float]
    author_shares: Mapping[str, float]
    coauthors: Coauthors
    categories: Mapping[str, float]
    primaries: Mapping[str, float]
    n_labels: int
    n_positives: int
    refused: float
    centre: Floats
    scale: Floats

    @property
    def n_bytes(self) -> int:
        """What it takes in memory, rather more than less: 185 kB are counted for a reader of ten papers, 90 taken."""
        names = (self.authors, self.author_shares, self.categories, self.primaries)
        rows = (self.linear.coef, self.factor, self.topics, self.sense, self.metric)
        arrays = sum(each.nbytes for each in rows if each is not None)
        own = (self.chosen, self.posterior, self.text, self.coauthors)
        parts = sum(each.n_bytes for each in own if each is not None)
        return int(_BYTES_EACH + arrays + parts + _BYTES_A_NAME * sum(map(len, names)))


def profile_of(parts: EvidenceParts, linear: Linear, posterior: Posterior | None, user: VectorExamples) -> Profile:
    """The profile of a user with these examples and their classifier."""
    pause()
    examples, vectors = user.examples, vectors_of(user)
    positive = np.flatnonzero(examples.targets > 0)
    text = None
    if parts.text is not None and user.terms is not None:
        text = parts.text.fit(user.terms, examples.targets, examples.weights)
    pause()
    chosen = [user.papers[row] for row in positive]
    counts, shares = author_counts(chosen, examples.weights[positive])
    categories, primaries = category_means(chosen, examples.weights[positive])
    chosen_terms = None if user.terms is None else user.terms[positive]
    metric = parts.metric_of(chosen, vectors[positive], chosen_terms)
    mean_topics = parts.topics_of(chosen, TopicRows.of(chosen, vectors[positive], chosen_terms)).sum(axis=0)
    length = np.linalg.norm(mean_topics)
    bare = Profile(
        linear=linear,
        posterior=posterior,
        text=text,
        sense=None if parts.sense is None else parts.sense.fit(vectors, examples.targets, examples.weights),
        chosen=Chosen(
            [(paper.id, paper.content_hash) for paper in chosen],
            np.ascontiguousarray(vectors[positive]),
            None if chosen_terms is None or parts.text is None else parts.text.weighed(chosen_terms),
            None if parts.sense is None else parts.sense.rows(vectors[positive]).astype(np.float32),
            metric,
        ),
        metric=None if metric is None or not len(metric) else metric.mean(axis=0),
        usual=Usual.unknown(len(positive)),
        usual_words=Usual.unknown(len(positive)),
        usual_sense=Usual.unknown(len(positive)),
        factor=parts.collaborative.fold_in(user),
        topics=mean_topics / length if length > 0 else mean_topics,
        authors=counts,
        author_shares=shares,
        coauthors=parts.authorship.coauthors(counts),
        categories=categories,
        primaries=primaries,
        n_labels=len(examples),
        n_positives=len(positive),
        refused=0.0 if text is None else float(examples.weights[examples.targets < 0].sum()),
        centre=np.zeros(len(MEASURED)),
        scale=np.ones(len(MEASURED)),
    )
    if parts.reference is None:
        return bare
    pause()
    cosines = Cosines.of(bare.chosen, parts.reference)
    told = replace(
        bare,
        usual=Usual.of(cosines.vectors),
        usual_words=Usual.of(cosines.terms.T),
        usual_sense=Usual.of(cosines.sense),
    )
    return _centred(told, measured(told, parts.reference, cosines))


def evidence(profile: Profile, candidates: Candidates, listing: Listing) -> Floats:
    """The features of all candidates for a user, float64 (n, F) in the order of :data:`FEATURES`; never NaN.

    ``surroundings`` is 0 here: it needs the margins that all others make.
    """
    found = np.empty((len(candidates.vectors), len(FEATURES)))
    n_measured = len(MEASURED)
    found[:, :n_measured] = (measured(profile, candidates) - profile.centre) * profile.scale
    found[candidates.blank, :n_measured] = 0.0
    np.maximum(found[:, _LIKENESS], 0.0, out=found[:, _LIKENESS])
    found[:, n_measured] = np.log1p(listing.authors.sums(profile.authors))
    found[:, n_measured + 1] = listing.authors.largest(profile.author_shares)
    found[:, n_measured + 2] = np.log1p(listing.authors.sums(profile.coauthors))
    found[:, n_measured + 3] = listing.categories.cosines(profile.categories)
    found[:, n_measured + 4] = listing.categories.shares(profile.primaries)
    found[:, n_measured + 5] = listing.popularity
    found[:, n_measured + 6] = listing.recency
    found[:, SURROUNDINGS] = 0.0
    if not np.isfinite(found.sum()):  # one sum tells, and replacing what is not there would take longer
        np.nan_to_num(found, copy=False)
    return np.clip(found, -_BOUND, _BOUND, out=found)


def told_apart(profile: Profile) -> float:
    """How much the user's negatives are heard: r / (k + r) of the module's formula."""
    return profile.refused / (_HALF_AT + profile.refused)


def measured(profile: Profile, candidates: Candidates, cosines: Cosines | None = None) -> Floats:
    """The measured features before centring, float64 (n, :data:`MEASURED`); ``cosines`` are theirs, if at hand."""
    n = len(candidates.vectors)
    found = np.zeros((n, len(MEASURED)))
    found[:, 0] = profile.linear.scores(candidates.vectors)
    if profile.posterior is not None and profile.n_labels:
        found[:, 1] = profile.posterior.sd_whitened(candidates.whitened, candidates.squares)
    if profile.text is not None and candidates.terms is not None:
        found[:, 2] = profile.text.scores(candidates.terms, candidates.of_mean)
    if profile.n_positives:
        _compare(profile, Cosines.of(profile.chosen, candidates) if cosines is None else cosines, found)
    found[:, 6] = np.einsum("nk,k->n", candidates.carried, profile.factor)
    found[:, 7] = np.einsum("nt,t->n", candidates.topics, profile.topics)
    found[:, 8] = candidates.crowd
    found[:, _DEMAND] = candidates.demand
    if profile.metric is not None and candidates.metric is not None:
        found[:, _METRIC] = candidates.metric @ profile.metric
    if profile.sense is not None and candidates.sense is not None:
        found[:, _SENSE] = np.einsum("nd,d->n", candidates.sense, profile.sense)
    return found


def _compare(profile: Profile, cosines: Cosines, found: Floats) -> None:
    """Fill in what is measured to the papers that were chosen."""
    found[:, 4], found[:, 5] = largest(profile.usual.compared(cosines.vectors))
    if cosines.terms.shape[1]:
        found[:, 3] = profile.usual_words.compared(cosines.terms.T).max(axis=1)
        if profile.refused > 0:
            found[:, _LIKENESS] = cosines.terms.sum(axis=0) / profile.n_positives
    if len(cosines.sense):
        found[:, _NEAREST_SENSE] = largest(profile.usual_sense.compared(cosines.sense))[1]


def _centred(profile: Profile, reference: Floats) -> Profile:
    """With mean and 1/standard deviation of its reference scores; a score that is the same everywhere counts 0."""
    centre, spread = reference.mean(axis=0), reference.std(axis=0)
    told = spread > 1e-9 * np.maximum(1.0, np.abs(centre))
    scale = np.where(told, 1.0 / np.where(told, spread, 1.0), 0.0)
    scale[_NEARNESS] *= 1.0 - told_apart(profile)
    scale[[_LIKENESS, _SENSE]] *= told_apart(profile)
    return replace(profile, centre=centre, scale=scale)
