"""A good start: questions over HTTP, and the page that takes whatever a new reader has at hand."""

import re

import pytest


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
