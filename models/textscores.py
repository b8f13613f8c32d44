"""Scores of any texts for somebody who names examples: the programs of others rank by this, and nothing is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from features.domain import Paper
from features.encoders import EncodedPapers
from features.labels import Examples
from features.moment import VectorExamples
from models.dayview import likely_topics
from models.evidence import evidence
from models.listing import Listing
from models.model import Model
from models.recommend import fresh_profile, rounded_scores
from models.slate_columns import Topics
from models.threads import one_blas_thread


@dataclass(frozen=True, slots=True)
class TextScores:
    """Columns in the order of the papers asked about."""

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]
    topics: tuple[Topics, ...]


@one_blas_thread()
def score_texts(
    model: Model, positives: Sequence[Paper], negatives: Sequence[Paper], papers: Sequence[Paper]
) -> TextScores:
    """Score ``papers`` for somebody who chose ``positives`` and turned ``negatives`` down; nothing is kept.

    Examples in any order give the same bytes. Without positives the crowd's classifier scores.
    """
    labels = model.config.labels
    weighted: Mapping[int, tuple[float, Sequence[Paper]]] = {
        1: (labels.save_weight, positives),
        -1: (labels.dismiss_weight, negatives),
    }
    rows = sorted(
        ((paper, target, weight) for target, (weight, given) in weighted.items() for paper in given),
        key=lambda row: (row[0].id, row[0].content_hash, row[1]),
    )
    examples = Examples(
        tuple(paper.id for paper, _, _ in rows),
        np.array([target for _, target, _ in rows], dtype=np.int8),
        np.array([weight for _, _, weight in rows], dtype=np.float64),
    )
    known = tuple(paper for paper, _, _ in rows)
    held = EncodedPapers(model.encoder)
    user = VectorExamples(examples, known, held.of(known), held.terms(known))
    profile = fresh_profile(model, user)
    candidates = model.evidence.candidates(held.of(papers), held.terms(papers), papers)
    listing = Listing.of(papers, model.cut.date(), np.zeros(len(papers), dtype=np.int64))
    margins = model.blend.margins(evidence(profile, candidates, listing), profile.n_positives)
    return TextScores(
        tuple(rounded_scores(margins).tolist()),
        tuple(rounded_scores(model.calibrator.probability(margins, len(known))).tolist()),
        likely_topics(model.topics.names, candidates.topics),
    )
