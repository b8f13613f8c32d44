"""The arrows of the architecture hold, and the contracts that state them bite."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BITES = [
    ("features/text.py", "import serving", "broadsheet over serving"),
    ("training/__init__.py", "import serving", "broadsheet over serving"),
    ("features/settings.py", "import features.store", "inside features"),
    ("serving/__init__.py", "import sqlalchemy", "only the store speaks SQL"),
    ("training/__init__.py", "import mlflow", "only the registry imports mlflow"),
    ("models/model.py", "import mlflow", "only the registry imports mlflow"),
    ("models/recommend.py", "import fastapi", "only serving knows HTTP servers"),
    ("serving/__init__.py", "import models.relevance", "a slate: scorers"),
    ("models/artifact.py", "import models.explain", "a slate: explanations"),
    ("broadsheet/__init__.py", "import models.baselines", "a slate: baselines"),
    ("broadsheet/__init__.py", "import models.slate", "a slate: slates"),
    ("broadsheet/sample/__init__.py", "import features.domain", "the synthetic sample"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True, no_logo=True))"
    return subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False)


def test_every_import_contract_is_kept(root: Path) -> None:
    linted = lint(root)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.fixture(scope="module")
def spoilt(root: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says of a copy of the packages with every forbidden import added."""
    folder = tmp_path_factory.mktemp("spoilt")
    for name in ("broadsheet", "features", "models", "serving", "training"):
        shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "pyproject.toml", folder)
    for module, line, _ in BITES:
        path = folder / module
        path.write_text(f"{path.read_text()}\n{line}\n")
    return lint(folder).stdout


@pytest.mark.parametrize(("module", "line", "contract"), BITES)
def test_an_import_against_the_arrows_breaks_its_contract(spoilt: str, module: str, line: str, contract: str) -> None:
    assert re.search(rf"^.*{re.escape(contract)}.* BROKEN", spoilt, re.MULTILINE), spoilt
    importer = module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    assert f"{importer} -> {line.removeprefix('import ')}" in spoilt


@pytest.mark.parametrize("module", ["domain.py", "slate_request.py"])
def test_the_domain_imports_the_standard_library_and_our_errors_only(
    product: dict[Path, ast.Module], module: str
) -> None:
    domain = next(tree for path, tree in product.items() if path.parts[-2:] == ("features", module))
    outside = {name for name in imported(domain) if name.split(".")[0] not in sys.stdlib_module_names}
    assert outside <= {"features.errors"}


def test_the_product_imports_neither_benchmarks_nor_tests(product: dict[Path, ast.Module]) -> None:
    guilty = {
        f"{path}: {name}"
        for path, tree in product.items()
        for name in imported(tree)
        if name.split(".")[0] == "tests" or (name.split(".")[0] == "benchmarks" and "benchmarks" not in path.parts)
    }
    assert not guilty


def test_no_import_is_relative(everything: dict[Path, ast.Module]) -> None:
    guilty = [
        f"{path}:{node.lineno}"
        for path, tree in everything.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not guilty


def test_the_architecture_is_stated_in_contracts(pyproject: dict[str, Any]) -> None:
    names = " / ".join(contract["name"] for contract in pyproject["tool"]["importlinter"]["contracts"])
    assert all(contract in names for _, _, contract in BITES)


def imported(tree: ast.Module) -> set[str]:
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
