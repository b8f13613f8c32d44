"""The papers of some days by the community's interest, from what the store and the champion know."""

from datetime import date, timedelta

from features.domain import Cut
from features.store import Transaction
from serving.dependencies import Services
from serving.observed import EVERYTHING
from serving.trending import Trend, in_order, trends_of

MOST_DAYS = 7
"""More days than the cache of days holds would be read from the store at every request."""


def trends_at(services: Services, tx: Transaction, day: date, cut: Cut, *, n_days: int = 1) -> list[Trend]:
    """The papers new in the ``n_days`` days up to ``day``, as of the cut, the hottest first."""
    champion = services.shelf.champion
    model = champion.model.trend if champion else None
    before = services.published.of(tx, EVERYTHING).within(day - timedelta(days=n_days - 1), day)
    found: list[Trend] = []
    for each in sorted({*before, day}):
        moment = services.days.of(tx, each, cut, champion)
        cast_at = tx.votes.cast_at((paper.id for paper in moment.papers), cut)
        found += trends_of(moment, model, cast_at)
    return in_order(found)
