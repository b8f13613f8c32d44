"""The product as it is measured: ``training.fit`` on what is known, and one more model for each ablation."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.options import PRODUCT, Options, without_row
from features.encoders import EncodedPapers
from features.settings import EncoderSettings, Settings
from models.model import Model
from models.shards import Shards
from training.ablation import fit_without
from training.fit import FitSettings, encoded_papers, encoder_for
from training.history import Known


@dataclass(frozen=True, slots=True)
class Fitted:
    """The product's models by row name, and the vectors that all of them read."""

    models: Mapping[str, Model]
    vectors: EncodedPapers
    settings: Settings


@contextmanager
def settings_for(options: Options, **encoder: Any) -> Iterator[Settings]:
    """The settings of the process (defaults and environment) with a data folder for this run only.

    ``encoder`` are fields of the encoder that the data set asks for, such as ``ngrams=1`` where there are words only.
    What a pretrained encoder makes of a text is kept in :func:`cache_folder`.
    """
    with tempfile.TemporaryDirectory(prefix="broadsheet-benchmark-") as folder:
        kept = cache_folder()
        if kept is not None:
            (kept / "pretrained").mkdir(parents=True, exist_ok=True)
            (Path(folder) / "pretrained").symlink_to((kept / "pretrained").resolve())
        settings = Settings()
        chosen = EncoderSettings.model_validate({**settings.encoder.model_dump(), **encoder})
        yield settings.model_copy(update={"data_dir": Path(folder), "encoder": chosen, "seed": options.seed})


def fit_product(known: Known, settings: Settings, options: Options) -> Fitted:
    """Encoder and models of what is known, one more for each ablation."""
    with options.stage("encoder"):
        encoder, _ = encoder_for(known.catalogue, settings, cut=known.cut, seed=options.seed, refit=True)
        vectors = encoded_papers(encoder, settings.data_dir)
        vectors.backfill(known.catalogue.papers)
    with options.stage("fit"):
        recipe = FitSettings.of(settings, options.seed, Shards(options.jobs))
        whole, without = fit_without(known, vectors, recipe, options.ablate)
    models = {PRODUCT: whole, **{without_row(name): model for name, model in without.items()}}
    return Fitted({name: model.with_version(name) for name, model in models.items()}, vectors, settings)


def cache_folder() -> Path | None:
    """Where stores built from the data may be kept between runs: BROADSHEET_BENCHMARK_CACHE, or nowhere."""
    named = os.environ.get("BROADSHEET_BENCHMARK_CACHE")
    return Path(named) if named else None
