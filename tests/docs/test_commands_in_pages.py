"""Commands, targets and JSON that the pages show are ones that exist."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from broadsheet.cli import app

PAGES = ("README.md", "docs/formats.md", "docs/api.md", "docs/settings.md", "docs/cli.md", "mlruns/README.md")


@pytest.fixture(scope="module")
def texts(root: Path) -> dict[str, str]:
    return {page: (root / page).read_text() for page in PAGES}


def shown_commands(text: str) -> list[str]:
    """``broadsheet …`` in console lines and in backticks."""
    console = re.findall(r"^(?:\$ |    (?:[A-Z_]+=\S+ )*)(broadsheet [a-z].*)$", text, re.MULTILINE)
    return console + re.findall(r"`(broadsheet [a-z][^`]*)`", text)


def complaint(command: str) -> str | None:
    """What is wrong with a shown command, if anything: an unknown sub-command or option."""
    found: Any = get_command(app)
    words = shlex.split(command)[1:]
    while hasattr(found, "commands") and words and words[0] in found.commands:
        found = found.commands[words.pop(0)]
    if hasattr(found, "commands") and words and words[0].islower():
        return f"{command}: no command {words[0]!r}"
    known = {name for parameter in found.params for name in parameter.opts} | {"--help"}
    unknown = [word for word in words if word.startswith("--") and word.split("=")[0] not in known]
    return f"{command}: no option {unknown}" if unknown else None


@pytest.mark.parametrize("page", PAGES)
def test_every_command_on_a_page_exists_with_its_options(texts: dict[str, str], page: str) -> None:
    assert [wrong for command in shown_commands(texts[page]) if (wrong := complaint(command))] == []


def test_commands_are_found_on_the_pages(texts: dict[str, str]) -> None:
    assert len(shown_commands(texts["README.md"])) >= 7
    assert complaint("broadsheet retrain --no-such-option")
    assert complaint("broadsheet no-such-command")


def test_every_make_target_on_a_page_exists(texts: dict[str, str], root: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text(), re.MULTILINE))
    named = {name for text in texts.values() for name in re.findall(r"(?:`|\$ )make ([a-z]+)", text)}
    assert {"demo", "test"} <= named <= targets


def test_every_json_example_on_a_page_is_json(texts: dict[str, str]) -> None:
    pages = [text for page, text in texts.items() if page != "docs/formats.md"]
    blocks = [block for text in pages for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    assert blocks
    for block in blocks:
        json.loads(block)


def test_the_readme_calls_the_sample_synthetic_and_its_figures_void(texts: dict[str, str]) -> None:
    readme = " ".join(texts["README.md"].split())
    assert "**synthetic**" in readme
    assert "No figure from the sample says anything about quality" in readme
