"""Our top-level names are ours, and the distribution never leaves by accident (decision 1)."""

from importlib.metadata import metadata, packages_distributions
from pathlib import Path
from typing import Any

import pytest

PACKAGES = ["broadsheet", "features", "models", "serving", "training"]


@pytest.mark.parametrize("package", PACKAGES)
def test_nobody_else_owns_our_top_level_name(package: str) -> None:
    assert set(packages_distributions()[package]) == {"broadsheet"}


def test_the_distribution_refuses_to_be_uploaded() -> None:
    assert "Private :: Do Not Upload" in (metadata("broadsheet").get_all("Classifier") or [])


def test_packages_are_listed_by_name(pyproject: dict[str, Any]) -> None:
    included = pyproject["tool"]["setuptools"]["packages"]["find"]["include"]
    assert [pattern.rstrip("*") for pattern in included] == PACKAGES


def test_every_package_says_that_it_is_typed(root: Path) -> None:
    assert [package for package in PACKAGES if not (root / package / "py.typed").exists()] == []


def test_every_dependency_says_why_it_is_there(root: Path) -> None:
    lines = (root / "pyproject.toml").read_text().splitlines()
    pins = [line for line in lines if line.startswith('    "') and ">=" in line]
    assert pins
    assert [line for line in pins if "#" not in line] == []
