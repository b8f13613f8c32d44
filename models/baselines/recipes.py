"""All baselines together."""

from models.baselines.base import Baseline
from models.baselines.content import ArxivSanitySvm, PastTerms, ScholarInbox, TfidfCentroid
from models.baselines.implicit_mf import ImplicitMf
from models.baselines.simple import Popularity, Random, Recency


def baselines(seed: int, terms: PastTerms | None = None) -> tuple[Baseline, ...]:
    """One of each, unfitted; those that read text share the tf-idf of a past, so fit them on the same object.

    ``terms`` say what they read of a paper, as arxiv-sanity-lite does if not given.
    """
    terms = terms or PastTerms()
    return (
        Random(seed),
        Recency(),
        Popularity(),
        TfidfCentroid(terms),
        ArxivSanitySvm(terms),
        ScholarInbox(terms),
        ImplicitMf(terms),
    )
