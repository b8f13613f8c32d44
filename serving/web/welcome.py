"""A good start: tell the paper what you like, in whichever way is at hand, and answer a few questions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import SecretStr
from starlette.responses import Response

from features.errors import BadInput, InvalidValue, RateLimited, SourceFailed
from features.library import ExamplePaper, LibraryFormat, LibraryReport, ZoteroLibrary, read_library, take_library
from features.rules import Rule, RuleField, RuleKind
from features.store import Transaction
from features.text import plain
from serving.asking import questions_for, starter_papers
from serving.dependencies import Reading, Services, ServicesDep, Writing
from serving.observed import EVERYTHING
from serving.schemas.fields import TopicName
from serving.web.last_act import last_act
from serving.web.pages import rendered, see_other, topic_label
from serving.web.ranked import views_of
from serving.web.visit import PostedDep, Visit, VisitDep
from serving.zotero import bring_zotero

router = APIRouter(include_in_schema=False)

_N_STARTERS = 12
_N_QUESTIONS = 5
_MOST_TOPICS = 20
_FEWEST_WORDS = 3
_TOO_SHORT = "That is too short to tell anything: write a sentence."
_LONGEST_TITLE, _LONGEST_SENTENCE = 200, 5000
_NUMBER = re.compile(r"[0-9]{1,12}")
_FORMATS = {
    ".bib": LibraryFormat.BIBTEX,
    ".ris": LibraryFormat.RIS,
    ".csv": LibraryFormat.CSV,
    ".json": LibraryFormat.JSON,
}


@router.get("/welcome")
def welcome(
    services: ServicesDep,
    tx: Reading,
    visit: VisitDep,
    done: str = "",
    topic: Annotated[list[TopicName] | None, Query(max_length=_MOST_TOPICS)] = None,
) -> Response:
    """Show the ways to begin; once something is liked, the questions too. ``topic`` says what to pick among."""
    return _shown(services, tx, visit, _Told(done=done, topics=topic or ()))


@router.post("/welcome/library")
def bring_library(posted: PostedDep, services: ServicesDep, tx: Writing) -> Response:
    """Take pasted lines or an uploaded file, and say what became of each entry."""
    reader, upload = posted.visit.reader, posted.upload
    data = upload.content if upload else posted["pasted"].encode()
    form = _format_of(upload.name) if upload else LibraryFormat.TEXT
    try:
        library = read_library(data, form, services.settings.ingest)
    except BadInput as error:
        return _shown(services, tx, posted.visit, _Told(problem=str(error)))
    report = take_library(tx, reader, library, origin="your list", recorded_at=services.clock())
    return _shown(services, tx, posted.visit, _Told(report=report))


@router.post("/welcome/author")
def follow_author(posted: PostedDep, services: ServicesDep, tx: Writing) -> Response:
    """Always show the papers of an author: a rule, which the settings list."""
    try:
        rule = Rule(RuleKind.MUST, RuleField.AUTHOR, posted["author"])
        tx.rules.add(posted.visit.reader.id, rule, recorded_at=services.clock())
    except InvalidValue as error:
        return _shown(services, tx, posted.visit, _Told(problem=f"That is no name: {error.rule}."))
    return see_other("/welcome")


@router.post("/welcome/zotero")
def bring_zotero_library(posted: PostedDep, services: ServicesDep, tx: Reading) -> Response:
    """Take a user's or a group's Zotero library; the key is used once and kept nowhere."""
    reader, number, key = posted.visit.reader, posted["number"], posted["key"]
    kind: Literal["user", "group"] = "group" if posted["kind"] == "group" else "user"
    try:
        library = ZoteroLibrary(kind, int(number) if _NUMBER.fullmatch(number) else 0, SecretStr(key) if key else None)
        report = bring_zotero(services, reader, library)
    except (BadInput, InvalidValue, SourceFailed, RateLimited) as error:
        return _shown(services, tx, posted.visit, _Told(problem=str(error)))
    with services.store.transaction(readonly=True) as after:
        return _shown(services, after, posted.visit, _Told(report=report))


@router.post("/welcome/sentence")
def describe(posted: PostedDep, services: ServicesDep, tx: Writing) -> Response:
    """Keep what a reader says they work on as a paper of their own, which ranks papers like it."""
    said = plain(posted["sentence"])
    if len(said.split()) < _FEWEST_WORDS:
        return _shown(services, tx, posted.visit, _Told(problem=_TOO_SHORT))
    example = ExamplePaper(1, said[:_LONGEST_TITLE], said[:_LONGEST_SENTENCE])
    take_library(tx, posted.visit.reader, ([example], []), origin="your sentence", recorded_at=services.clock())
    return _shown(services, tx, posted.visit, _Told(sentence=said[:_LONGEST_TITLE]))


def _format_of(name: str) -> LibraryFormat:
    """What a file is written in, by the end of its name."""
    return next((form for end, form in _FORMATS.items() if name.lower().endswith(end)), LibraryFormat.TEXT)


@dataclass(frozen=True, slots=True)
class _Told:
    """What is said above the ways to begin, and the ``topics`` to pick among."""

    done: str = ""
    report: LibraryReport | None = None
    problem: str = ""
    sentence: str = ""
    topics: Sequence[str] = ()


def _shown(services: Services, tx: Transaction, visit: Visit, told: _Told) -> Response:
    reader = visit.reader
    said = tx.interactions.of_user(reader.id, EVERYTHING)
    liked = {one.interaction.paper_id for one in said if one.interaction.kind in ("save", "pick", "rate_up")}
    asked = questions_for(services, tx, reader, _N_QUESTIONS) if liked else []
    judged = {one.interaction.paper_id for one in said}
    begin = [paper for paper in starter_papers(services, tx, _N_STARTERS, told.topics) if paper.id not in judged]
    return rendered(
        services,
        visit.at("/welcome"),
        "welcome.html",
        422 if told.problem else 200,
        n_liked=len(liked),
        starters=views_of(services, tx, reader, begin),
        questions=views_of(services, tx, reader, asked),
        authors=[
            one.rule.value for one in tx.rules.of_user(reader.id, EVERYTHING) if one.rule.field is RuleField.AUTHOR
        ],
        report=told.report,
        problem=told.problem,
        sentence=told.sentence,
        topics=_offered(services),
        chosen=told.topics,
        done=last_act(tx, reader, told.done),
    )


def _offered(services: Services) -> list[str]:
    """The categories that the champion knows; none before there is one."""
    champion = services.shelf.champion
    names = () if champion is None else champion.model.topics.names
    return [name for name in names if topic_label(name) == name]
