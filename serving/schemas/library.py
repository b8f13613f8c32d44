"""A user's library: brought in from elsewhere, and given out."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from features.errors import MalformedRow
from features.library import LibraryReport

MOST_PROBLEMS = 100


class ZoteroRequest(BaseModel):
    """A library of Zotero's. The key is used for this request, and neither stored nor logged."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"kind": "user", "id": 475425, "key": "your-key"}]}
    )

    kind: Literal["user", "group"] = Field("user", description="Whose library it is.")
    id: int = Field(
        gt=0, lt=10**12, description="The user's or the group's number, as zotero.org/settings/keys shows it."
    )
    key: SecretStr | None = Field(None, description="An API key that may read it; a public library needs none.")


class LibraryProblem(BaseModel):
    """An entry that was not used."""

    line: int = Field(description="Where it stands, from 1; of a Zotero library, the item's place.")
    reason: str


class LibraryResult(BaseModel):
    """What became of the papers of a library, by paper id. All of it is durable."""

    saved: list[str] = Field(description="Papers of the catalogue that are saved now.")
    kept: list[str] = Field(description="Papers that the catalogue lacks, kept as the user's own.")
    already: list[str] = Field(description="Papers saved before, or taken back since.")
    waiting: list[str] = Field(description="arXiv ids that are saved once their paper comes.")
    n_problems: int = Field(description="Entries that were not used.")
    problems: list[LibraryProblem] = Field(description=f"The first {MOST_PROBLEMS} of them.")

    @classmethod
    def of(cls, report: LibraryReport) -> "LibraryResult":
        """``report`` for the wire."""
        return cls(
            saved=report.saved,
            kept=report.kept,
            already=report.already,
            waiting=report.waiting,
            n_problems=len(report.problems),
            problems=[_problem(row) for row in report.problems[:MOST_PROBLEMS]],
        )


def _problem(row: MalformedRow) -> LibraryProblem:
    return LibraryProblem(line=row.line, reason=row.reason)


LIBRARY_EXAMPLE = {
    "saved": ["2602.01234"],
    "kept": [],
    "already": [],
    "waiting": ["2603.00001"],
    "n_problems": 1,
    "problems": [{"line": 12, "reason": "the entry is broken: a brace, quote or comma is missing"}],
}
BIBTEX_EXAMPLE = "@misc{2602.01234,\n  title = {Sparse attention from scratch},\n  eprint = {2602.01234},\n}\n"
RIS_EXAMPLE = "TY  - GEN\r\nTI  - Sparse attention from scratch\r\nAN  - 2602.01234\r\nER  - \r\n"
CSV_EXAMPLE = "id,title\r\n2602.01234,Sparse attention from scratch\r\n"
TEXT_EXAMPLE = "2602.01234\nSparse attention from scratch\n"
JSON_EXAMPLE = '{"interactions": [{"client_id": "c1", "paper_id": "2602.01234", "kind": "save"}]}'
