"""How fast the product is, each figure beside its peer's or the machine's own in the same run.

    python benchmarks/speed.py --suite NAME|all [--data DIR] [--seed N] [--users N] [--rounds N] [--jobs N]
        [--json FILE]

What a suite is, is written in its module under ``benchmarks/speeds``. A suite whose data are not there is skipped by
name. Large installations are made once and kept in the folder that BROADSHEET_BENCHMARK_CACHE names. Times are medians
of rounds in which both sides of a ratio take turns; no absolute time of a shared machine means much.
"""

import argparse
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script's own folder is on the path, its parent is not

from benchmarks.options import MissingData
from benchmarks.product import cache_folder
from benchmarks.speeds.rows import Row, SpeedOptions
from features.errors import BroadsheetError
from models.shards import Shards

SUITES = (
    "fit",
    "encode",
    "day",
    "score_day",
    "rank",
    "serve",
    "click",
    "replicas",
    "start",
    "retrain",
    "ingest",
    "scale",
    "workers",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, call, print; 1 where a suite failed."""
    asked = _parsed(arguments)
    suites = SUITES if asked.suite == "all" else (asked.suite,)
    results, failed = [], False
    with tempfile.TemporaryDirectory(prefix="broadsheet-speed-") as scratch:
        for suite in suites:
            folder = Path(scratch) / suite
            folder.mkdir()
            kept = cache_folder() or Path(scratch) / "kept"
            options = SpeedOptions(folder, kept, asked.data, asked.seed, asked.users, asked.rounds, asked.jobs)
            try:
                rows = run(suite, options) if len(suites) == 1 else _run_apart(suite, options)
            except MissingData as missing:
                print(f"{suite} skipped: {missing}", file=sys.stderr)
                continue
            except (BroadsheetError, RuntimeError) as error:
                print(f"{suite}: {error}", file=sys.stderr)
                failed = True
                continue
            results.append({"suite": suite, "rows": [row.as_json() for row in rows]})
            for line in lines_of(suite, rows):
                print(line, flush=True)
    if asked.json:
        document = results[0] if asked.suite != "all" and results else {"suite": "all", "suites": results}
        asked.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return int(failed)


def run(suite: str, options: SpeedOptions) -> list[Row]:
    """A suite by name; its module is imported now, since each needs other libraries."""
    found: list[Row] = importlib.import_module(f"benchmarks.speeds.{suite}").run(options)
    return found


def _run_apart(suite: str, options: SpeedOptions) -> list[Row]:
    """The same in a process of its own, so that none inherits the memory and the threads of those before it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_run_plainly, suite, options).result()


def _run_plainly(suite: str, options: SpeedOptions) -> list[Row]:
    """With errors that another process can read."""
    try:
        return run(suite, options)
    except BroadsheetError as error:
        raise RuntimeError(str(error)) from None
    finally:
        Shards(options.jobs).close()  # which a process started by another waits for, for minutes


def lines_of(suite: str, rows: Sequence[Row]) -> Iterator[str]:
    """The table of a suite."""
    cells = [("", "value", "unit", "beside", "its value", "ratio", "must be")]
    for row in rows:
        ratio, beside = row.ratio, row.baseline_value
        cells.append(
            (
                row.name,
                _number(row.value),
                row.unit,
                row.baseline or "",
                "" if beside is None else _number(beside),
                "" if ratio is None else _number(ratio),
                row.must,
            )
        )
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    yield f"\n{suite}"
    for line in cells:
        padded = [
            text.rjust(width) if place in (1, 4, 5) else text.ljust(width)
            for place, (text, width) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  ".join(padded).rstrip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", type=lambda name: name.replace("-", "_"), choices=(*SUITES, "all"), required=True)
    data = os.environ.get("BROADSHEET_DATA")
    parser.add_argument("--data", type=Path, default=data, help="folder of real data; or BROADSHEET_DATA")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--users", type=_count, default=100_000, help="readers of a large installation")
    parser.add_argument("--rounds", type=_count, default=5, help="turns that the two sides of a ratio take")
    parser.add_argument("--jobs", type=_count, default=min(2, os.cpu_count() or 1), help="processes")
    parser.add_argument("--json", type=Path, help="write the result here too")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not a count: at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
