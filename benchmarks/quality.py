"""How well the product ranks, on real data, beside every baseline.

    python benchmarks/quality.py --suite NAME --data DIR --seed N [--answers FILE] [--users N]
        [--population authors|readers] [--started-with N] [--made-of reviews|cross-listings] [--methods a,b]
        [--ablate EVIDENCE,…] [--jobs N] [--json FILE]

A seed changes every random split and sample. What a suite is, is written in its module. A suite whose files are not in
DIR is skipped, by name, with exit status 3.
"""

import argparse
import importlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script's own folder is on the path, its parent is not

from benchmarks.options import MissingData, Options
from benchmarks.result import SuiteResult
from benchmarks.table import lines_of
from features.errors import BroadsheetError

SUITES = (
    "citeulike_t",
    "citeulike_a",
    "replay",
    "screening",
    "topics",
    "trending",
    "cold_start",
    "questions",
    "interests",
    "sentences",
)
SKIPPED = 3


def run(suite: str, options: Options) -> SuiteResult:
    """A suite by name; its module is imported now, since each needs other libraries."""
    found: SuiteResult = importlib.import_module(f"benchmarks.suites.{suite}").run(options)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, call, print."""
    asked = _parsed(arguments)
    options = Options(
        data=asked.data,
        seed=asked.seed,
        answers=asked.answers,
        n_users=asked.users,
        population=asked.population,
        started_with=asked.started_with,
        made_of=asked.made_of,
        jobs=asked.jobs,
        methods=tuple(filter(None, asked.methods.split(","))),
        ablate=tuple(filter(None, asked.ablate.split(","))),
    )
    try:
        result = run(asked.suite, options)
    except MissingData as missing:
        print(f"{asked.suite} skipped: {missing}", file=sys.stderr)
        return SKIPPED
    except BroadsheetError as error:
        print(f"{asked.suite}: {error}", file=sys.stderr)
        return 1
    for line in lines_of(result):
        print(line)
    if asked.json:
        asked.json.write_text(json.dumps(result.as_json(), indent=1) + "\n", encoding="utf-8")
    return 0


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = [name.replace("_", "-") for name in SUITES]
    parser.add_argument(
        "--suite", type=lambda name: name.replace("-", "_"), choices=SUITES, required=True, help=", ".join(known)
    )
    data = os.environ.get("BROADSHEET_DATA")
    parser.add_argument("--data", type=Path, default=data, required=data is None, help="or BROADSHEET_DATA")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--answers", type=Path, help="citeulike_a: rows as in cold_train.csv, of cold papers")
    parser.add_argument("--users", type=_count, help="how many users are reported, drawn by the seed; all if not given")
    parser.add_argument("--population", choices=("authors", "readers"), default="authors", help="of the replay")
    parser.add_argument("--started-with", type=_count, help="replay: readers who began with so many picks, no more")
    parser.add_argument("--made-of", choices=("reviews", "cross-listings"), default="reviews", help="of screenings")
    parser.add_argument("--methods", default="", help="rows wanted, by commas; all if not given")
    parser.add_argument("--ablate", default="", help="kinds of evidence, by commas, each left out of one more row")
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
