"""One ranking of the day's 1,000 papers, reasons of the twenty best included, in the processor's time.

In one process without HTTP, by readers of the large installation one after the other: asked for the first time, asked
again while the profile is at hand, and after a click. Slates are not kept, so that each is ranked; what is known of the
reader is read from the store each time, which is told apart for the second: the ranking alone is a pure function of it.
"""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from benchmarks.speeds.rows import Row, SpeedOptions, quantile
from benchmarks.speeds.score_day import peer_rate
from benchmarks.speeds.world import World, world
from features.domain import Interaction, InteractionKind
from features.ingest import ingest_interactions
from models.recommend import recommend
from models.registry import CHAMPION, Registry
from models.slate import SlatePage
from serving.dependencies import Services
from serving.lifecycle import services_of_settings
from serving.metrics import Metrics
from serving.ranking import Question, known_at, resolve

_FIRST, _READERS, _SHOWN, _WARMING = 80_000, 200, 20, 20


@dataclass(frozen=True, slots=True)
class _Taken:
    """Milliseconds of the processor, one a reader."""

    first: list[float]
    again: list[float]
    again_alone: list[float]
    after_click: list[float]


def run(options: SpeedOptions) -> list[Row]:
    """Medians and the slowest of a hundred."""
    with world(options) as place, _services(place) as services:
        version = Registry(place.settings).alias(CHAMPION) or ""
        question = Question(model_version=version)
        for number in range(_WARMING):  # the day itself is made for whoever asks first
            _ranked(services, question, place.user_id((_FIRST + _READERS + number) % place.n_users))
        gc.collect()
        gc.freeze()  # as a server does with all that lives as long as its model
        taken = _Taken([], [], [], [])
        for number in range(_READERS):
            user_id = place.user_id((_FIRST + number) % place.n_users)
            _ask(services, question, user_id, taken)
        peer = 1e3 / peer_rate(place, options.seed)
    base = ("an SVM fitted anew (arxiv-sanity-lite)", peer)
    kinds = {
        "a ranking, profile at hand": taken.again_alone,
        "the same, the reader read from the store": taken.again,
        "the same after a click": taken.after_click,
        "the same asked first": taken.first,
    }
    rows = []
    for name, own in kinds.items():
        must = "<= 4 ms" if own is taken.again_alone else ""
        rows.append(Row(f"{name}, p50", quantile(own, 0.5), "ms", *base, must=must))
        rows.append(Row("  p99", quantile(own, 0.99), "ms", *base))
    return rows


@contextmanager
def _services(place: World) -> Iterator[Services]:
    services = services_of_settings(place.settings, Metrics(), lambda: datetime.now(UTC))
    try:
        yield services
    finally:
        gc.unfreeze()
        services.marks.dispose()
        services.store.dispose()


def _ask(services: Services, question: Question, user_id: str, taken: _Taken) -> None:
    """One reader: for the first time, again, and once more after a click on what stood first."""
    ask = partial(_ranked, services, question, user_id)
    page, whole, _ = ask()
    taken.first.append(whole)
    _, whole, alone = ask()
    taken.again.append(whole)
    taken.again_alone.append(alone)
    best = page.items[0].paper_id
    click = Interaction(f"clicked-{user_id}", user_id, best, InteractionKind.SAVE, datetime.now(UTC))
    ingest_interactions(services.store, [click], now=services.clock, batch_size=1)
    page, whole, _ = ask()
    taken.after_click.append(whole)
    if best in [item.paper_id for item in page.items]:
        raise RuntimeError("a saved paper came again: the ranking does not know the click")


def _ranked(services: Services, question: Question, user_id: str) -> tuple[SlatePage, float, float]:
    """The page, the milliseconds of all, and those of the ranking alone."""
    began = time.process_time()
    with services.store.transaction(readonly=True) as tx:
        user = tx.users.get(user_id)
        request = resolve(services, tx, user, question)
        known = known_at(services, tx, user, request)
        read = time.process_time()
        page = recommend(known.day, known.user, known.policy, request).page(0, _SHOWN)
        ranked = time.process_time()
    return page, 1e3 * (time.process_time() - began), 1e3 * (ranked - read)
