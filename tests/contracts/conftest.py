import ast
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("broadsheet", "features", "models", "serving", "training")


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def pyproject(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text())


@pytest.fixture(scope="session")
def product(root: Path) -> dict[Path, ast.Module]:
    """Every module of the five packages and benchmarks, parsed."""
    return {path: ast.parse(path.read_text()) for path in _modules(root, (*PACKAGES, "benchmarks"))}


@pytest.fixture(scope="session")
def everything(root: Path) -> dict[Path, ast.Module]:
    """Every Python module we write, tests included."""
    return {path: ast.parse(path.read_text()) for path in _modules(root, (*PACKAGES, "benchmarks", "tests", ".ci"))}


@pytest.fixture(scope="session")
def tracked(root: Path) -> list[Path]:
    """Text files under version control."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git work tree: which files are tracked is not known")
    files = [root / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in files if path.is_file()]


def _modules(root: Path, folders: tuple[str, ...]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((root / folder).rglob("*.py"))
