"""One ranking of the day's 1,000 papers, reasons of the twenty best included, in the processor's time.

In one process without HTTP, by readers of the large installation one after the other: asked for the first time, asked
again while the profile is at hand, and after a click. Everything is read from the store each time; slates are not.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from benchmarks.speeds.rows import Row, SpeedOptions, quantile
from benchmarks.speeds.score_day import peer_rate
from benchmarks.speeds.world import World, world
from features.domain import Interaction, InteractionKind
from features.ingest import ingest_interactions
from models.registry import CHAMPION, Registry
from models.slate import SlatePage
from serving.dependencies import Services
from serving.lifecycle import services_of_settings
from serving.metrics import Metrics
from serving.ranking import Question, rank, resolve

_FIRST, _READERS, _SHOWN, _WARMING = 80_000, 200, 20, 20


@dataclass(frozen=True, slots=True)
class _Taken:
    """Milliseconds of the processor, one a reader."""

    first: list[float]
    again: list[float]
    after_click: list[float]


def run(options: SpeedOptions) -> list[Row]:
    """Medians and the slowest of a hundred."""
    with world(options) as place, _services(place) as services:
        version = Registry(place.settings).alias(CHAMPION) or ""
        ranked = partial(_ranked, services, Question(model_version=version))
        for number in range(_WARMING):  # the day itself is made for whoever asks first
            ranked(place.user_id((_FIRST + _READERS + number) % place.n_users))
        taken = _Taken([], [], [])
        for number in range(_READERS):
            user_id = place.user_id((_FIRST + number) % place.n_users)
            _ask(services, user_id, partial(ranked, user_id), taken)
        peer = 1e3 / peer_rate(place, options.seed)
    base = ("an SVM fitted anew (arxiv-sanity-lite)", peer)
    kinds = {"profile at hand": taken.again, "after a click": taken.after_click, "asked first": taken.first}
    rows = []
    for name, own in kinds.items():
        must = "<= 4 ms" if own is taken.again else ""
        rows.append(Row(f"a ranking, {name}, p50", quantile(own, 0.5), "ms", *base, must=must))
        rows.append(Row("  p99", quantile(own, 0.99), "ms", *base))
    return rows


@contextmanager
def _services(place: World) -> Iterator[Services]:
    services = services_of_settings(place.settings, Metrics(), lambda: datetime.now(UTC))
    try:
        yield services
    finally:
        services.marks.dispose()
        services.store.dispose()


def _ask(services: Services, user_id: str, ask: Callable[[], SlatePage], taken: _Taken) -> None:
    """One reader: for the first time, again, and once more after a click on what stood first."""
    page = _timed(ask, taken.first)
    _timed(ask, taken.again)
    best = page.items[0].paper_id
    click = Interaction(f"clicked-{user_id}", user_id, best, InteractionKind.SAVE, datetime.now(UTC))
    ingest_interactions(services.store, [click], now=services.clock, batch_size=1)
    page = _timed(ask, taken.after_click)
    if best in [item.paper_id for item in page.items]:
        raise RuntimeError("a saved paper came again: the ranking does not know the click")


def _timed(ask: Callable[[], SlatePage], to: list[float]) -> SlatePage:
    began = time.process_time()
    page = ask()
    to.append(1e3 * (time.process_time() - began))
    return page


def _ranked(services: Services, question: Question, user_id: str) -> SlatePage:
    with services.store.transaction(readonly=True) as tx:
        user = tx.users.get(user_id)
        request = resolve(services, tx, user, question)
        return rank(services, tx, user, request).page(0, _SHOWN)
