from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import create_engine, text

from features.domain import AnnounceType, Clock, Cut, Feed, Listing, Paper, midnight
from features.moment import day_moment, user_moment
from features.settings import Settings
from features.slate_request import SlateRequest
from features.store import Store
from models.listwise import ChoiceList
from models.model import Model
from models.recommend import encode_slate, recommend
from training.evaluation import fit_contender
from training.fit import NO_TOPICS, FitSettings, encoded_papers, encoder_for, learnt_lists
from training.history import DayRows, History, read_history
from training.periods import Contender, answers_of, periods_of
from training.ranked import Extent
from training.replay import Replay, replay
from training.split import split_last
from training.window import NOBODYS_SHARE


def replayed(store: Store, settings: Settings, make: Any, refit_days: int = 2) -> tuple[History, Contender, Replay]:
    """A replay of the last five days, with slates."""
    history = read_history(store, make.as_of, lambda feeds: split_last(feeds[:12], 5, refit_days), 3)
    fit = FitSettings.of(settings, 3)
    (day,) = history.split.fits
    encoder, _ = encoder_for(history.fits[day], settings, cut=midnight(day), seed=3, refit=False)
    contender = fit_contender(history, {day: encoded_papers(encoder, settings.data_dir)}, fit, lambda _: None)
    return history, contender, replay(history, [contender], settings.labels, seed=3, extent=Extent(keep_slates=True))


def slate_bytes(found: Replay, before: date | None = None) -> list[bytes]:
    return [encode_slate(slate) for slate in found.slates if before is None or slate.request.day < before]


def test_with_a_refit_every_day_a_slate_is_the_one_the_store_gives_for_that_user_day_and_instant(
    corpus: Store, settings: Settings, make: Any
) -> None:
    history, contender, found = replayed(corpus, settings, make, refit_days=1)
    assert len(found.slates) == 15
    (fit,) = history.split.fits
    model, vectors = contender.models[fit], contender.vectors[fit]
    for slate in found.slates:
        cut = Cut(midnight(slate.request.day), Clock.OCCURRED)
        with corpus.transaction() as tx:
            day = day_moment(tx, slate.request.day, cut, vectors)
            user = tx.users.get(slate.request.user_id)
            moment = user_moment(tx, user, slate.request.day, cut, model.config.labels, vectors)
        request = SlateRequest(user.id, slate.request.day, cut.at, model.version, 3)
        assert encode_slate(recommend(day, moment, model, request)) == encode_slate(slate)


def test_what_everybody_chose_on_a_day_teaches_the_order_of_a_reader_without_labels(
    corpus: Store, settings: Settings, make: Any
) -> None:
    history = read_history(corpus, make.as_of, lambda feeds: split_last(feeds[:12], 5, 2), 3)
    known, fit = history.known(None), FitSettings.of(settings, 3)
    encoder, _ = encoder_for(known.catalogue, settings, cut=known.cut, seed=3, refit=False)
    lists = learnt_lists(known, encoded_papers(encoder, settings.data_dir), fit)
    nobodys = [each for each in lists if not each.n_positives]
    assert len(nobodys) == len(known.window)
    picked = dict(zip(sorted(known.window), nobodys, strict=True))
    assert all({paper.id[-1] for paper in chosen_of(known.window[day], one)} == {"0"} for day, one in picked.items())
    weight = sum(float(one.shares.sum()) for one in nobodys)
    assert 0 < weight <= NOBODYS_SHARE * (len(lists) - len(nobodys)) + 1e-9


def chosen_of(rows: DayRows, one: ChoiceList) -> list[Paper]:
    return [rows.papers[row] for row in np.flatnonzero(one.chosen).tolist()]


def test_a_paper_that_stood_the_same_at_several_cuts_is_one_object(corpus: Store, make: Any) -> None:
    history = read_history(corpus, make.as_of, lambda feeds: split_last(feeds[:12], 5, 2), 3)
    known = history.catalogue.by_id()
    of_days = [paper for rows in history.days.values() for paper in rows.papers]
    of_texts = [paper for texts in history.texts.values() for paper in texts.values()]
    of_fits = [paper for fit in history.fits.values() for paper in fit.papers]
    for papers in (of_days, of_texts, of_fits):
        assert papers
        assert all(paper is known[paper.id] or paper != known[paper.id] for paper in papers)


def test_contenders_share_what_is_the_same_of_them(corpus: Store, settings: Settings, make: Any) -> None:
    history, product, _ = replayed(corpus, settings, make)
    (fit,) = history.split.fits
    recipe = replace(FitSettings.of(settings, 4), topic_min_papers=NO_TOPICS)
    other = fit_contender(history, product.vectors, recipe, lambda _: None, product)
    strict = settings.labels.model_copy(update={"save_weight": 0.5})
    model = replace(product.models[fit], config=replace(product.models[fit].config, labels=strict))
    unlike = Contender("unlike", {fit: model}, product.vectors)
    contenders, labels = [product, other, unlike], settings.labels
    for period in periods_of(history, contenders, answers_of(history, labels), labels, compared=True):
        first, second, third = period.contenders
        assert second.days is first.days
        assert second.users is first.users
        assert second.model.evidence.authorship is first.model.evidence.authorship
        assert third.users is not first.users


def test_positives_are_todays_and_never_in_what_the_classifier_learnt_from(
    corpus: Store, settings: Settings, make: Any
) -> None:
    history, _, found = replayed(corpus, settings, make)
    product = found.table[found.table["method"] == "broadsheet"]
    assert (product["n_papers"] == 12).all()
    assert (product["n_chosen"] == 1).all()
    refits = {day: max(refit for refit in history.split.refits if refit <= day) for day in history.split.days}
    first = history.feeds[0].day
    for row in product.itertuples():
        assert row.n_labels == (refits[row.day] - first).days


def fitted_arrays(model: Model) -> dict[str, np.ndarray]:
    return {
        "background": model.background.vectors,
        "crowd": model.crowd.linear.coef,
        "warm": model.warm.coef,
        "topics": model.topics.coef,
    }


def same_keys(url: str) -> None:
    """Keys are random; two stores are compared, so both get the same ones."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET key = 'key-' || id"))
    engine.dispose()


def late(make: Any, rows: list[Listing], day: date) -> list[Listing]:
    """What the future may hold: papers on and after ``day``, revisions, votes and keywords of everything."""
    found = []
    for row in rows:
        paper = row.paper
        if row.day >= day:
            other = replace(paper, id=f"{paper.id}x", title="robot translation image study")
            found.append(Listing(other, row.day, row.feed))
            found.append(Listing(paper, row.day, Feed.HUGGINGFACE, votes=50))
        else:
            revised = replace(paper, abstract="pixel pixel pixel robot", version=2)
            found.append(Listing(revised, day, Feed.ARXIV, AnnounceType.REPLACE))
            found.append(Listing(replace(paper, keywords=("late",)), day, Feed.HUGGINGFACE, votes=90))
    return found


def test_nothing_before_a_day_changes_when_papers_revisions_votes_and_picks_of_that_day_and_later_are_added(
    make: Any, tmp_path: Path
) -> None:
    rows, results = make.listings(), []
    day = rows[0].day + timedelta(days=9)
    for name in ("plain", "future"):
        settings = make.settings(tmp_path / name)
        with make.store(settings.database_url, rows, make.picks(rows)) as store:
            if name == "future":
                with store.transaction() as tx:
                    tx.papers.record(late(make, rows, day), recorded_at=midnight(day))
                    extra = [make.pick(user, row.paper, day) for row in rows[::5] for user in ("ada", "eve")]
                    tx.interactions.record_imported(extra, recorded_at=midnight(day))
            same_keys(settings.database_url)
            results.append(replayed(store, settings, make))
    (history, contender, plain), (_, other, future) = results
    (fit,) = history.split.fits
    assert contender.models[fit].encoder.id == other.models[fit].encoder.id
    for name, values in fitted_arrays(contender.models[fit]).items():
        np.testing.assert_array_equal(values, fitted_arrays(other.models[fit])[name])
    # A paper of an earlier day may be picked later, which gives that day one more user, but not another ranking.
    earlier = set(slate_bytes(plain, day))
    assert earlier
    assert earlier <= set(slate_bytes(future, day))
    assert slate_bytes(plain) != slate_bytes(future)
    assert baseline_rows(plain, day) <= baseline_rows(future, day)


def baseline_rows(found: Replay, before: date) -> set[tuple[object, ...]]:
    """What baselines measured for users whose answers cannot have changed."""
    rows = found.table[(found.table["day"] < before) & (found.table["user_key"] == "key-ben")]
    return set(rows[["day", "user_key", "method", "ndcg_at_10", "auc"]].itertuples(index=False, name=None))
