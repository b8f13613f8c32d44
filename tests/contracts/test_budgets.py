"""Size budgets and forbidden words: what ruff is told to hold, and what ruff cannot see."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

MAX_LINES = 300
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
FORBIDDEN_IMPORTS = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "skops"}
SILENCER = re.compile(r"#\s*(?:noqa|type: ignore)(?:\[[\w, -]+\]|:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?(?P<reason>.*)$")
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "joblib.load", "joblib.dump", "pd.read_pickle", "os.system"}


def test_ruff_holds_the_budgets_of_functions(pyproject: dict[str, Any]) -> None:
    lint = pyproject["tool"]["ruff"]["lint"]
    assert lint["mccabe"]["max-complexity"] == 8
    assert lint["pylint"]["max-args"] == 6
    assert lint["pylint"]["max-statements"] == 30
    assert {"C90", "PL", "TID", "S"} <= set(lint["select"])
    assert not {rule for rule in lint["ignore"] if rule.startswith(("C90", "PLR09", "S3", "TID"))}


def test_no_folder_of_the_product_is_let_off_the_budgets(pyproject: dict[str, Any]) -> None:
    let_off = pyproject["tool"]["ruff"]["lint"]["per-file-ignores"]
    budgets = {"C901", "PLR0911", "PLR0912", "PLR0913", "PLR0915"}
    assert {folder for folder, rules in let_off.items() if budgets & set(rules)} <= {"tests/**"}


def test_mypy_is_strict_on_every_package(pyproject: dict[str, Any]) -> None:
    mypy = pyproject["tool"]["mypy"]
    assert mypy["strict"] is True
    assert mypy["packages"] == ["broadsheet", "features", "models", "serving", "training"]


def test_warnings_are_errors_in_tests(pyproject: dict[str, Any]) -> None:
    assert pyproject["tool"]["pytest"]["ini_options"]["filterwarnings"][0] == "error"


def test_no_module_is_longer_than_its_budget(everything: dict[Path, ast.Module]) -> None:
    lines = {str(path): len(path.read_text().splitlines()) for path in everything}
    assert {path: n for path, n in lines.items() if n > MAX_LINES} == {}


def test_no_module_has_a_name_that_says_nothing(everything: dict[Path, ast.Module]) -> None:
    assert [path for path in everything if FORBIDDEN_NAMES & {*path.parent.parts, path.stem}] == []


def test_no_package_marker_stands_below_tests(root: Path) -> None:
    assert list((root / "tests").rglob("__init__.py")) == []


def test_nothing_that_could_run_code_from_data_is_used(product: dict[Path, ast.Module]) -> None:
    guilty = [f"{path}:{line} {what}" for path, tree in product.items() for line, what in dangerous(tree)]
    assert guilty == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from joblib import load",
        "joblib.load('x')",
        "eval('1')",
        "np.load('x', allow_pickle=True)",
        "from cloudpickle import dumps",
    ],
)
def test_the_search_for_dangerous_code_finds_it(line: str) -> None:
    assert dangerous(ast.parse(line))


def test_a_silenced_rule_says_why_beside_it_or_in_the_line_above(everything: dict[Path, ast.Module]) -> None:
    assert [place for path in everything for place in silenced_without_reason(path)] == []


def silenced_without_reason(path: Path) -> list[str]:
    lines = ["", *path.read_text().splitlines()]
    found = [(number, SILENCER.search(line)) for number, line in enumerate(lines)]
    return [
        f"{path}:{number}"
        for number, match in found
        if match and len(match["reason"].strip(" #-:–")) < 8 and not lines[number - 1].strip().startswith("#")
    ]


def dangerous(tree: ast.Module) -> list[tuple[int, str]]:
    return [
        (node.lineno, what)
        for node in ast.walk(tree)
        for what in _words(node)
        if what.split(".")[0] in FORBIDDEN_IMPORTS or what in FORBIDDEN_CALLS or what == "allow_pickle=True"
    ]


def _words(node: ast.AST) -> list[str]:
    """What a node imports, calls or allows, as dotted words."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    if isinstance(node, ast.Call):
        allowed = [f"{word.arg}={ast.unparse(word.value)}" for word in node.keywords]
        return [ast.unparse(node.func), *allowed]
    return []
