"""docs/settings.md says what the code says: every variable, its default and its description."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from features.settings import Settings


def documented_lines(model: type[BaseModel], prefix: str) -> Iterator[str]:
    """A table row for each setting of ``model`` and of the groups in it."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from documented_lines(field.annotation, f"{prefix}{name.upper()}__")
        else:
            default = field.get_default(call_default_factory=True)
            shown = "unset" if default is None else default
            yield f"| `{prefix}{name.upper()}` | `{shown}` | {field.description} |"


LINES = list(documented_lines(Settings, "BROADSHEET_"))


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "settings.md").read_text()


@pytest.mark.parametrize("line", LINES, ids=[line.split("`")[1] for line in LINES])
def test_a_setting_is_documented_as_it_is(page: str, line: str) -> None:
    assert line in page.splitlines()


def test_the_page_names_no_setting_that_is_gone(page: str) -> None:
    named = set(re.findall(r"^\| `(BROADSHEET_\w+)`", page, flags=re.MULTILINE))
    assert named == {line.split("`")[1] for line in LINES}


def test_every_setting_is_described_in_a_sentence() -> None:
    assert [line for line in LINES if not line.endswith(". |")] == []
