"""Saved papers as CSV for spreadsheets ↔ example papers."""

import csv
import io
from collections.abc import Iterable, Iterator

from features.arxiv_ids import parse_arxiv_id
from features.domain import Paper
from features.errors import MalformedRow
from features.sources.examples import LONGEST_TEXT, Entry, Examples, decoded, examples_of

_ORIGIN = "CSV"
_COLUMNS = ("id", "title", "authors", "abstract", "categories", "published_at", "url")
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def read_saved_table(data: bytes) -> Examples:
    """The papers of a CSV file whose first line names at least a column ``title`` or ``id``."""
    rows: list[tuple[int, list[str]]] = []
    broken: list[MalformedRow] = []
    for row in _rows(decoded(data)):
        (broken if isinstance(row, MalformedRow) else rows).append(row)  # type: ignore[arg-type]  # one list each
    header = [name.strip().lower() for name in rows[0][1]] if rows else []
    if not {"id", "title"} & set(header):
        return [], [MalformedRow(_ORIGIN, 1, "the first line must name a column 'title' or 'id'")]
    good, bad = examples_of(_ORIGIN, [_entry(line, dict(zip(header, row, strict=False))) for line, row in rows[1:]])
    return good, sorted(bad + broken, key=lambda row: row.line)


def write_saved_table(papers: Iterable[Paper]) -> str:
    """A header and one row a paper, in order.

    A cell that a spreadsheet would take for a formula begins with an apostrophe, which spreadsheets do not show.
    """
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(_COLUMNS)
    for paper in papers:
        published_at = paper.published_at.isoformat() if paper.published_at else ""
        url = f"https://arxiv.org/abs/{paper.id}" if parse_arxiv_id(paper.id) else ""
        authors, categories = "; ".join(paper.authors), " ".join(paper.categories)
        cells = (paper.id, paper.title, authors, paper.abstract, categories, published_at, url)
        table.writerow([_guarded(cell) for cell in cells])
    return written.getvalue()


def _rows(text: str) -> Iterator[tuple[int, list[str]] | MalformedRow]:
    csv.field_size_limit(max(csv.field_size_limit(), 2 * LONGEST_TEXT))
    reader = csv.reader(io.StringIO(text.replace("\0", "\ufffd"), newline=""))
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield MalformedRow(_ORIGIN, line, f"is not CSV: {error}")
            continue
        if any(cell.strip() for cell in row):
            yield line, row


def _entry(line: int, row: dict[str, str]) -> Entry:
    cells = {name: _unguarded(cell) for name, cell in row.items()}
    return Entry(
        line=line,
        title=cells.get("title", ""),
        abstract=cells.get("abstract", ""),
        authors=cells.get("authors", "").split(";"),
        numbers=[cells["id"]] if cells.get("id") else [],
        mentions=[cells[name] for name in ("url", "doi") if name in cells],
    )


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_BEGINS_FORMULA) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_BEGINS_FORMULA) else cell
