"""Papers to ask a reader about: a dozen to begin with, then those that teach most."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from features.domain import Cut, Paper, User
from features.store import Transaction
from models.model import Model
from models.questions import questions, starters
from serving.dependencies import Services
from serving.observed import EVERYTHING
from serving.ranking import Question, known_at, resolve

_STARTER_DAYS = timedelta(days=6)


def starter_papers(services: Services, tx: Transaction, n: int, topics: Sequence[str] = ()) -> list[Paper]:
    """Papers of the newest week that lie far apart; without a model, the newest day's first.

    With ``topics``, those that carry one of them as a category or keyword.
    """
    newest, champion = tx.days.newest(EVERYTHING), services.shelf.champion
    cut = Cut(services.clock())
    days = services.published.of(tx, EVERYTHING).within(newest - _STARTER_DAYS, newest)
    moments = [services.days.of(tx, day, cut, champion) for day in days]
    papers = [paper for moment in moments for paper in moment.papers]
    wanted = np.array([_carries(paper, topics) for paper in papers], dtype=bool)
    kept = [papers[row] for row in np.flatnonzero(wanted).tolist()]
    vectors = [moment.vectors for moment in moments if moment.vectors is not None]
    if not vectors:
        return kept[:n]
    return [kept[row] for row in starters(np.concatenate(vectors)[wanted], n)]


def _carries(paper: Paper, topics: Sequence[str]) -> bool:
    return not topics or not set(topics).isdisjoint((*paper.categories, *paper.keywords))


def questions_for(services: Services, tx: Transaction, user: User, n: int) -> list[Paper]:
    """Papers of the newest day whose answers teach most of the user; none of them asked or seen before."""
    request = resolve(services, tx, user, Question())
    known = known_at(services, tx, user, request)
    if not isinstance(known.policy, Model):
        return [paper for paper in known.day.papers if paper.id not in known.user.hidden][:n]
    said = {one.interaction.paper_id for one in tx.interactions.of_user(user.id, EVERYTHING)}
    by_id = {paper.id: paper for paper in known.day.papers}
    return [by_id[paper_id] for paper_id in questions(known.day, known.user, known.policy, request, n, said)]
