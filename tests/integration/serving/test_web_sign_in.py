"""Signing in over HTTP: the mailed link, its one use, the same answer for everybody, and forms of other sites."""

import email
import re
from email.policy import default
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from features.store import open_store

ADDRESS = "ada@example.org"


def token_in(html: str) -> str:
    return re.search(r'name="csrf" value="([0-9a-f]{64})"', html)[1]


def letters(place) -> list[str]:
    files = sorted((place.folder / "outbox").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [email.message_from_bytes(path.read_bytes(), policy=default).get_content() for path in files]


def path_in(letter: str) -> str:
    return re.search(r"http://127\.0\.0\.1:8000(/signin/\S+)", letter)[1]


def ask(client: TestClient, address: str = ADDRESS, **headers: str):
    token = token_in(client.get("/signin").text)
    return client.post("/signin", data={"csrf": token, "address": address}, headers=headers)


def test_a_mailed_link_signs_in_once_and_makes_an_account(visitor, sqlite_place):
    sent = ask(visitor)
    assert sent.status_code == 200
    assert ADDRESS in sent.text
    path = path_in(letters(sqlite_place)[0])
    shown = visitor.get(path)
    assert ADDRESS in shown.text
    assert "broadsheet_session" not in visitor.cookies  # following the link alone does nothing
    entered = visitor.post(path, data={"csrf": token_in(shown.text)}, follow_redirects=False)
    assert (entered.status_code, entered.headers["location"]) == (303, "/welcome")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "Sign out" in visitor.get("/").text
    visitor.cookies.delete("broadsheet_session")
    again = visitor.get(path)
    assert again.status_code == 410
    assert visitor.post(path, data={"csrf": token_in(visitor.get("/signin").text)}).status_code == 410


def test_an_account_of_before_comes_to_its_own_page(visitor, sqlite_place):
    with open_store(sqlite_place.database_url) as store, store.transaction() as tx:
        tx.accounts.add("ada", ADDRESS, created_at=tx.users.get("ada").created_at)
    ask(visitor)
    path = path_in(letters(sqlite_place)[0])
    entered = visitor.post(path, data={"csrf": token_in(visitor.get(path).text)}, follow_redirects=False)
    assert entered.headers["location"] == "/"


def test_known_and_unknown_addresses_get_the_same_answer(sqlite_place, open_client):
    client = open_client(sqlite_place, open_registration=False)
    client.headers["accept"] = "text/html"
    with open_store(sqlite_place.database_url) as store, store.transaction() as tx:
        tx.accounts.add("ada", ADDRESS, created_at=tx.users.get("ada").created_at)
    known, unknown = ask(client), ask(client, "eve@example.org")
    assert known.text.replace(ADDRESS, "X") == unknown.text.replace("eve@example.org", "X")
    assert known.status_code == unknown.status_code == 200
    assert len(letters(sqlite_place)) == 1


def test_no_more_than_five_links_an_hour_are_mailed(visitor, sqlite_place):
    answers = [ask(visitor, f"reader{number % 2}@example.org") for number in range(8)]
    assert {answer.status_code for answer in answers} == {200}
    assert len(letters(sqlite_place)) == 5


def test_a_text_that_is_no_address_is_said_to_be_none(visitor, sqlite_place):
    answer = ask(visitor, '"><script>alert(1)</script>')
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert not Path(sqlite_place.folder / "outbox").exists()


def test_a_form_of_another_site_does_nothing(visitor, reader, sqlite_place):
    assert visitor.post("/signin", data={"address": ADDRESS}).status_code == 422
    assert visitor.post("/signin", data={"address": ADDRESS, "csrf": "0" * 64}).status_code == 422
    assert reader.post("/acts", data={"kind": "save", "paper": "260226.00"}).status_code == 422
    assert reader.post("/signout").status_code == 422
    assert "Sign out" in reader.get("/").text


def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(reader):
    session = reader.cookies["broadsheet_session"]
    reader.post("/signout", data={"csrf": token_in(reader.get("/").text)})
    reader.cookies.set("broadsheet_session", session)
    assert "Sign in" in reader.get("/").text


def test_a_broken_cookie_is_a_visitors(visitor):
    visitor.cookies.set("broadsheet_session", "x" * 400)
    assert visitor.get("/").status_code == 200
    assert "Sign in" in visitor.get("/").text


@pytest.mark.parametrize("path", ["/", "/signin", "/nowhere"])
def test_every_page_is_sent_under_the_strict_policy(visitor, path):
    headers = visitor.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "private, no-store"
