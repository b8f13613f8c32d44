"""What is under version control names no package index, no machine and no data of others."""

from pathlib import Path

# Written in two halves, so that this file does not find itself.
HOSTS = ("pypi" + ".org", "python" + "hosted.org", "--index" + "-url=", "--extra-index" + "-url", "--find" + "-links=")
PATHS = ("/ro" + "ot/", "/ho" + "me/", "/Use" + "rs/", "/op" + "t/", "/wo" + "rk/")
BINARY = {".png", ".npy", ".onnx", ".gz", ".db"}


def lines_with(files: list[Path], words: tuple[str, ...]) -> list[str]:
    texts = [path for path in files if path.suffix not in BINARY]
    return [
        f"{path}:{number}"
        for path in texts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if any(word in line for word in words)
    ]


def test_no_file_names_a_package_index(tracked: list[Path]) -> None:
    assert lines_with(tracked, HOSTS) == []


def test_no_file_holds_a_path_of_one_machine(tracked: list[Path]) -> None:
    assert lines_with(tracked, PATHS) == []


def test_no_file_is_large(tracked: list[Path]) -> None:
    assert [path for path in tracked if path.stat().st_size > 700_000] == []


def test_every_requirement_is_pinned_with_its_hashes(root: Path) -> None:
    for name in ("bootstrap", "runtime", "dev"):
        text = (root / "requirements" / f"{name}.txt").read_text()
        blocks = [block for block in text.replace("\\\n", " ").splitlines() if block and block[0] not in " #"]
        assert blocks
        assert [block for block in blocks if "==" not in block or "--hash=sha256:" not in block] == []


def test_folders_that_a_run_fills_are_ignored(root: Path) -> None:
    ignored = (root / ".gitignore").read_text().splitlines()
    assert {"/data/", "/demo/", "mlruns/*", "!mlruns/README.md", ".venv*/"} <= set(ignored)
