"""What must be beaten: other systems' recipes, exactly as they are, behind one protocol."""

from models.baselines.base import Baseline, Past
from models.baselines.content import ArxivSanitySvm, PastTerms, ScholarInbox, TfidfCentroid
from models.baselines.simple import Popularity, Random, Recency

__all__ = [
    "ArxivSanitySvm",
    "Baseline",
    "Past",
    "PastTerms",
    "Popularity",
    "Random",
    "Recency",
    "ScholarInbox",
    "TfidfCentroid",
    "baselines",
]


def baselines(seed: int) -> tuple[Baseline, ...]:
    """One of each, unfitted; those that read text share the tf-idf of a past, so fit them on the same object."""
    terms = PastTerms()
    return (
        Random(seed),
        Recency(),
        Popularity(),
        TfidfCentroid(terms),
        ArxivSanitySvm(terms),
        ScholarInbox(terms),
    )
