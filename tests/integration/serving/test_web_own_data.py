"""What is a reader's own: taken away as files, read in a feed reader, destroyed at a word."""

import json
import re

import pytest


def csrf(html: str) -> str:
    return re.search(r'name="csrf" value="(\w+)"', html)[1]


def save_one(reader) -> str:
    html = reader.get("/").text
    paper = re.search(r'data-paper="([^"]+)"', html)[1]
    reader.post("/acts", data={"csrf": csrf(html), "paper": paper, "kind": "save", "back": "/"})
    return paper


def test_everything_stored_is_given_as_json(reader):
    paper = save_one(reader)
    answer = reader.get("/settings/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="broadsheet.json"'
    assert paper in json.dumps(answer.json()["data"])


@pytest.mark.parametrize(("form", "begins"), [("bibtex", "@"), ("ris", "TY  -"), ("csv", "id,")])
def test_what_is_saved_is_given_as_files(reader, form, begins):
    paper = save_one(reader)
    answer = reader.get("/saved/export", params={"format": form})
    assert answer.text.lstrip("\ufeff").startswith(begins)
    assert paper in answer.text
    assert f"/saved/export?format={form}" in reader.get("/saved").text


def test_the_private_feed_gets_a_new_address_that_closes_the_one_before(reader):
    fields, shown = {"csrf": csrf(reader.get("/settings").text)}, r"<code>(\S+/feeds/u/\S+\.atom)</code>"
    addresses = [re.search(shown, reader.post("/settings/feed", data=fields).text)[1] for _ in range(2)]
    found = [reader.get(re.sub(r"^https?://[^/]+", "", address)).status_code for address in addresses]
    assert found == [404, 200]


def test_an_account_ends_at_the_word_and_not_without(reader, sqlite_place):
    fields = {"csrf": csrf(reader.get("/settings").text)}
    reader.post("/settings/delete", data={**fields, "confirm": "no"})
    assert reader.get("/settings", follow_redirects=False).status_code == 200
    reader.post("/settings/delete", data={**fields, "confirm": "Delete"})
    assert reader.get("/settings", follow_redirects=False).headers["location"] == "/signin"
    assert reader.get("/v1/users/ada", headers=sqlite_place.headers("admin")).status_code == 404


@pytest.mark.parametrize("path", ["/settings/export", "/saved/export"])
def test_a_visitor_has_nothing_to_take_away(visitor, path):
    assert visitor.get(path, follow_redirects=False).headers["location"] == "/signin"


@pytest.mark.parametrize("path", ["/settings/feed", "/settings/delete"])
def test_nothing_is_done_without_the_forms_token(reader, path):
    assert reader.post(path, data={"confirm": "delete"}).status_code == 422
