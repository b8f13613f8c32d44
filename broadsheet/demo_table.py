"""An answer of the API as a table for a person."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

N_REASONS = 2


def slate_title(body: Mapping[str, Any], origin: str) -> str:
    """Whose papers of which day these are, and by which scorer; ``origin`` says what kind of papers they are."""
    return f"{body['user_id']}, {body['day']} ({origin}; {body['feed']['n_papers']} papers, by {body['scorer']})"


def slate_table(body: Mapping[str, Any]) -> Table:
    """The papers of a recommendations answer, each with its first reasons."""
    table = Table(box=None, pad_edge=False)
    table.add_column("", justify="right")
    table.add_column("chance", justify="right")
    table.add_column("paper", max_width=66)
    table.add_column("because", max_width=80)
    for item in body["items"]:
        probability = item["probability"]
        chance = "" if probability is None else f"{probability:.0%}"
        reasons = "; ".join(reason["text"] for reason in item["reasons"][:N_REASONS])
        # Text, not markup: a title may hold square brackets.
        table.add_row(str(item["position"]), chance, Text(item["paper"]["title"]), Text(reasons))
    return table
