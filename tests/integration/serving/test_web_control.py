"""Settings, interests, votes, submissions and lists as pages: forms that work without a script."""

import re
from datetime import UTC, datetime

import pytest

from features.domain import Cut, Interaction, InteractionKind
from features.store import open_store

EVER = Cut(datetime(9000, 1, 1, tzinfo=UTC))
ROBOTS = ["260224.02", "260224.05", "260224.08"]
SCRIPT = "<script>x</script>"


def shown(html: str) -> list[str]:
    return re.findall(r'data-paper="([^"]+)"', html)


def csrf(html: str) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', html)
    assert found
    return found[1]


def send(client, page: str, action: str, **fields: str):
    return client.post(action, data={"csrf": csrf(client.get(page).text), "back": page, **fields})


@pytest.fixture
def chooser(reader, sqlite_place):
    """The browser of ada, who has saved three papers about robots."""
    save(sqlite_place, "ada", *ROBOTS)
    return reader


def save(place, user_id: str, *paper_ids: str) -> None:
    rows = [Interaction(f"s-{one}", user_id, one, InteractionKind.SAVE, None) for one in paper_ids]
    with open_store(place.database_url) as store, store.transaction() as tx:
        tx.interactions.record(rows, recorded_at=datetime.now(UTC))


def other_list(place, name: str = "bens-robots") -> None:
    save(place, "ben", *ROBOTS)
    with open_store(place.database_url) as store, store.transaction() as tx:
        tx.lists.open("ben", name, at=datetime.now(UTC))


def test_a_rule_set_on_the_page_is_kept_by_the_front_page_and_can_be_taken_back(reader):
    before = reader.get("/").text
    kept = send(reader, "/settings", "/settings/rules", kind="never", field="category", value="cs.CV")
    assert "cs.CV" in kept.text
    html = reader.get("/").text
    assert "Your rules left 8 papers out." in html
    assert set(shown(html)) < set(shown(before)) | {f"260227.{number:02d}" for number in range(24)}
    number = re.search(r'name="withdraw" value="(\d+)"', kept.text)[1]
    send(reader, "/settings", "/settings/rules", withdraw=number)
    assert shown(reader.get("/").text) == shown(before)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "never", "field": "word", "value": "!!"},
        {"kind": "never", "field": "category", "value": "two words"},
        {"kind": "perhaps", "field": "word", "value": "x"},
    ],
)
def test_what_is_no_rule_is_said_on_the_page(reader, fields):
    answer = send(reader, "/settings", "/settings/rules", **fields)
    assert (answer.status_code, "That is no rule" in answer.text) == (422, True)
    assert "Take back" not in reader.get("/settings").text


def test_must_is_told_as_the_reason(reader):
    send(reader, "/settings", "/settings/rules", kind="must", field="word", value="gripper")
    first = reader.get("/").text.partition('class="reasons"')[2].partition("</ul>")[0]
    assert "you asked for ‘gripper’" in first


def test_interests_are_shown_renamed_muted_and_unmuted(chooser):
    html = chooser.get("/interests").text
    name = re.search(r'name="interest" value="([^"]+)"', html)[1]
    renamed = send(chooser, "/interests", "/interests", interest=name, act="rename", name="robot hands")
    assert "robot hands</a></h2>" in renamed.text
    muted = send(chooser, "/interests", "/interests", interest="interest:robot hands", act="mute")
    assert "Every interest is muted." in muted.text
    unmuted = send(chooser, "/interests", "/interests", interest="interest:robot hands", act="unmute")
    assert "robot hands</a></h2>" in unmuted.text
    number = re.search(r'name="withdraw" value="(\d+)"', unmuted.text)[1]
    back = send(chooser, "/interests", "/settings/rules", withdraw=number)
    assert name in back.text


def test_a_forgotten_interest_is_nowhere_any_more(chooser):
    name = re.search(r'name="interest" value="([^"]+)"', chooser.get("/interests").text)[1]
    assert "None is known yet" in send(chooser, "/interests", "/interests", interest=name, act="forget").text
    assert shown(chooser.get("/saved").text) == []


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"act": "rename", "name": "a/b"}, 422), ({"act": "nonsense"}, 422), ({"act": "mute", "interest": "no"}, 404)],
)
def test_what_cannot_be_done_to_an_interest_is_a_page_that_says_so(chooser, fields, status):
    name = re.search(r'name="interest" value="([^"]+)"', chooser.get("/interests").text)[1]
    assert send(chooser, "/interests", "/interests", **{"interest": name, **fields}).status_code == status


def test_a_vote_is_counted_once_shown_and_taken_back(reader):
    page = "/papers/260227.05"
    voted = send(reader, page, "/votes", paper="260227.05", act="cast")
    assert "1 reader’s vote<" in voted.text
    assert "1 reader’s vote<" in send(reader, page, "/votes", paper="260227.05", act="cast").text
    assert shown(reader.get("/trending").text)[0] == "260227.05"
    assert "0 readers’ votes" in send(reader, page, "/votes", paper="260227.05", act="withdraw").text


def test_a_submission_is_shown_with_its_words_as_text(reader, visitor):
    answer = send(reader, "/community", "/submissions", paper="260227.05", why=f"look {SCRIPT} here &amp; there")
    assert answer.status_code == 200
    for page in ("/community", "/papers/260227.05"):
        html = reader.get(page).text
        assert "“look" in html
        assert "<script>x" not in html


@pytest.mark.parametrize(
    ("paper", "why", "said"),
    [("2602.99999", "look", "No such paper"), ("javascript:x", "look", "No such"), ("260227.05", "", "a word why")],
)
def test_what_cannot_be_submitted_is_said_on_the_page(reader, paper, why, said):
    answer = send(reader, "/community", "/submissions", paper=paper, why=why)
    assert (answer.status_code, said in answer.text) == (422, True)


def test_a_list_is_followed_and_its_newest_papers_stand_with_the_reader(reader, sqlite_place):
    other_list(sqlite_place)
    html = reader.get("/lists/bens-robots").text
    assert set(shown(html)) == set(ROBOTS)
    assert "ben@" not in html
    followed = send(reader, "/lists/bens-robots", "/lists/bens-robots", act="follow")
    assert "1 follower" in followed.text
    assert "You follow" in reader.get("/community").text
    assert "0 followers" in send(reader, "/lists/bens-robots", "/lists/bens-robots", act="unfollow").text
    assert reader.get("/lists/nobodys").status_code == 404


def test_a_reader_opens_renames_and_closes_their_own_list(chooser, sqlite_place):
    other_list(sqlite_place)
    assert "Nothing of yours is public" in chooser.get("/settings").text
    send(chooser, "/settings", "/settings/list", name="Hands")
    assert "your own list" in chooser.get("/lists/hands").text
    taken = send(chooser, "/settings", "/settings/list", name="bens-robots")
    assert (taken.status_code, "That name is taken" in taken.text) == (422, True)
    assert chooser.get("/lists/hands").status_code == 200
    assert send(chooser, "/settings", "/settings/list", name="a b").status_code == 422
    send(chooser, "/settings", "/settings/list", close="1")
    assert chooser.get("/lists/hands").status_code == 404


def test_visitors_may_read_what_is_public_and_are_led_to_sign_in_for_the_rest(visitor, sqlite_place):
    other_list(sqlite_place)
    assert set(shown(visitor.get("/lists/bens-robots").text)) == set(ROBOTS)
    assert "bens-robots" in visitor.get("/community").text
    for page in ("/settings", "/interests"):
        assert visitor.get(page, follow_redirects=False).headers["location"] == "/signin"
    answer = send(visitor, "/signin", "/votes", paper="260227.05", act="cast")
    assert answer.url.path == "/signin"
    with open_store(sqlite_place.database_url) as store, store.transaction(readonly=True) as tx:
        assert tx.votes.cast_at(["260227.05"], EVER) == {}


def test_a_form_of_another_visit_changes_nothing(reader):
    for action in ("/settings/rules", "/settings/list", "/interests", "/votes", "/submissions", "/lists/x"):
        assert reader.post(action, data={"csrf": "0" * 64, "name": "hands", "act": "cast"}).status_code == 422
    assert "Nothing of yours is public" in reader.get("/settings").text
