"""Abstracts a second into TF-IDF + LSA vectors, beside scikit-learn's vectoriser and SVD of the same sizes."""

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

from benchmarks.options import MissingData
from benchmarks.speeds.rows import Row, SpeedOptions, in_turns
from features.blocks import documents_of
from features.domain import Listing
from features.encoders import fit_encoder
from features.settings import EncoderSettings, IngestSettings
from features.sources.jsonl import read_listings

_FILE, _FITTED, _ENCODED = "arxiv_cs.jsonl.gz", 8_000, 2_000


def run(options: SpeedOptions) -> list[Row]:
    """Abstracts a second of each, encoded by what was fitted on others."""
    if options.data is None or not (options.data / _FILE).exists():
        raise MissingData(Path(_FILE))
    events = read_listings(options.data / _FILE, IngestSettings())
    papers = [event.paper for event in islice(events, _FITTED + _ENCODED) if isinstance(event, Listing)]
    settings = EncoderSettings()
    texts = documents_of(papers, settings.blocks)
    known, new = texts[:_FITTED], texts[_FITTED:]
    encoder = fit_encoder(known, settings, datetime.now(UTC), options.seed)
    plain = make_pipeline(
        TfidfVectorizer(max_features=settings.projected_terms, min_df=settings.min_df, ngram_range=(1, 2)),
        TruncatedSVD(settings.dimensions, random_state=options.seed),
    ).fit(known)
    own, peer = in_turns([lambda: encoder.transform(new), lambda: plain.transform(new)], options.rounds)
    base = ("scikit-learn TfidfVectorizer + TruncatedSVD", len(new) / peer)
    return [Row("encode, TF-IDF + LSA", len(new) / own, "abstracts/s", *base)]
