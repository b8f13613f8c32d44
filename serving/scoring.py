"""Everybody's slates of a day, before anybody asks: the very bytes that the API would store, in shards of users."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter

import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import InvalidValue, NoChampion, UnknownUser
from features.settings import Settings
from features.store import Store, StoredSlate, open_store
from models.registry import CHAMPION, Registry
from models.shards import Shards, cut
from models.slate import encode_slate
from serving.dependencies import Services
from serving.lifecycle import services_of_settings
from serving.metrics import Metrics
from serving.observed import EVERYTHING
from serving.ranking import Question, rank, resolve

USERS_OF_A_SHARD = 100
COLUMNS = pa.schema([("user_id", pa.string()), ("day", pa.date32()), ("slate_id", pa.string()), ("body", pa.binary())])
"""Of the Parquet file: ``body`` is the slate as :func:`models.slate.encode_slate` writes it, canonical JSON."""


@dataclass(frozen=True, slots=True)
class UserShard:
    """Some users whose slates of ``day`` are wanted from a model version; nothing else is needed to make them."""

    settings: Settings
    version: str
    day: date
    user_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """``n_ranked`` of the ``n_users`` slates were not there yet."""

    day: date
    version: str
    n_users: int
    n_ranked: int
    seconds: float

    def closing_line(self) -> str:
        """What a command prints."""
        rate = self.n_users / self.seconds if self.seconds else 0.0
        return (
            f"{self.n_users:,} slates of {self.day} by version {self.version}, {self.n_ranked:,} ranked now, "
            f"{self.seconds:.1f} s, {rate:,.0f} users a second"
        )


def score_day(
    settings: Settings, day: date, shards: Shards, *, parquet: Path | None = None, so_far: Callable[[int], None]
) -> ScoreReport:
    """Store every user's slate of the day by the champion, and write all of them to ``parquet`` if it is named.

    ``so_far`` is told how many users are done. Slates that are stored already are not ranked again, so that a run that
    was killed goes on where it was. Raises NoChampion, InvalidValue for a day without papers.
    """
    began = perf_counter()
    version = Registry(settings).alias(CHAMPION)
    if version is None:
        raise NoChampion
    with open_store(settings.database_url) as store, _table(parquet) as write:
        user_ids = _users(store, day)
        parts = [UserShard(settings, version, day, tuple(part)) for part in cut(user_ids, USERS_OF_A_SHARD)]
        n_users = n_ranked = 0
        try:
            for found in shards.run(slates_of, parts):
                with store.transaction(derived=True, bulk=True) as tx:
                    n_ranked += tx.slates.put_many(found)
                write(found)
                n_users += len(found)
                so_far(n_users)
        finally:
            _close()  # what ran in this very process
    return ScoreReport(day, version, n_users, n_ranked, perf_counter() - began)


def slates_of(shard: UserShard) -> list[StoredSlate]:
    """The slates of a shard's users, in their order; who was deleted meanwhile is left out."""
    settled = shard.settings.model_dump_json() in _OPEN
    services, found = _services(shard.settings), []
    for user_id in shard.user_ids:
        try:
            found.append(_slate_of(services, shard, user_id))
        except UnknownUser:
            continue
        if not settled:
            _settle()
            settled = True
    return found


def _settle() -> None:
    """Take what has been loaded out of the search for garbage, a third of a second each time: it lives on."""
    gc.collect()
    gc.freeze()


def _slate_of(services: Services, shard: UserShard, user_id: str) -> StoredSlate:
    with services.store.transaction(readonly=True) as tx:
        user = tx.users.get(user_id)
        request = resolve(services, tx, user, Question(day=shard.day, model_version=shard.version))
        stored = tx.slates.get(request.slate_id)
        if stored is not None:
            return stored
        slate = rank(services, tx, user, request)
        return StoredSlate(slate.slate_id, user_id, shard.day, services.clock(), encode_slate(slate))


_OPEN: dict[str, Services] = {}
"""What a worker keeps from one shard to the next: the store, the model, the day."""


def _services(settings: Settings) -> Services:
    key = settings.model_dump_json()
    if key not in _OPEN:
        _close()
        once = settings.serving.model_copy(update={"cached_users_mb": 1})  # nobody is asked about twice
        _OPEN[key] = services_of_settings(
            settings.model_copy(update={"serving": once}), Metrics(), lambda: datetime.now(UTC)
        )
    return _OPEN[key]


def _close() -> None:
    for services in _OPEN.values():
        services.marks.dispose()
        services.store.dispose()
    if _OPEN:
        gc.unfreeze()
    _OPEN.clear()


def has_papers(settings: Settings, day: date) -> bool:
    """Whether papers are new on the day."""
    with open_store(settings.database_url) as store, store.transaction(readonly=True) as tx:
        return tx.days.feed(day, EVERYTHING).n_papers > 0


def _users(store: Store, day: date) -> list[str]:
    """Everybody, ascending; InvalidValue for a day without papers."""
    with store.transaction(readonly=True) as tx:
        if not tx.days.feed(day, EVERYTHING).n_papers:
            raise InvalidValue("day", day.isoformat(), "no papers are new on it; 'broadsheet ingest' fetches them")
        return [user.id for user in tx.users.all()]


@contextmanager
def _table(path: Path | None) -> Iterator[Callable[[Sequence[StoredSlate]], None]]:
    """A Parquet file that is there when it is whole, or not at all."""
    if path is None:
        yield lambda _: None
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with pq.ParquetWriter(partial, COLUMNS, compression="zstd") as writer:
        yield lambda slates: writer.write_table(_rows(slates))
    partial.replace(path)


def _rows(slates: Sequence[StoredSlate]) -> pa.Table:
    columns = [
        [slate.user_id for slate in slates],
        [slate.day for slate in slates],
        [slate.slate_id for slate in slates],
        [slate.body for slate in slates],
    ]
    return pa.table(columns, schema=COLUMNS)
