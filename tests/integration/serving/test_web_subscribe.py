"""Subscribing over HTTP: confirmed by mail, the same answer for everybody, and ended by one click."""

import email
import re
from datetime import UTC, datetime
from email.policy import default
from urllib.parse import urlsplit

import pytest

from features.store import open_store
from features.subscription import Schedule, Wish
from serving.unsubscribe_links import UnsubscribeLinks

ADDRESS = "ada@example.org"


def token_in(html):
    return re.search(r'name="csrf" value="([0-9a-f]{64})"', html)[1]


def letters(place):
    files = sorted((place.folder / "outbox").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [email.message_from_bytes(path.read_bytes(), policy=default).get_content() for path in files]


def ask(client, address=ADDRESS, schedule="weekly", percent="30"):
    token = token_in(client.get("/subscribe").text)
    fields = {"csrf": token, "address": address, "schedule": schedule, "percent": percent}
    return client.post("/subscribe", data=fields)


def subscription(place, address=ADDRESS):
    with open_store(place.database_url) as store, store.transaction(readonly=True) as tx:
        return tx.subscriptions.get(address)


def leaving(place, address=ADDRESS):
    with open_store(place.database_url) as store, store.transaction() as tx:
        tx.subscriptions.confirm(address, Wish(), at=datetime.now(UTC))
        return f"/unsubscribe/{UnsubscribeLinks(tx.secrets.get_or_create('unsubscribe')).token(address)}"


def test_only_the_button_behind_the_mailed_link_subscribes(visitor, sqlite_place):
    assert ask(visitor, schedule="threshold", percent="40").status_code == 200
    assert subscription(sqlite_place) is None
    link = re.search(r"http://127\.0\.0\.1:8000(/subscribe/\S+)", letters(sqlite_place)[0])[1]
    shown = visitor.get(link)
    assert ADDRESS in shown.text
    assert '<option value="threshold" selected>' in shown.text
    assert subscription(sqlite_place) is None
    fields = {"csrf": token_in(shown.text), "schedule": "threshold", "percent": "40"}
    path = urlsplit(link).path
    assert visitor.post(path, data=fields).status_code == 200
    assert subscription(sqlite_place).wish == Wish(Schedule.THRESHOLD, 0.4)
    assert visitor.get(link).status_code == 410
    assert visitor.post(path, data=fields).status_code == 410


def test_known_and_unknown_addresses_get_the_same_answer(visitor, sqlite_place):
    leaving(sqlite_place)
    known, unknown = ask(visitor), ask(visitor, "eve@example.org")
    assert known.text.replace(ADDRESS, "X") == unknown.text.replace("eve@example.org", "X")


def test_no_more_than_five_links_an_hour_are_mailed(visitor, sqlite_place):
    answers = [ask(visitor, f"reader{number % 2}@example.org") for number in range(8)]
    assert {answer.status_code for answer in answers} == {200}
    assert len(letters(sqlite_place)) == 5


@pytest.mark.parametrize(
    "fields", [{"address": "nobody"}, {"schedule": "hourly"}, {"schedule": "threshold", "percent": "²"}]
)
def test_a_form_that_cannot_be_used_says_why(visitor, sqlite_place, fields):
    answer = ask(visitor, **fields)
    assert answer.status_code == 422
    assert "That cannot be used" in answer.text
    assert not (sqlite_place.folder / "outbox").exists()


def test_a_form_of_another_site_subscribes_nobody(visitor, sqlite_place):
    assert visitor.post("/subscribe", data={"address": ADDRESS, "schedule": "daily"}).status_code == 422
    assert not (sqlite_place.folder / "outbox").exists()


def test_following_the_link_out_changes_nothing_and_its_button_ends_the_mail(visitor, sqlite_place):
    path = leaving(sqlite_place)
    shown = visitor.get(path)
    assert ADDRESS in shown.text
    assert subscription(sqlite_place).ended_at is None
    assert visitor.post(path).status_code == 200
    assert subscription(sqlite_place).ended_at is not None


def test_a_mail_program_ends_the_mail_with_one_post(visitor, sqlite_place):
    path = leaving(sqlite_place)
    visitor.cookies.clear()
    answer = visitor.post(path, data={"List-Unsubscribe": "One-Click"}, headers={"accept": "*/*"})
    assert answer.status_code == 200
    assert subscription(sqlite_place).ended_at is not None
    assert visitor.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200


def test_a_forged_link_ends_nobodys_mail(visitor, sqlite_place):
    path = leaving(sqlite_place)
    assert visitor.post(path[:-3] + "AAA").status_code == 404
    assert visitor.get("/unsubscribe/x").status_code == 404
    assert subscription(sqlite_place).ended_at is None
