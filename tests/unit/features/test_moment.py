from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from scipy import sparse

from features.domain import (
    Clock,
    Cut,
    Exposure,
    Feed,
    Impression,
    Interaction,
    InteractionKind,
    Listing,
    Paper,
    midnight,
)
from features.labels import known_by
from features.moment import UserRows, build_day, build_user, day_moment, latest_relevant_at, user_moment
from features.settings import LabelSettings

MONDAY, TUESDAY = date(2026, 2, 23), date(2026, 2, 24)
T0 = datetime(2026, 3, 1, 7, tzinfo=UTC)
T1, T2, T3 = (T0 + timedelta(hours=hours) for hours in (1, 2, 3))
EVER = Cut(datetime(9999, 1, 1, tzinfo=UTC))
SETTINGS = LabelSettings()


class Lengths:
    """Vectors that are easy to foretell: the lengths of title and abstract."""

    def of(self, papers: Sequence[Paper]) -> np.ndarray:
        return np.array([(len(p.title), len(p.abstract)) for p in papers], dtype=np.float32).reshape(-1, 2)

    def terms(self, papers: Sequence[Paper]) -> sparse.csr_array:
        return sparse.csr_array(self.of(papers))


def listed(paper_id, day, **fields):
    votes, feed = fields.pop("votes", None), fields.pop("feed", Feed.ARXIV)
    return Listing(Paper(paper_id, **{"title": f"Title {paper_id}"} | fields), day, feed, votes=votes)


def did(kind, paper_id, client_id=None, **fields):
    client_id = client_id or f"{kind}-{paper_id}"
    return Interaction(client_id, "ada", paper_id, InteractionKind(kind), fields.pop("occurred_at", None), **fields)


@pytest.fixture
def tx(store):
    """Papers a and b of Monday and c of Tuesday, recorded at T0, and ada."""
    with store.transaction() as tx:
        batch = [listed("b", MONDAY), listed("a", MONDAY, abstract="abc"), listed("c", TUESDAY)]
        tx.papers.record(batch, recorded_at=T0)
        tx.users.add("ada", created_at=T0)
        yield tx


def ada(tx, day, cut):
    moment = user_moment(tx, tx.users.get("ada"), day, cut, SETTINGS, Lengths())
    examples = moment.relevance.examples
    return (
        examples.paper_ids,
        examples.targets.tobytes(),
        examples.weights.tobytes(),
        moment.relevance.vectors.tobytes(),
        {topic: each.examples.paper_ids for topic, each in moment.topics.items()},
        moment.hidden,
    )


def monday(tx, cut):
    moment = day_moment(tx, MONDAY, cut, Lengths())
    return moment.papers, moment.vectors.tobytes(), moment.votes.tobytes(), moment.feed


def test_a_day_is_its_papers_ascending_with_vectors_and_votes(tx):
    tx.papers.record([listed("b", TUESDAY, votes=5, feed=Feed.HUGGINGFACE)], recorded_at=T1)
    moment = day_moment(tx, MONDAY, Cut(T1), Lengths())
    assert [paper.id for paper in moment.papers] == ["a", "b"]
    assert moment.vectors.tolist() == [[7.0, 3.0], [7.0, 0.0]]
    assert moment.votes.tolist() == [0, 5]
    assert moment.terms.toarray().tolist() == moment.vectors.tolist()
    without = day_moment(tx, MONDAY, Cut(T1), None)
    assert (without.vectors, without.terms) == (None, None)


def test_a_user_is_their_examples_topics_and_what_is_hidden(tx):
    tx.interactions.record([did("save", "a"), did("label", "b", topic="owls"), did("open", "c")], recorded_at=T1)
    moment = user_moment(tx, tx.users.get("ada"), TUESDAY, Cut(T1), SETTINGS, Lengths())
    assert moment.relevance.examples.paper_ids == ("a", "b", "c")
    assert moment.relevance.vectors.shape == moment.relevance.terms.shape == (3, 2)
    assert moment.topics["owls"].terms.toarray().tolist() == moment.topics["owls"].vectors.tolist()
    assert moment.topics["owls"].papers == (tx.papers.get("b", Cut(T1)),)
    assert moment.hidden == {"a"}
    assert moment.user_key == tx.users.keys()["ada"]


def test_after_a_retraction_the_user_is_as_if_it_had_never_happened(tx):
    tx.interactions.record([did("save", "a"), did("label", "b", topic="owls")], recorded_at=T1)
    before = ada(tx, TUESDAY, Cut(T1))
    tx.interactions.record([did("dismiss", "a"), did("label", "c", topic="maps")], recorded_at=T2)
    assert ada(tx, TUESDAY, EVER) != before
    tx.interactions.retract("ada", "dismiss-a", recorded_at=T3)
    tx.interactions.retract("ada", "label-c", recorded_at=T3)
    assert ada(tx, TUESDAY, EVER) == before


@pytest.mark.parametrize("clock", Clock)
def test_appending_the_future_changes_nothing(tx, clock):
    tx.interactions.record_imported([did("pick", "a", occurred_at=midnight(MONDAY))], recorded_at=T0)
    cut = Cut(T1, clock)
    before = ada(tx, TUESDAY, cut), monday(tx, cut)
    later = T1.date() + timedelta(days=1)
    revised = Listing(Paper("a", title="Other", version=2), later)
    tx.papers.record([revised, listed("d", later), listed("b", later, votes=9, feed=Feed.HUGGINGFACE)], recorded_at=T2)
    tx.interactions.record([did("save", "b", occurred_at=midnight(later))], recorded_at=T2)
    tx.interactions.record_imported([did("pick", "c", occurred_at=midnight(later))], recorded_at=T2)
    tx.interactions.retract("ada", "pick-a", recorded_at=T2)
    assert (ada(tx, TUESDAY, cut), monday(tx, cut)) == before


def test_a_back_dated_click_a_revision_and_votes_change_no_earlier_as_of(tx):
    tx.interactions.record([did("save", "b")], recorded_at=T0)
    before = ada(tx, TUESDAY, Cut(T1)), monday(tx, Cut(T1))
    tx.interactions.record([did("dismiss", "b", occurred_at=midnight(MONDAY))], recorded_at=T2)
    tx.papers.record([listed("a", MONDAY, title="Revised", votes=3)], recorded_at=T2)
    assert (ada(tx, TUESDAY, Cut(T1)), monday(tx, Cut(T1))) == before
    assert monday(tx, Cut(T2)) != before[1]


@pytest.mark.parametrize("shift", [timedelta(0), timedelta(days=-30), timedelta(days=30)])
def test_nothing_said_of_a_paper_helps_to_rank_the_day_it_comes_or_one_before(tx, shift):
    instant = midnight(TUESDAY) + shift
    tx.papers.record([listed("c", instant.date(), votes=9, feed=Feed.HUGGINGFACE, keywords=("hot",))], recorded_at=T1)
    tx.interactions.record_imported([did("pick", "c", occurred_at=instant)], recorded_at=T1)
    for day in (MONDAY, TUESDAY):
        cut = Cut(midnight(day), Clock.OCCURRED)
        assert ada(tx, day, cut)[0] == ()
        moment = day_moment(tx, day, cut, None)
        assert not moment.votes.any()
        assert [paper.keywords for paper in moment.papers] == [()] * len(moment.papers)


def test_a_replay_from_one_read_gives_the_moments_of_the_store(tx):
    tx.interactions.record_imported([did("pick", "a", occurred_at=midnight(MONDAY))], recorded_at=T1)
    cut, user = Cut(midnight(TUESDAY + timedelta(days=1)), Clock.OCCURRED), tx.users.get("ada")
    everything = tx.interactions.all(Cut(T3, Clock.OCCURRED))
    rows = UserRows(user, known_by(everything, cut.at))
    replayed = build_user(rows, TUESDAY, tx.papers.get_many(["a", "b"], cut), SETTINGS, Lengths())
    direct = user_moment(tx, user, TUESDAY, cut, SETTINGS, Lengths())
    assert replayed.relevance.vectors.tobytes() == direct.relevance.vectors.tobytes()
    assert replayed.hidden == direct.hidden == {"a"}
    day = build_day(tx.days.feed(TUESDAY, cut), cut, tx.papers.on_day(TUESDAY, cut)[::-1], {"c": 0}, Lengths())
    assert day.vectors.tobytes() == day_moment(tx, TUESDAY, cut, Lengths()).vectors.tobytes()


def test_a_label_on_a_paper_not_known_at_the_cut_counts_for_nothing_yet(tx):
    tx.papers.record([listed("z", MONDAY)], recorded_at=T3)
    tx.interactions.record([did("save", "a"), did("save", "z")], recorded_at=T1)
    assert ada(tx, TUESDAY, Cut(T1))[0] == ("a",)
    assert ada(tx, TUESDAY, Cut(T3))[0] == ("a", "z")


def test_papers_shown_on_earlier_days_are_hidden(tx):
    shown = Impression("ada", "s", "c", 1, Exposure.SHOWN, T0, None, None)
    tx.impressions.record([shown], recorded_at=T0)
    assert ada(tx, T0.date(), EVER)[-1] == frozenset()
    assert ada(tx, T0.date() + timedelta(days=1), EVER)[-1] == {"c"}


def test_the_default_as_of_moves_only_with_what_matters_to_the_slate(tx):
    user = tx.users.get("ada")
    latest = [latest_relevant_at(tx, user, MONDAY, EVER)]
    tx.papers.record([listed("e", TUESDAY)], recorded_at=T1)
    tx.impressions.record([Impression("ada", "s", "a", 1, Exposure.SHOWN, T1, None, None)], recorded_at=T1)
    latest.append(latest_relevant_at(tx, user, MONDAY, EVER))
    tx.interactions.record([did("save", "a")], recorded_at=T1)
    latest.append(latest_relevant_at(tx, user, MONDAY, EVER))
    tx.papers.record([listed("b", TUESDAY, votes=1, feed=Feed.HUGGINGFACE)], recorded_at=T2)
    latest.append(latest_relevant_at(tx, user, MONDAY, EVER))
    tx.interactions.retract("ada", "save-a", recorded_at=T3)
    latest.append(latest_relevant_at(tx, user, MONDAY, EVER))
    assert latest == [T0, T0, T1, T2, T3]
    assert latest_relevant_at(tx, user, MONDAY, Cut(T1)) == T1


def test_an_impression_from_before_the_day_moves_the_default_as_of(tx):
    tx.impressions.record([Impression("ada", "s", "a", 1, Exposure.SHOWN, T2, None, None)], recorded_at=T2)
    tomorrow = T2.date() + timedelta(days=1)
    assert latest_relevant_at(tx, tx.users.get("ada"), tomorrow, EVER) == T2


def test_with_nothing_recorded_the_default_as_of_is_when_the_user_was_made_or_the_day_fetched(tx):
    user, sunday = tx.users.get("ada"), date(2026, 2, 22)
    assert latest_relevant_at(tx, user, sunday, EVER) == T0
    tx.days.record_fetch(Feed.ARXIV, sunday, T2, True, 0)
    assert latest_relevant_at(tx, user, sunday, EVER) == T2


def test_two_clicks_in_one_instant_give_two_default_as_ofs(tx):
    user, instants = tx.users.get("ada"), set()
    for paper_id in "abc":
        tx.interactions.record([did("save", paper_id)], recorded_at=T1)
        instants.add(latest_relevant_at(tx, user, MONDAY, EVER))
    assert len(instants) == 3
