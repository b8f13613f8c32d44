"""The search index beside the server: a real process builds it, is killed, fails; what it leaves."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, date, datetime

import numpy as np
import pytest

from features.domain import Listing, Paper
from features.encoders import EncodedPapers, VectorStore
from features.errors import StoreFailed
from features.store import open_store
from models.search import SearchIndex
from models.search_files import write_index
from serving.observed import EVERYTHING
from serving.search_build import Order, build, stamp_of
from serving.search_catalogue import SearchCatalogue
from serving.search_folder import IndexKey, KeptIndex, NotBuilt, SearchFolder

AT = datetime(2026, 2, 27, 12, tzinfo=UTC)
PAPERS = [Paper(f"2602.0000{n}", f"On zymurgy, part {n}", "Émile's yeast" + " and yeast" * n) for n in range(5)]
LISTINGS = [Listing(paper, date(2026, 2, 27)) for paper in PAPERS]
FETCHED = {"stamp": stamp_of(AT), "encoder_id": ""}


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'broadsheet.db'}"


@pytest.fixture
def store(url):
    with open_store(url) as store:
        with store.transaction() as tx:
            tx.papers.record(LISTINGS, recorded_at=AT)
        yield store


def folder_at(tmp_path, url):
    return SearchFolder(tmp_path / "search", url, tmp_path / "vectors")


def found(index, query):
    return [(hit.paper_id, hit.score) for hit in index.search(query, None, 10)]


def asked(catalogue, store, query):
    with store.transaction(readonly=True) as tx:
        return found(catalogue.of(tx, None, EVERYTHING), query)


EXPECTED = found(SearchIndex.of(PAPERS, None), "yeast part")


def left_in(tmp_path):
    return sorted(path.name for path in (tmp_path / "search").iterdir())


def test_a_process_builds_what_this_one_would_and_the_next_server_maps_it(tmp_path, url, store):
    folder = folder_at(tmp_path, url)
    assert asked(SearchCatalogue(store, folder, few=0), store, "yeast part") == EXPECTED
    assert left_in(tmp_path) == [".lock", IndexKey(**FETCHED).name]
    assert url not in " ".join(folder.builder.args)
    assert found(folder_at(tmp_path, url).newest("").index, "yeast part") == EXPECTED
    assert folder_at(tmp_path, url).newest("another encoder") is None


def test_the_next_server_answers_from_what_is_kept_until_the_new_one_is_there(tmp_path, url, store):
    asked(SearchCatalogue(store, folder_at(tmp_path, url), few=0), store, "yeast")
    later = Paper("2602.00009", "On brewing")
    with store.transaction() as tx:
        tx.papers.record([Listing(later, date(2026, 2, 27))], recorded_at=AT.replace(hour=13))
    catalogue = SearchCatalogue(store, folder_at(tmp_path, url), few=0)
    assert asked(catalogue, store, "yeast part") == EXPECTED
    deadline = time.monotonic() + 60
    while [paper_id for paper_id, _ in asked(catalogue, store, "brewing")] != [later.id]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert left_in(tmp_path) == [".lock", IndexKey(stamp_of(AT.replace(hour=13)), "").name]


def test_few_papers_are_indexed_without_a_process(tmp_path, url, store):
    assert asked(SearchCatalogue(store, folder_at(tmp_path, url)), store, "yeast part") == EXPECTED
    assert not (tmp_path / "search").exists()


def test_an_index_that_is_not_whole_is_built_anew(tmp_path, url, store):
    torn = tmp_path / "search" / IndexKey(**FETCHED).name
    torn.mkdir(parents=True)
    write_index(SearchIndex.of(PAPERS, None), torn)
    (torn / "data.npy").write_bytes((torn / "data.npy").read_bytes()[:-3])
    assert asked(SearchCatalogue(store, folder_at(tmp_path, url), few=0), store, "yeast part") == EXPECTED
    assert folder_at(tmp_path, url).newest("") is not None


def test_a_process_that_fails_leaves_search_working_and_says_so(tmp_path, url, store, caplog):
    catalogue = SearchCatalogue(store, folder_at(tmp_path, "sqlite:////nowhere/at/all.db"), few=0)
    assert asked(catalogue, store, "yeast part") == EXPECTED
    assert "the process that builds it ended with 1" in caplog.text
    assert left_in(tmp_path) == [".lock"]


def test_a_folder_that_cannot_be_written_leaves_search_working(tmp_path, url, store, caplog):
    (tmp_path / "search").write_text("a file")
    assert asked(SearchCatalogue(store, folder_at(tmp_path, url), few=0), store, "yeast part") == EXPECTED
    assert "built in the server itself" in caplog.text


def test_a_closed_folder_builds_nothing(tmp_path, url, store):
    folder = folder_at(tmp_path, url)
    folder.close()
    with pytest.raises(NotBuilt, match="ends"):
        folder.renewed(IndexKey(**FETCHED), store, None)
    assert left_in(tmp_path) == [".lock"]


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path, url, store):
    (tmp_path / "search" / ".partial-old").mkdir(parents=True)
    folder_at(tmp_path, url).renewed(IndexKey(**FETCHED), store, None)
    assert ".partial-old" not in left_in(tmp_path)


def test_the_process_ends_with_its_server_and_takes_its_files_along(tmp_path, url, store):
    partial = tmp_path / ".partial-1"
    partial.mkdir()
    os.mkfifo(partial / "letters.npy")  # it is stuck: nobody reads what it writes there
    child = subprocess.Popen([sys.executable, "-m", "serving.search_build"], stdin=subprocess.PIPE, text=True)
    child.stdin.write(json.dumps(asdict(Order(url, str(partial)))) + "\n")
    child.stdin.close()
    assert child.wait(60) == 1
    assert not partial.exists()


def test_a_build_that_is_under_way_ends_with_the_catalogue(tmp_path, url, store):
    folder = folder_at(tmp_path, url)
    catalogue = SearchCatalogue(store, folder, few=0)
    with store.transaction(readonly=True) as tx:
        assert catalogue.at_hand(tx, None, EVERYTHING) is None
    while folder.builder is None:
        time.sleep(0.01)
    catalogue.close()
    assert folder.builder.returncode == -signal.SIGTERM
    assert left_in(tmp_path) == [".lock"]


def test_two_servers_have_one_built(tmp_path, url, store):
    folders = [folder_at(tmp_path, url), folder_at(tmp_path, url)]
    with ThreadPoolExecutor(2) as pool:
        kept = list(pool.map(lambda folder: folder.renewed(IndexKey(**FETCHED), store, None), folders))
    assert [one.name for one in kept] == [IndexKey(**FETCHED).name] * 2
    assert sorted(folder.builder is None for folder in folders) == [False, True]


def test_an_order_on_a_store_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(StoreFailed):
        build(Order("sqlite:////nowhere/at/all.db", str(tmp_path)))


@pytest.mark.parametrize("stored", [0, 50])
def test_vectors_that_the_process_does_not_find_are_encoded_here(tmp_path, sqlite_client, sqlite_place, stored):
    services = sqlite_client.app.state.services
    champion, folder = services.shelf.champion, SearchFolder(tmp_path / "new", sqlite_place.database_url, tmp_path)
    encoder = champion.model.encoder
    with services.store.transaction(readonly=True) as tx:
        papers, at = tx.papers.history(EVERYTHING).papers, tx.days.last_fetched_at()
    EncodedPapers(encoder, VectorStore(tmp_path / encoder.id, encoder.dimensions)).backfill(papers[:stored])
    kept = folder.renewed(IndexKey(stamp_of(at), encoder.id), services.store, champion)
    expected = SearchIndex.of(papers, champion.vectors.of(papers))
    assert kept.index.ids == expected.ids
    np.testing.assert_array_equal(kept.index.vectors, expected.vectors)
    assert kept.index.similar(papers[7].id, 5) == expected.similar(papers[7].id, 5) != []


def test_an_index_of_another_encoder_is_asked_by_words_alone():
    papers = [Paper("2602.1", "Sparse attention"), Paper("2602.2", "Dense retrieval")]
    kept = KeptIndex(IndexKey("20260227", "old").name, SearchIndex.of(papers, np.eye(2, dtype=np.float32)))
    query = np.ones(3, dtype=np.float32)  # the new encoder has more dimensions
    assert [hit.paper_id for hit in kept.asked_by("new").search("dense", query, 5)] == ["2602.2"]
    assert kept.asked_by("old") is kept.index
