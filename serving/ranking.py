"""From a question to a slate: resolve what was left open, look the slate up, else rank and keep it.

A slate is a function of its request alone, and its id a hash of that request (ARCHITECTURE, decision 4), so it is kept
once and served from there, whatever is promoted, revised or back-dated meanwhile.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from features.domain import Cut, Paper, User, midnight
from features.errors import InvalidValue
from features.moment import DayMoment, UserMoment, build_user, latest_relevant_at, user_rows
from features.settings import LabelSettings
from features.slate_request import SlateRequest
from features.store import Transaction
from models.pauses import pause
from models.recommend import Policy, baseline_named, recommend
from models.slate import Slate, SlatePage, rounded
from serving.dependencies import Services
from serving.nobody import slate_of_nobody
from serving.shelf import LoadedModel
from serving.watcher import BASELINE


@dataclass(frozen=True, slots=True)
class Question:
    """What a caller may say about a ranking; None leaves it to the service."""

    day: date | None = None
    as_of: datetime | None = None
    model_version: str | None = None
    topic: str | None = None
    seed: int | None = None
    min_probability: float | None = None


def resolve(services: Services, tx: Transaction, user: User, question: Question) -> SlateRequest:
    """The request that ``question`` means now.

    The default day is the newest; the default ``as_of`` the last instant at which something was recorded that matters
    to the answer, so that the same question means the same slate until something has happened.
    """
    day, latest = _latest(services, tx, user, question)
    if question.as_of is not None and question.as_of > max(latest, services.clock()):
        raise InvalidValue("as_of", question.as_of.isoformat(), "the future is not known yet")
    return SlateRequest(
        user_id=user.id,
        day=day,
        as_of=question.as_of or latest,
        model_version=question.model_version or serving_version(services),
        seed=question.seed or 0,
        topic=question.topic,
        min_probability=None if question.min_probability is None else rounded(question.min_probability),
    )


def _latest(services: Services, tx: Transaction, user: User, question: Question) -> tuple[date, datetime]:
    """The day, and the last instant at which something was recorded that matters to the user's slate of it."""
    if question.as_of is not None:
        cut = Cut(question.as_of)
        day = question.day or tx.days.newest(cut)
        return day, latest_relevant_at(tx, user, day, cut)
    observed = services.observed.of(tx)
    day = question.day or observed.newest(tx)
    instants = (tx.marks.heard_at(user.id, midnight(day)), observed.observed_at(tx, day))
    return day, max((at for at in instants if at is not None), default=user.created_at).astimezone(UTC)


def slate_for(services: Services, tx: Transaction, user: User, request: SlateRequest) -> Slate:
    """The slate of ``request``: the one that is kept, or one ranked now and kept (:mod:`serving.slates`)."""
    return services.slates.get(tx, request.slate_id) or _ranked(services, tx, user, request)


def page_for(services: Services, tx: Transaction, user: User, request: SlateRequest, limit: int) -> SlatePage:
    """The first ``limit`` items of :func:`slate_for`, which is all that is read of a stored slate."""
    kept = services.slates.page(tx, request.slate_id, 0, limit)
    return _ranked(services, tx, user, request).page(0, limit) if kept is None else kept


def _ranked(services: Services, tx: Transaction, user: User, request: SlateRequest) -> Slate:
    """Ranked now, and kept."""
    slate = rank(services, tx, user, request)
    services.metrics.slates.labels(slate.scorer).inc()
    services.slates.keep(slate)
    return slate


def rank(services: Services, tx: Transaction, user: User, request: SlateRequest) -> Slate:
    """The slate of ``request`` from the moment it names; nothing is stored."""
    known = known_at(services, tx, user, request)
    return recommend(known.day, known.user, known.policy, request)


@dataclass(frozen=True, slots=True)
class Known:
    """All that a ranking reads: the moments of a request, and what ranks by them."""

    day: DayMoment
    user: UserMoment
    policy: Policy
    loaded: LoadedModel | None


def known_at(services: Services, tx: Transaction, user: User, request: SlateRequest) -> Known:
    """What is known at the moment of ``request``."""
    cut = Cut(request.as_of)
    policy, loaded = policy_of(services, request.model_version)
    labels = loaded.model.config.labels if loaded else LabelSettings()
    rows = user_rows(tx, user, cut)
    pause()
    papers = services.observed.of(tx).papers(tx, (row.interaction.paper_id for row in rows.interactions), cut)
    pause()
    moment = build_user(rows, request.day, papers, labels, loaded.vectors if loaded else None)
    return Known(services.days.of(tx, request.day, cut, loaded), moment, policy, loaded)


def papers_of(services: Services, tx: Transaction, day: date, cut: Cut, topic: str | None) -> list[Paper]:
    """The papers new on ``day`` as of the cut, ascending by id; with a topic, those that carry it. UnknownTopic."""
    if topic is None:
        return tx.papers.on_day(day, cut)
    version = serving_version(services)
    policy, loaded = policy_of(services, version)
    moment = services.days.of(tx, day, cut, loaded)
    carrying = {item.paper_id for item in slate_of_nobody(moment, policy, version, topic).items}
    return [paper for paper in moment.papers if paper.id in carrying]


def serving_version(services: Services) -> str:
    """The version that ranks unless another is asked for."""
    champion = services.shelf.champion
    return champion.model.version if champion else BASELINE


def policy_of(services: Services, version: str) -> tuple[Policy, LoadedModel | None]:
    """What ranks under the name ``version``, with its vectors if it reads any; UnknownModelVersion."""
    if version.startswith("baseline:"):
        return baseline_named(version), None
    loaded = services.shelf.get(version)
    return loaded.model, loaded
