from dataclasses import replace
from typing import Any

import pytest

from features.domain import Listing, midnight
from features.errors import InvalidValue, NothingToLearn
from features.settings import Settings
from features.store import Store, open_store
from training.authors import as_users
from training.evaluate import evaluate
from training.history import History, read_history
from training.newcomers import as_newcomers
from training.periods import answers_of
from training.split import split_after

METHODS = {
    "broadsheet",
    "random",
    "recency",
    "popularity",
    "tfidf_centroid",
    "arxiv_sanity_svm",
    "implicit_mf",
    "scholar_inbox",
}


def signed(rows: list[Listing]) -> list[Listing]:
    """The first paper of a subject and day is by one author of that subject, who has one such paper a day."""
    found = []
    for row in rows:
        name = f"Author {row.paper.categories[0]}" if row.paper.id.endswith("0") else f"Someone {row.paper.id}"
        found.append(Listing(replace(row.paper, authors=(name, "Everybody")), row.day))
    return found


def authors_history(make: Any, settings: Settings, n_users: int | None = None) -> History:
    with make.store(settings.database_url, signed(make.listings()), []) as store:
        history = read_history(store, make.as_of, lambda feeds: split_after(feeds, 0.6, 2, 2), 3)
    return as_users(history, n_users=n_users, seed=0)


def test_the_whole_replay_of_readers_has_every_method_with_its_interval(
    corpus: Store, settings: Settings, make: Any
) -> None:
    report = evaluate(corpus, settings, as_of=make.as_of, seed=0, full=True)
    assert set(report.means.index) == METHODS
    assert (report.n_users, report.n_user_days, len(report.days)) == (3, 12, 4)
    gain = report.gains["ndcg_at_10"]["random"]
    assert gain.low <= gain.mean <= gain.high
    assert any("best baseline" in line for line in report.lines())
    assert set(report.gains["auc"]) == METHODS - {"broadsheet"}


def test_authors_are_users_whose_labels_are_their_earlier_papers(settings: Settings, make: Any) -> None:
    history = authors_history(make, settings)
    assert [len(user.interactions) for user in history.users] == [
        12,
        12,
        12,
    ]  # Everybody has 96 papers before: too many
    known = history.users[0].interactions[0]
    assert known.known_at == midnight(history.feeds[1].day)


def test_no_paper_that_an_author_replay_sees_has_an_author(settings: Settings, make: Any) -> None:
    history = authors_history(make, settings)
    papers = [*history.catalogue.papers, *(paper for rows in history.days.values() for paper in rows.papers)]
    papers += [paper for known in history.fits.values() for paper in known.papers]
    papers += [paper for texts in history.texts.values() for paper in texts.values()]
    assert not any(paper.authors for paper in papers)
    assert all(history.texts.values())


def test_a_sample_of_authors_is_drawn_by_the_seed(settings: Settings, make: Any) -> None:
    drawn = authors_history(make, settings, n_users=2)
    assert len(drawn.reported or ()) == 2 < len(drawn.users)


def test_newcomers_are_known_by_their_newest_picks_and_others_as_before(settings: Settings, make: Any) -> None:
    history = authors_history(make, settings, n_users=2)
    newcomers = as_newcomers(history, 2)
    measured = newcomers.reported or frozenset()
    start = midnight(history.split.days[0])
    for before, after in zip(history.users, newcomers.users, strict=True):
        known = [row for row in after.interactions if row.known_at <= start]
        if before.user.key not in measured:
            assert after == before
            continue
        earlier = sorted(row.known_at for row in before.interactions if row.known_at <= start)
        assert sorted(row.known_at for row in known) == earlier[-2:]
        assert {row.known_at for row in after.interactions if row not in known} == {history.cut.at}
    labels = settings.labels
    assert answers_of(newcomers, labels) == answers_of(history, labels)
    with pytest.raises(NothingToLearn, match="1000 picks"):
        as_newcomers(history, 1000)


def test_the_replay_of_authors_runs_by_the_same_path(settings: Settings, make: Any) -> None:
    with make.store(settings.database_url, signed(make.listings()), []) as store:
        report = evaluate(store, settings, as_of=make.as_of, seed=0, full=True, population="authors", n_users=2)
    assert (report.n_users, report.macro) == (2, False)
    assert report.means["auc"]["broadsheet"] > 0.7


def test_nobody_to_evaluate_and_an_unknown_population_are_named(settings: Settings, make: Any, corpus: Store) -> None:
    with pytest.raises(InvalidValue, match="population"):
        evaluate(corpus, settings, as_of=make.as_of, seed=0, population="robots")
    with pytest.raises(NothingToLearn, match="no author"):
        evaluate(corpus, settings, as_of=make.as_of, seed=0, full=True, population="authors")


def test_an_empty_store_has_nothing_to_evaluate(settings: Settings, make: Any) -> None:
    with open_store(settings.database_url) as empty, pytest.raises(NothingToLearn, match="no papers"):
        evaluate(empty, settings, as_of=make.as_of, seed=0)
