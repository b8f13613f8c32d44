"""A reader's library becomes labels, once, and nobody else's business."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from features.domain import Clock, Cut, Interaction, InteractionKind, Listing, Paper
from features.errors import InvalidValue, LimitExceeded
from features.labels import examples_of
from features.library import WRITERS, LibraryFormat, read_library, saved_papers, take_library
from features.settings import IngestSettings, LabelSettings
from features.sources.examples import ExamplePaper

DAY = date(2026, 2, 27)
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
EVER = Cut(datetime(9000, 1, 1, tzinfo=UTC))
KNOWN = [
    Paper("2602.00001", "Attention is all you need", "We attend.", ("Ada B.",), ("cs.LG",)),
    Paper("2602.00002", "A survey of many surveys", "One.", ("Ann One",), ("cs.LG",)),
    Paper("2602.00003", "A Survey of Many Surveys", "Two.", ("Bob Two",), ("cs.LG",)),
]
OWN = ExamplePaper(1, "On the bees of the high alps", "Bees fly in the alps.", ("Bea A.",))


@pytest.fixture
def tx(store):
    with store.transaction() as tx:
        tx.papers.record([Listing(paper, DAY) for paper in KNOWN], recorded_at=NOW - timedelta(days=1))
        for user_id in ("ada", "bob"):
            tx.users.add(user_id, created_at=NOW)
        yield tx


def take(tx, *examples, user_id="ada", at=NOW):
    return take_library(tx, tx.users.get(user_id), (list(examples), []), origin="BibTeX", recorded_at=at)


def saved_ids(tx, user_id="ada"):
    return [paper.id for paper in saved_papers(tx, tx.users.get(user_id))]


def test_papers_are_found_by_id_and_by_title_however_it_is_typed(tx):
    report = take(tx, ExamplePaper(1, paper_id="2602.00002"), ExamplePaper(2, "ATTENTION is – all you need!"))
    assert report.saved == ["2602.00002", "2602.00001"]
    assert saved_ids(tx) == ["2602.00001", "2602.00002"]


def test_of_two_papers_of_one_title_the_authors_decide(tx):
    title = "A survey of many surveys"
    assert take(tx, ExamplePaper(1, title, authors=("B. Two",))).saved == ["2602.00003"]
    assert "no paper of this title" in str(take(tx, ExamplePaper(7, title)).problems[0])
    assert "line 7" in str(take(tx, ExamplePaper(7, title, authors=("C. Three",))).problems[0])


def test_a_library_brought_again_changes_nothing(tx):
    library = (OWN, ExamplePaper(2, paper_id="2602.00001"), ExamplePaper(3, paper_id="2612.12345"))
    first = take(tx, *library)
    counter = tx.interactions.label_counter("ada")
    second = take(tx, *library, at=NOW + timedelta(hours=1))
    assert (first.already, second.already) == ([], [*first.saved, *first.kept])
    assert (second.saved, second.kept, second.waiting) == ([], [], first.waiting)
    assert tx.interactions.label_counter("ada") == counter


def test_what_was_taken_back_stays_taken_back(tx):
    take(tx, OWN)
    said = tx.interactions.of_user("ada", EVER)[0].interaction
    tx.interactions.retract("ada", said.client_id, recorded_at=NOW + timedelta(hours=1))
    assert take(tx, OWN, at=NOW + timedelta(hours=2)).kept == []
    assert saved_ids(tx) == []


def test_a_paper_saved_by_hand_is_not_saved_twice(tx):
    tx.interactions.record([Interaction("click", "ada", "2602.00001", InteractionKind.SAVE, None)], recorded_at=NOW)
    assert take(tx, ExamplePaper(1, paper_id="2602.00001")).already == ["2602.00001"]
    assert len(tx.interactions.of_user("ada", EVER)) == 1


def test_an_arxiv_id_waits_for_its_paper(tx):
    assert take(tx, ExamplePaper(1, paper_id="2602.00009")).waiting == ["2602.00009"]
    assert saved_ids(tx) == []
    tx.papers.record([Listing(Paper("2602.00009", "Here at last"), DAY)], recorded_at=NOW + timedelta(hours=1))
    assert saved_ids(tx) == ["2602.00009"]


def test_an_own_paper_is_a_label_and_stands_in_no_list(tx):
    days, papers = tx.days.all(EVER), tx.papers.on_day(DAY, EVER)
    [own] = take(tx, OWN).kept
    labels = examples_of(tx.interactions.of_user("ada", EVER), LabelSettings())
    assert labels.paper_ids == (own,)
    assert tx.papers.get(own, EVER).abstract == OWN.abstract
    assert (tx.days.all(EVER), tx.papers.on_day(DAY, EVER)) == (days, papers)
    for clock in Clock:
        assert own not in tx.papers.history(Cut(EVER.at, clock)).ids
        assert [row.interaction.paper_id for row in tx.interactions.all(Cut(EVER.at, clock))] == [own]


def test_an_own_paper_is_known_from_when_it_came(tx):
    [own] = take(tx, OWN).kept
    for clock in Clock:
        assert tx.papers.get_many([own], Cut(NOW - timedelta(seconds=1), clock)) == {}
        assert tx.papers.get_many([own], Cut(NOW, clock)).keys() == {own}


def test_the_own_papers_of_two_readers_have_nothing_in_common(tx):
    [hers] = take(tx, OWN).kept
    [his] = take(tx, OWN, user_id="bob").kept
    assert hers != his
    assert take(tx, ExamplePaper(1, OWN.title), user_id="bob").saved == []
    assert take(tx, ExamplePaper(1, paper_id=hers, title="Hers"), user_id="bob").saved == []


def test_own_papers_are_exported_and_deleted_with_their_reader(tx):
    [hers] = take(tx, OWN).kept
    [his] = take(tx, OWN, user_id="bob").kept
    tx.interactions.record([Interaction("spy", "bob", hers, InteractionKind.SAVE, None)], recorded_at=NOW)
    assert [row["title"] for row in tx.users.export("ada")["own_papers"]] == [OWN.title]
    tx.users.delete("ada")
    assert tx.papers.exists([hers, his]) == {his}
    assert saved_ids(tx, "bob") == [his]


def test_no_feed_can_announce_an_own_paper():
    with pytest.raises(InvalidValue, match="announces no papers"):
        Listing(Paper("library:0:1", "Mine"), DAY)


@pytest.mark.parametrize("form", WRITERS)
def test_what_is_saved_comes_back_from_every_format(tx, form):
    take(tx, OWN, ExamplePaper(2, paper_id="2602.00001"), ExamplePaper(3, paper_id="2602.00003"))
    written = WRITERS[form](saved_papers(tx, tx.users.get("ada"))).encode()
    before = saved_ids(tx)
    again = read_library(written, form, IngestSettings())
    report = take_library(tx, tx.users.get("ada"), again, origin=form, recorded_at=NOW + timedelta(hours=1))
    assert (sorted(report.already), report.saved, report.kept, report.problems) == (before, [], [], [])
    assert saved_ids(tx) == before
    moved = take_library(tx, tx.users.get("bob"), again, origin=form, recorded_at=NOW)
    assert (moved.saved, len(moved.kept)) == (["2602.00001", "2602.00003"], 1)
    titles = [paper.title for paper in saved_papers(tx, tx.users.get("bob"))]
    assert titles == [paper.title for paper in saved_papers(tx, tx.users.get("ada"))]


def test_what_was_dismissed_since_is_no_longer_saved(tx):
    take(tx, ExamplePaper(1, paper_id="2602.00001"))
    said = Interaction("no", "ada", "2602.00001", InteractionKind.DISMISS, None)
    tx.interactions.record([said], recorded_at=NOW + timedelta(hours=1))
    assert saved_ids(tx) == []


def test_too_many_papers_at_once_name_the_setting():
    with pytest.raises(LimitExceeded, match="max_examples"):
        read_library(b"2601.00001\n2601.00002\n", LibraryFormat.TEXT, IngestSettings(max_examples=1))


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_saves_of_an_export_come_back(tx, wrapped):
    take(tx, OWN, *(ExamplePaper(2 + n, paper_id=paper.id) for n, paper in enumerate(KNOWN)))
    take(tx, ExamplePaper(9, paper_id="2612.00009"))
    later = NOW + timedelta(hours=1)
    tx.interactions.record([Interaction("no", "ada", KNOWN[0].id, InteractionKind.DISMISS, None)], recorded_at=later)
    undone = next(row for row in tx.interactions.of_user("ada", EVER) if row.interaction.paper_id == KNOWN[1].id)
    tx.interactions.retract("ada", undone.interaction.client_id, recorded_at=later)
    export = tx.users.export("ada")
    written = json.dumps({"data": export} if wrapped else export).encode()
    library = read_library(written, LibraryFormat.JSON, IngestSettings())
    moved = take_library(tx, tx.users.get("bob"), library, origin="JSON", recorded_at=later)
    assert (moved.saved, len(moved.kept), moved.waiting) == ([KNOWN[2].id], 1, ["2612.00009"])
    assert moved.problems == []


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"interactions": 3}', b"[" * 100_000])
def test_what_is_no_export_is_one_problem(data):
    good, problems = read_library(data, LibraryFormat.JSON, IngestSettings())
    assert (good, len(problems)) == ([], 1)
