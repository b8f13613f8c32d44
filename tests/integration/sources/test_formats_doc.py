import re
from pathlib import Path

import pytest

from features.errors import MalformedRow
from features.settings import IngestSettings
from features.sources.interactions import read_interactions
from features.sources.jsonl import read_listings
from features.sources.picks import read_picks
from features.sources.users import read_users

DOCS = Path(__file__).parents[3] / "docs" / "formats.md"
EXAMPLES = re.findall(r"```(?:json|csv)\n(.*?)```", DOCS.read_text(), re.DOTALL)
READERS = [read_listings, read_listings, read_picks, read_interactions, read_users]


@pytest.mark.parametrize(("example", "read"), list(zip(EXAMPLES, READERS, strict=True)))
def test_every_example_of_the_formats_page_is_read(example: str, read: type, tmp_path: Path) -> None:
    path = tmp_path / "example"
    path.write_text(example)
    rows = list(read(path, IngestSettings()))
    assert rows
    assert not any(isinstance(row, MalformedRow) for row in rows)


def test_every_cap_named_on_the_formats_page_is_a_setting() -> None:
    named = set(re.findall(r"`ingest\.([a-z_]+)`", DOCS.read_text()))
    assert named <= set(IngestSettings.model_fields)
