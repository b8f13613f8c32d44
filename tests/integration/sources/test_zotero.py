import json
import logging

import pytest
from pydantic import SecretStr

from features.errors import InvalidValue, LimitExceeded, SourceFailed
from features.sources.zotero import ZoteroLibrary, examples_of_items, fetch_zotero
from tests.integration.sources.conftest import Reply

KEY = SecretStr("P9NiFoyLeZu2bZNvvuQPDWsd")


def items(count, **fields):
    return [{"data": {"itemType": "preprint", "title": f"Paper {n}"} | fields} for n in range(count)]


def test_the_recorded_library_gives_its_papers_as_they_were_kept(service, settings, recordings, tmp_path):
    from_zotero = (recordings / "zotero_api" / "items_doc.json").read_text()
    service.answer = lambda asked: Reply(from_zotero)
    good, problems = fetch_zotero(ZoteroLibrary("user", 475425), settings.ingest)
    kinds = [item["data"]["itemType"] for item in json.loads(from_zotero)]
    n_papers = sum(kind not in ("attachment", "note", "annotation") for kind in kinds)
    assert (len(good) + len(problems), problems) == (n_papers, [])
    assert ("Sherlock Holmes in Babylon", ("R. Creighton Buck",)) in [(one.title, one.authors) for one in good]
    assert [asked.path for asked in service.asked] == ["/users/475425/items/top"]


def test_a_group_is_read_page_by_page_with_the_key_in_a_header_only(service, settings, clock, caplog):
    caplog.set_level(logging.DEBUG)
    pages = {"0": items(100), "100": items(3, extra="arXiv: 2501.00001 [cs]")}
    service.answer = lambda asked: Reply(json.dumps(pages[asked.query["start"]]))
    library = ZoteroLibrary("group", 169947, KEY)
    good, _ = fetch_zotero(library, settings.ingest, clock.timing)
    assert len(good) == 103
    assert good[-1].paper_id == "2501.00001"
    assert {asked.path for asked in service.asked} == {"/groups/169947/items/top"}
    assert all(asked.headers["Authorization"] == f"Bearer {KEY.get_secret_value()}" for asked in service.asked)
    written = caplog.text + repr(library) + "".join(str(asked.query) for asked in service.asked)
    assert KEY.get_secret_value() not in written


def test_what_zotero_does_not_open_is_said_without_the_key(service, settings):
    service.replies = [Reply("Forbidden", 403)]
    with pytest.raises(InvalidValue, match="opens no library") as caught:
        fetch_zotero(ZoteroLibrary("user", 1, KEY), settings.ingest)
    assert KEY.get_secret_value() not in str(caught.value)


@pytest.mark.parametrize("key", ["", "two words", "a/../b", "x" * 200])
def test_what_can_be_no_key_is_refused_unseen(key):
    with pytest.raises(InvalidValue, match="not shown"):
        ZoteroLibrary("user", 1, SecretStr(key))


@pytest.mark.parametrize("body", ["<html>", '{"no": "list"}', "[" * 100_000])
def test_an_answer_that_is_no_list_is_the_services_failure(service, settings, body):
    service.replies = [Reply(body)]
    with pytest.raises(SourceFailed):
        fetch_zotero(ZoteroLibrary("user", 1), settings.ingest)


def test_a_library_without_end_is_given_up(service, settings, clock):
    service.replies = [Reply(json.dumps(items(100)))]
    few = settings.ingest.model_copy(update={"max_examples": 150})
    with pytest.raises(LimitExceeded, match="max_examples"):
        fetch_zotero(ZoteroLibrary("user", 1), few, clock.timing)


def test_one_odd_item_leaves_the_others():
    odd = [7, {"data": None}, {"data": {"itemType": "book", "title": ["no text"], "creators": 3}}, *items(1)]
    good, problems = examples_of_items(odd)
    assert [one.title for one in good] == ["Paper 0"]
    assert [problem.line for problem in problems] == [1, 2, 3]
