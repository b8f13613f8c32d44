"""A suite's result as plain text: methods by metrics, then the product against the best baseline of each metric.

A product without one of its ingredients is compared with the whole product.
"""

from collections.abc import Iterator, Sequence

from benchmarks.options import PRODUCT
from benchmarks.result import Row, SuiteResult

_ACROSS = 7  # metrics beside each other in one table


def lines_of(result: SuiteResult) -> Iterator[str]:
    """The lines to print; the best baseline of a metric is starred, its interval is of the paired difference."""
    yield f"{result.suite}: seed {result.seed}, {result.n_users} users (* best baseline)"
    keys = result.keys
    for start in range(0, len(keys), _ACROSS):
        yield ""
        yield from _values(result, keys[start : start + _ACROSS])
    for row in result.rows:
        if not row.baseline:
            yield ""
            yield from _versus(result, row)
    if result.notes:
        yield ""
        yield from result.notes
    if result.seconds:
        yield ""
        yield "seconds: " + ", ".join(f"{stage} {taken:.1f}" for stage, taken in result.seconds.items())


def _values(result: SuiteResult, keys: Sequence[str]) -> Iterator[str]:
    rows = sorted(result.rows, key=lambda row: row.method != PRODUCT)
    cells = [[row.method, *(_value(result, row, key) for key in keys)] for row in rows]
    yield from _aligned([["method", *keys], *cells])


def _value(result: SuiteResult, row: Row, key: str) -> str:
    if key not in row.estimates:
        return ""
    best = result.best_baseline(key)
    return f"{row.estimates[key].value:.4f}{'*' if best is row else ' '}"


def _versus(result: SuiteResult, row: Row) -> Iterator[str]:
    product = next((each for each in result.rows if each.method == PRODUCT), row)
    other = "best baseline" if row is product else "the whole"
    cells = [[f"{row.method} less", other, "its value", "difference", "95 % interval", "relative", ""]]
    for key in row.estimates:
        best = result.best_baseline(key) if row is product else product
        found = None if best is None else result.versus(row, best, key)
        if found is None or best is None:
            continue
        value, at = best.estimates[key].value, found.interval
        relative = f"{at.mean / value:+.1%}" if value else ""
        verdict = "" if not at.excludes_zero else "excludes 0"
        bounds = f"[{at.low:+.4f}, {at.high:+.4f}]"
        cells.append([key, found.baseline, f"{value:.4f}", f"{at.mean:+.4f}", bounds, relative, verdict])
    yield from _aligned(cells, left=2)


def _aligned(cells: Sequence[Sequence[str]], left: int = 1) -> Iterator[str]:
    """Columns as wide as they need; the first ``left`` to the left, the others to the right."""
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    for row in cells:
        parts = [
            text.ljust(width) if column < left else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(parts).rstrip()
