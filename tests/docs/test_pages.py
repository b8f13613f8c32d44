"""The pages hang together: links lead somewhere, records have their three parts, every glossary line defines a word."""

import re
from pathlib import Path

import pytest

LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def pages(root: Path) -> list[Path]:
    return [root / "README.md", root / "CHANGELOG.md", *sorted((root / "docs").rglob("*.md"))]


def test_every_link_leads_to_a_file(root: Path) -> None:
    broken = [
        f"{page.relative_to(root)}: {target}"
        for page in pages(root)
        for target in LINK.findall(page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_nine_decisions_of_the_architecture_have_their_records(root: Path) -> None:
    numbers = [path.name[:4] for path in sorted((root / "docs" / "decisions").glob("*.md"))]
    assert numbers[:10] == [f"{number:04d}" for number in range(10)]
    assert len(numbers) == len(set(numbers))


def test_a_record_has_its_context_decision_and_consequences(root: Path) -> None:
    for record in (root / "docs" / "decisions").glob("*.md"):
        headings = re.findall(r"^## (.*)$", record.read_text(), flags=re.MULTILINE)
        assert headings[:3] == ["Context", "Decision", "Consequences"], record.name


@pytest.mark.parametrize(
    "word", ["slate", "moment", "position", "rank", "propensity", "replay", "champion", "synthetic"]
)
def test_the_glossary_defines_the_words_the_api_uses(root: Path, word: str) -> None:
    assert f"**{word}**" in (root / "docs" / "glossary.md").read_text()


def test_the_license_names_its_holder(root: Path) -> None:
    assert "The Broadsheet authors" in (root / "LICENSE").read_text()
