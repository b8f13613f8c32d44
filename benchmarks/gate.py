"""How often the promotion gate errs: equal models, a planted worse one and a planted better one, on synthetic readers.

    python benchmarks/gate.py [--seeds 20] [--users 320] [--days 16] [--resamples 200] [--json FILE]

For every seed a corpus and its readers are written and ingested, and a champion and its challenger are fitted on the
same cut and replayed as a retrain does it. Equal models have the same settings and different seeds; the worse one knows
thirty words and three dimensions of them; the better one meets that one as champion. A user counts from one label on:
the readers are few. Beside the decisions on the readers as they are stand those on ``--resamples`` samples of them,
drawn with replacement: what the seed has given to one model is then a true difference, so these rates are stricter.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from broadsheet.console import now
from broadsheet.demo import everything_known, synthetic_input
from features.domain import midnight
from features.ingest import ingest_interactions, ingest_listings, ingest_users
from features.settings import EncoderSettings, GateSettings, RelevanceSettings, Settings, TrainingSettings
from features.store import Store, open_store
from training.evaluation import fit_contender
from training.fit import NO_TOPICS, FitSettings, encoded_papers, encoder_for
from training.gate import Decision, Evidence, Outcome, decide
from training.history import History, read_history
from training.periods import CHAMPION, PRODUCT, Contender
from training.replay import replay
from training.split import split_last

MIN_LABELS = 1
BACKGROUND = 600
"""Of some 900 papers: the seed decides which, so that equal models are not the same model."""
PLANTED = "planted"
DIMENSIONS = 64
WORSE = {"max_features": 30, "projected_terms": 30, "dimensions": 3}
KEPT = (Outcome.WORSE, Outcome.INSUFFICIENT)


@dataclass(frozen=True)
class World:
    """One synthetic corpus with its readers, ready to be learned from."""

    history: History
    settings: Settings

    def contender(self, seed: int, changed: Mapping[str, int] | None = None) -> Contender:
        """The product with this seed, with some settings of its encoder ``changed``."""
        fit = self.history.split.fits[0]
        encoding = self.settings.encoder.model_copy(update=changed or {})
        settings = self.settings.model_copy(update={"encoder": encoding})
        encoder, _ = encoder_for(self.history.fits[fit], settings, cut=midnight(fit), seed=0, refit=False)
        vectors = encoded_papers(encoder, settings.data_dir)
        vectors.backfill(self.history.catalogue.papers)
        recipe = FitSettings(FitSettings.of(settings, seed).config, NO_TOPICS)
        return fit_contender(self.history, {fit: vectors}, recipe, lambda _: None)

    def tables(self, seed: int) -> dict[str, pd.DataFrame]:
        """Of one replay the rows of a challenger and a champion, per question."""
        one, other = (self.contender(2 * seed + turn) for turn in (0, 1))
        bad = self.contender(2 * seed, WORSE)
        named = [one, replace(other, name=CHAMPION), replace(bad, name=PLANTED)]
        rows = replay(self.history, named, self.settings.labels, seed=seed).table
        roles = {
            "equal": {PRODUCT: PRODUCT, CHAMPION: CHAMPION},
            "worse": {PLANTED: PRODUCT, CHAMPION: CHAMPION},
            "better": {PRODUCT: PRODUCT, PLANTED: CHAMPION},
        }
        return {
            question: rows[rows["method"].isin(role)].assign(method=lambda kept, role=role: kept["method"].map(role))
            for question, role in roles.items()
        }


def world(folder: Path, seed: int, n_users: int, n_days: int) -> World:
    """Write, ingest and read the corpus of a seed."""
    settings = Settings(
        database_url=f"sqlite:///{folder / 'broadsheet.db'}",
        data_dir=folder,
        seed=seed,
        encoder=EncoderSettings(dimensions=DIMENSIONS, min_df=3),
        relevance=RelevanceSettings(background_size=BACKGROUND),
        training=TrainingSettings(evaluation_days=n_days // 3),
    )
    with open_store(settings.database_url) as store:
        newest = _ingest(store, settings, n_users, n_days)
        history = read_history(
            store,
            newest,
            lambda feeds: split_last(feeds, settings.training.evaluation_days, settings.training.refit_days),
            settings.training.window_days,
        )
    return World(history, settings)


def _ingest(store: Store, settings: Settings, n_users: int, n_days: int) -> datetime:
    """All rows; the end of the newest day."""
    rows = synthetic_input(settings, n_days=n_days, n_users=n_users)
    size = settings.ingest.batch_size
    ingest_listings(store, rows.papers, now=now, batch_size=size, progress=lambda _: None)
    ingest_users(store, rows.users, now=now, batch_size=size, progress=lambda _: None)
    ingest_interactions(store, rows.interactions, now=now, batch_size=size, progress=lambda _: None)
    return everything_known(store, datetime.min.replace(tzinfo=UTC))


def decided(table: pd.DataFrame, seed: int) -> Decision:
    """The gate's word on a replay."""
    return decide(Evidence(table, {}), "1", GateSettings(), min_labels=MIN_LABELS, seed=seed)


def resampled(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """As many users, drawn with replacement; a user drawn twice is two users."""
    users = table["user_key"].unique()
    drawn = pd.DataFrame({"user_key": rng.choice(users, len(users)), "place": np.arange(len(users)).astype(str)})
    return table.merge(drawn, on="user_key").drop(columns="user_key").rename(columns={"place": "user_key"})


def run(asked: argparse.Namespace) -> dict[str, Mapping[str, float]]:
    """Outcomes as shares, per question."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("equal", "equal, resampled", "worse", "better")}
    for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
        began = time.perf_counter()
        with TemporaryDirectory() as folder:
            at = world(Path(folder), seed, asked.users, asked.days)
            tables = at.tables(seed)
        said = []
        for name, table in tables.items():
            decision = decided(table, seed)
            counts[name][decision.outcome.value] += 1
            loss = decision.criteria[0].loss
            bounds = "; ".join(
                f"{criterion.loss.loss:+.3f} [{criterion.loss.low:+.3f}, {criterion.loss.high:+.3f}]"
                for criterion in decision.criteria
                if criterion.loss.n_users
            )
            said.append(f"{name}: {decision.outcome} {bounds}")
        rng = np.random.default_rng([seed, 1])
        for draw in range(asked.resamples):
            counts["equal, resampled"][decided(resampled(tables["equal"], rng), draw).outcome.value] += 1
        print(f"seed {seed}: {loss.n_users} users; {'; '.join(said)}; {time.perf_counter() - began:.0f} s", flush=True)
    return {name: {key: n / found.total() for key, n in sorted(found.items())} for name, found in counts.items()}


def main() -> None:
    """Parse, call, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--users", type=int, default=320)
    parser.add_argument("--days", type=int, default=16)
    parser.add_argument("--resamples", type=int, default=200, help="samples of the users of each seed")
    parser.add_argument("--json", type=Path, help="write the result here too")
    asked = parser.parse_args()
    rates = run(asked)
    for name, shares in rates.items():
        kept = sum(shares.get(outcome.value, 0.0) for outcome in KEPT)
        listed = ", ".join(f"{key} {share:.1%}" for key, share in shares.items())
        print(f"{name:<18} {listed}; the champion stays in {kept:.1%}")
    if asked.json:
        asked.json.write_text(json.dumps(rates, indent=1))


if __name__ == "__main__":
    main()
