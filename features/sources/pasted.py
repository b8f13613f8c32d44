"""What a reader pastes: arXiv ids, addresses or titles, one a line."""

from features.arxiv_ids import find_arxiv_id, parse_arxiv_id
from features.errors import MalformedRow
from features.sources.examples import Entry, Examples, decoded, examples_of

_ORIGIN = "text"
_ADDRESS = ("http://", "https://", "www.", "doi:", "10.")


def read_pasted(data: bytes) -> Examples:
    """A paper for each line that is not blank; an address that leads to no arXiv paper is a problem."""
    entries: list[Entry] = []
    elsewhere: list[MalformedRow] = []
    for number, line in enumerate(map(str.strip, decoded(data).splitlines()), start=1):
        if found := _arxiv_id(line):
            entries.append(Entry(number, "", numbers=[found]))
        elif line.lower().startswith(_ADDRESS):
            reason = "is an address that names no arXiv paper; paste its title instead"
            elsewhere.append(MalformedRow(_ORIGIN, number, reason))
        elif line:
            entries.append(Entry(number, line, numbers=[line]))  # one word may be an id, so it is tried as both
    good, bad = examples_of(_ORIGIN, entries)
    return good, sorted(bad + elsewhere, key=lambda row: row.line)


def _arxiv_id(line: str) -> str | None:
    whole = parse_arxiv_id(line)
    return whole[0] if whole else find_arxiv_id(line)
