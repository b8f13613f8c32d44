"""A good start: tell the paper what you like, in whichever way is at hand, and answer a few questions."""

from fastapi import APIRouter
from starlette.responses import Response

from features.errors import BadInput, InvalidValue
from features.library import LibraryFormat, LibraryReport, read_library, take_library
from features.rules import Rule, RuleField, RuleKind
from features.store import Transaction
from serving.asking import questions_for, starter_papers
from serving.dependencies import Reading, Services, ServicesDep, Writing
from serving.observed import EVERYTHING
from serving.web.last_act import last_act
from serving.web.pages import rendered, see_other
from serving.web.ranked import views_of
from serving.web.visit import PostedDep, Visit, VisitDep

router = APIRouter(include_in_schema=False)

_N_STARTERS = 12
_N_QUESTIONS = 5
_FORMATS = {".bib": LibraryFormat.BIBTEX, ".ris": LibraryFormat.RIS, ".csv": LibraryFormat.CSV}


@router.get("/welcome")
def welcome(services: ServicesDep, tx: Reading, visit: VisitDep, done: str = "") -> Response:
    """Show the ways to begin; once something is liked, the questions too."""
    return _shown(services, tx, visit, done=done)


@router.post("/welcome/library")
def bring_library(posted: PostedDep, services: ServicesDep, tx: Writing) -> Response:
    """Take pasted lines or an uploaded file, and say what became of each entry."""
    reader, upload = posted.visit.reader, posted.upload
    data = upload.content if upload else posted["pasted"].encode()
    form = _format_of(upload.name) if upload else LibraryFormat.TEXT
    try:
        library = read_library(data, form, services.settings.ingest)
    except BadInput as error:
        return _shown(services, tx, posted.visit, problem=str(error))
    report = take_library(tx, reader, library, origin="your list", recorded_at=services.clock())
    return _shown(services, tx, posted.visit, report=report)


@router.post("/welcome/author")
def follow_author(posted: PostedDep, services: ServicesDep, tx: Writing) -> Response:
    """Always show the papers of an author: a rule, which the settings list."""
    try:
        rule = Rule(RuleKind.MUST, RuleField.AUTHOR, posted["author"])
        tx.rules.add(posted.visit.reader.id, rule, recorded_at=services.clock())
    except InvalidValue as error:
        return _shown(services, tx, posted.visit, problem=f"That is no name: {error.rule}.")
    return see_other("/welcome")


def _format_of(name: str) -> LibraryFormat:
    """What a file is written in, by the end of its name."""
    return next((form for end, form in _FORMATS.items() if name.lower().endswith(end)), LibraryFormat.TEXT)


def _shown(
    services: Services,
    tx: Transaction,
    visit: Visit,
    *,
    done: str = "",
    report: LibraryReport | None = None,
    problem: str = "",
) -> Response:
    reader = visit.reader
    said = tx.interactions.of_user(reader.id, EVERYTHING)
    liked = {one.interaction.paper_id for one in said if one.interaction.kind in ("save", "pick", "rate_up")}
    asked = questions_for(services, tx, reader, _N_QUESTIONS) if liked else []
    judged = {one.interaction.paper_id for one in said}
    begin = [paper for paper in starter_papers(services, tx, _N_STARTERS) if paper.id not in judged]
    return rendered(
        services,
        visit,
        "welcome.html",
        422 if problem else 200,
        n_liked=len(liked),
        starters=views_of(services, tx, reader, begin),
        questions=views_of(services, tx, reader, asked),
        authors=[
            one.rule.value for one in tx.rules.of_user(reader.id, EVERYTHING) if one.rule.field is RuleField.AUTHOR
        ],
        report=report,
        problem=problem,
        done=last_act(tx, reader, done),
    )
