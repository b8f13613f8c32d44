"""A good start: questions over HTTP, and the page that takes whatever a new reader has at hand."""

import re

import pytest

from tests.integration.serving.conftest import signed_in
from tests.integration.serving.played import client_of


def shown(html: str) -> list[str]:
    return re.findall(r'data-paper="([^"]+)"', html)


def csrf(html: str) -> str:
    return re.search(r'name="csrf" value="(\w+)"', html)[1]


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [paper["id"] for paper in answer.json()["papers"]]


def save(client, paper_id: str) -> None:
    row = {"client_id": f"c-{paper_id}", "paper_id": paper_id, "kind": "save"}
    assert client.post("/v1/interactions", json={"user_id": "ada", "interactions": [row]}).status_code == 200


def test_starters_tell_subjects_apart(client):
    papers = client.get("/v1/starters", params={"n": 6}).json()["papers"]
    assert len(papers) == 6
    assert {paper["categories"][0] for paper in papers} == {"cs.CL", "cs.CV", "cs.RO"}


def test_questions_are_not_what_was_answered_and_each_answer_is_known_at_once(client):
    first = ids(client.get("/v1/users/ada/questions"))
    assert len(first) == len(set(first)) == 5
    assert first == ids(client.get("/v1/users/ada/questions"))
    save(client, first[0])
    second = ids(client.get("/v1/users/ada/questions"))
    assert first[0] not in second
    assert second != first


def test_a_new_reader_is_shown_starters_and_after_a_pick_questions(reader):
    html = reader.get("/welcome").text
    assert "What do you like to read?" in html
    assert len(shown(html)) == 12
    assert "questions" not in html.partition("<main")[2].lower()
    fields = {"csrf": csrf(html), "paper": shown(html)[0], "kind": "save", "back": "/welcome"}
    after = reader.post("/acts", data=fields).text
    assert "1 paper tells us" in after
    assert "5 questions" in after
    assert len(shown(after)) == 5 + 11


def test_pasted_lines_and_files_are_taken_and_what_is_not_is_said(reader):
    html = reader.get("/welcome").text
    pasted = reader.post("/welcome/library", data={"csrf": csrf(html), "pasted": "260226.01\nnothing like that at all"})
    assert "1 saved" in pasted.text
    assert "Line 2" in pasted.text
    entry = b"@article{a, title={T}, eprint={2602.11111}, archivePrefix={arXiv}}"
    sent = reader.post("/welcome/library", data={"csrf": csrf(html)}, files={"file": ("mine.bib", entry)})
    assert "1 waiting" in sent.text
    assert "260226.01" in reader.get("/saved").text


@pytest.mark.parametrize("content", [b"\xff\xfe\x00broken", b"@article{", b""])
def test_a_broken_file_is_no_fault_of_the_server(reader, content):
    html = reader.get("/welcome").text
    sent = reader.post("/welcome/library", data={"csrf": csrf(html)}, files={"file": ("mine.bib", content)})
    assert sent.status_code in (200, 422)


def test_a_followed_author_stands_first(reader):
    html = reader.get("/welcome").text
    assert "You follow Ada B." in reader.post("/welcome/author", data={"csrf": csrf(html), "author": "Ada B."}).text
    assert (
        "You asked for papers by Ada B." in reader.get("/").text
        or "you asked for papers by Ada B." in reader.get("/").text
    )


def test_a_visitor_signs_in_first(visitor):
    assert visitor.get("/welcome", follow_redirects=False).headers["location"] == "/signin"


def test_a_sentence_ranks_papers_like_it_first_and_can_be_taken_back(reader, sqlite_place):
    html = reader.get("/welcome").text
    said = "A robot gripper <b>grasping</b> by trajectory planning and control"
    kept = reader.post("/welcome/sentence", data={"csrf": csrf(html), "sentence": said}).text
    assert "It counts like a paper you saved" in kept
    assert "<b>grasping" not in kept
    best = reader.get("/v1/users/ada/recommendations", headers=sqlite_place.headers("ada")).json()["items"][:5]
    assert {item["paper"]["categories"][0] for item in best} == {"cs.RO"}
    assert "A robot gripper" in reader.get("/saved").text


@pytest.mark.parametrize("said", ["", "robots", " two   words "])
def test_what_is_no_sentence_is_said(reader, said):
    html = reader.get("/welcome").text
    sent = reader.post("/welcome/sentence", data={"csrf": csrf(html), "sentence": said})
    assert (sent.status_code, "too short" in sent.text) == (422, True)


def test_chosen_topics_are_what_the_dozen_is_picked_from(reader, sqlite_place):
    html = reader.get("/welcome", params={"topic": ["cs.RO", "cs.CL"]}).text
    assert "Pick among these of cs.RO, cs.CL" in html
    papers = [reader.get(f"/v1/papers/{one}", headers=sqlite_place.headers("ada")) for one in shown(html)]
    assert {paper.json()["categories"][0] for paper in papers} == {"cs.RO", "cs.CL"}
    assert shown(reader.get("/welcome", params={"topic": "nobody has <this>"}).text) == []


@pytest.fixture
def zotero_reader(sqlite_place, zotero):
    """Ada's browser on a service whose Zotero is played."""
    with client_of(sqlite_place, zotero_url=zotero.url) as client:
        yield signed_in(client, sqlite_place)


def test_a_zotero_library_is_brought_and_its_key_is_shown_nowhere(zotero_reader, zotero, caplog):
    fields = {"csrf": csrf(zotero_reader.get("/welcome").text), "kind": "group", "number": "169947", "key": "P9NiFoy"}
    brought = zotero_reader.post("/welcome/zotero", data=fields).text
    assert "1 waiting" in brought
    assert zotero.keys == ["Bearer P9NiFoy"]
    assert "P9NiFoy" not in brought + caplog.text + zotero_reader.get("/settings/export").text


@pytest.mark.parametrize(("number", "played"), [("1", (403, "no")), ("1", (500, "oh")), ("x", None), ("0", None)])
def test_what_zotero_does_not_open_is_said_on_the_page(zotero_reader, zotero, number, played):
    zotero.answer = played or zotero.answer
    fields = {"csrf": csrf(zotero_reader.get("/welcome").text), "kind": "user", "number": number, "key": "secret1"}
    answer = zotero_reader.post("/welcome/zotero", data=fields)
    assert (answer.status_code, "Zotero" in answer.text, "secret1" in answer.text) == (422, True, False)


def test_what_is_saved_below_an_answer_leads_back_to_the_page(reader):
    fields = {"csrf": csrf(reader.get("/welcome").text), "pasted": "260224.01"}
    answer = reader.post("/welcome/library", data=fields).text
    assert set(re.findall(r'name="back" value="([^"]*)"', answer)) == {"/welcome"}
