"""``score-day``: users a second, beside arxiv-sanity-lite's recipe, which fits a support vector machine a user."""

from functools import partial

import numpy as np

from benchmarks.speeds.rows import Row, SpeedOptions, seconds_of
from benchmarks.speeds.world import World, world
from features.domain import Cut
from features.labels import Examples
from features.moment import UserMoment, VectorExamples, day_moment
from features.store import open_store
from models.baselines import Past
from models.baselines.content import ArxivSanitySvm
from models.registry import CHAMPION, Registry
from models.shards import Shards
from serving.observed import EVERYTHING
from serving.scoring import UserShard, slates_of

_USERS, _PEER_USERS = 2_000, 5


def run(options: SpeedOptions) -> list[Row]:
    """Of both."""
    with world(options) as place:
        base = ("an SVM for each user (arxiv-sanity-lite)", peer_rate(place, options.seed))
        rows = []
        for jobs in (1, options.jobs):
            taken = seconds_of(partial(_scored, place, jobs))
            rows.append(Row(f"score-day, {jobs} processes", _USERS / taken, "users/s", *base))
        return rows


def _scored(place: World, jobs: int) -> None:
    version = Registry(place.settings).alias(CHAMPION) or ""
    numbers = range(0, _USERS, 100)
    shards = [
        UserShard(place.settings, version, place.day, tuple(place.user_id(start + n) for n in range(100)))
        for start in numbers
    ]
    for _ in Shards(jobs).run(slates_of, shards):
        pass


def peer_rate(place: World, seed: int) -> float:
    """Users a second of the peer's recipe: fitted and scored on the day, its tf-idf made beforehand."""
    with open_store(place.settings.database_url) as store, store.transaction(readonly=True) as tx:
        papers = [paper for paper in tx.papers.history(EVERYTHING).papers if not paper.id.startswith("today.")]
        day = day_moment(tx, place.day, EVERYTHING, None)
        rows = {place.user_id(n): tx.interactions.of_user(place.user_id(n), EVERYTHING) for n in range(_PEER_USERS)}
    positives = {user: tuple(row.interaction.paper_id for row in found) for user, found in rows.items()}
    peer = ArxivSanitySvm().fit(Past(tuple(papers), positives, {}, Cut(EVERYTHING.at), seed))
    nothing = VectorExamples(Examples((), np.zeros(0, dtype=np.int8), np.zeros(0)), (), None)
    readers = [UserMoment(user, "", nothing, {}, frozenset()) for user in positives]
    return _PEER_USERS / seconds_of(lambda: [peer.score(day, reader) for reader in readers])
