"""docs/cli.md names every command, and no command that does not exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from broadsheet.cli import app


def commands(command: Any, name: str) -> Iterator[tuple[str, str]]:
    """Full names and help texts of all commands that do something, groups left out."""
    if not hasattr(command, "commands"):
        yield name, command.help or ""
        return
    for part, below in command.commands.items():
        yield from commands(below, f"{name} {part}")


@pytest.fixture(scope="module")
def documented(root: Path) -> set[str]:
    page = (root / "docs" / "cli.md").read_text()
    return {re.sub(r" [A-Z]{2}.*", "", name) for name in re.findall(r"^\| `(broadsheet [^`]+)`", page, re.MULTILINE)}


def test_the_page_names_the_commands_there_are(documented: set[str]) -> None:
    assert documented == {name for name, _ in commands(get_command(app), "broadsheet")}


def test_every_command_says_what_it_does() -> None:
    assert [name for name, text in commands(get_command(app), "broadsheet") if not text.strip()] == []
