"""The sentence model of a retrain: from a file of marked abstracts, where the settings name one."""

from collections.abc import Sequence

from features.errors import NothingToLearn
from features.settings import Settings
from features.sources.marked_sentences import Mark, marks_by_abstract, read_marks
from models.registry.tracking import RunLog
from models.rhetoric import SentenceModel, roles_of_spans

LEAST_ABSTRACTS = 20


def rhetoric_of(settings: Settings, run: RunLog, seed: int) -> SentenceModel | None:
    """The model of the file's abstracts; None, and the run's tag ``broadsheet.rhetoric`` says why, without enough."""
    path = settings.training.sentences_file
    if path is None:
        run.tags({"broadsheet.rhetoric": "skipped: no file of marked sentences is named"})
        return None
    marks = marks_by_abstract(read_marks(path, settings.ingest))
    if len(marks) < LEAST_ABSTRACTS:
        raise NothingToLearn(f"{path} marks sentences of {len(marks)} abstracts; {LEAST_ABSTRACTS} are needed")
    run.tags({"broadsheet.rhetoric": f"fitted on {len(marks)} abstracts"})
    return fit_rhetoric(marks, seed)


def fit_rhetoric(marks: dict[str, list[Mark]], seed: int) -> SentenceModel:
    """A sentence that holds no mark states none of the roles."""
    abstracts = list(marks)
    return SentenceModel.fit(abstracts, [roles_in(abstract, marks[abstract]) for abstract in abstracts], seed)


def roles_in(abstract: str, marks: Sequence[Mark]) -> list[str]:
    """The role of each sentence of a marked abstract."""
    return roles_of_spans(abstract, [(mark.start, mark.end, mark.role) for mark in marks])
