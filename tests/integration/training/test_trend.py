from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from features.domain import Feed, Listing, Paper
from features.settings import Settings
from features.store import Store
from models.registry import Registry
from training.fit import encoded_papers
from training.history import History, read_history
from training.retrain import retrain
from training.split import Split, split_last
from training.trending import fit_settled, settled_in

RECORDED = datetime(2026, 2, 10, tzinfo=UTC)


def history_at(store: Store, as_of: datetime) -> History:
    def split(feeds: Any) -> Split:
        return split_last(feeds, 5, 2)

    return read_history(store, as_of, split, 3)


@pytest.fixture
def paged(make: Any, settings: Settings) -> Store:
    """Twenty-eight days; every paper about language stands on the page of the day after its listing."""
    rows = make.listings(28)
    liked = [
        Listing(row.paper, row.day + timedelta(1), Feed.HUGGINGFACE, votes=9)
        for row in rows
        if row.paper.categories == ("cs.CL",)
    ]
    alone = Listing(Paper("page.only", "Only on the page"), rows[0].day + timedelta(2), Feed.HUGGINGFACE, votes=1)
    return make.store(settings.database_url, [*rows, *liked, alone], make.picks(rows))


def test_a_retrain_registers_a_model_that_predicts_who_comes_on_the_page(
    paged: Store, registry: Registry, settings: Settings, make: Any
) -> None:
    report = retrain(paged, registry, settings, as_of=make.as_of, seed=3, promote=True)
    model = registry.load(report.version)
    history = history_at(paged, make.as_of)
    vectors = encoded_papers(model.encoder, settings.data_dir)
    again = fit_settled(settled_in(history), vectors, make.as_of.date(), 3)
    assert model.trend is not None
    assert all(np.array_equal(values, model.trend.arrays()[name]) for name, values in again.arrays().items())
    assert registry._connection.client.get_run(report.run_id).data.tags["broadsheet.trend"] == "fitted"


def test_a_retrain_without_community_pages_says_that_it_skipped_the_trend(
    corpus: Store, registry: Registry, settings: Settings, make: Any
) -> None:
    report = retrain(corpus, registry, settings, as_of=make.as_of, seed=3, promote=False)
    tags = registry._connection.client.get_run(report.run_id).data.tags
    assert tags["broadsheet.trend"] == "skipped: no community page is in the store"
    assert registry.load(report.version).trend is None


def test_a_paper_only_the_page_has_listed_teaches_no_outcome(paged: Store, make: Any) -> None:
    settled = settled_in(history_at(paged, make.as_of))
    assert "page.only" in {record.paper.id for record in settled.pages}
    assert "page.only" not in {paper.id for paper in settled.catalogue.papers}


def test_pages_after_the_cut_change_nothing(paged: Store, make: Any) -> None:
    as_of = make.as_of - timedelta(5)
    before = settled_in(history_at(paged, as_of))
    rows = make.listings(28)
    late = [Listing(rows[1].paper, as_of.date(), Feed.HUGGINGFACE, votes=500)]
    with paged.transaction() as tx:
        tx.papers.record(late, recorded_at=RECORDED)
    after = settled_in(history_at(paged, as_of))
    assert after.pages == before.pages
    assert np.array_equal(after.outcomes, before.outcomes)
    assert all(page.day < as_of.date() for page in history_at(paged, as_of).pages)
