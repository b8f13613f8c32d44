"""Whether a challenger may become champion: not worse on the same replay days."""

from dataclasses import asdict, dataclass

import pandas as pd

from training.bootstrap import Interval
from training.periods import CHAMPION, PRODUCT
from training.summary import counted, difference, overall

METRIC = "ndcg_at_10"


@dataclass(frozen=True, slots=True)
class Decision:
    """``passed`` says that the challenger is not worse; ``gain`` is challenger less champion, None if not compared."""

    passed: bool
    reason: str
    champion: str | None = None
    gain: Interval | None = None

    def document(self) -> dict[str, object]:
        """As an artifact of the run."""
        return asdict(self) | {"metric": METRIC}


@dataclass(frozen=True, slots=True)
class Gate:
    """How the comparison is made: ``tolerance`` is the relative loss that still passes."""

    tolerance: float
    min_labels: int
    seed: int


def decide(table: pd.DataFrame, champion: str | None, refused: str | None, gate: Gate) -> Decision:
    """Compare the product's rows with the champion's.

    ``champion`` is the version that is champion now, ``refused`` why it could not be loaded, if it could not.
    Passes without a champion, where its files are broken, and where nobody could be replayed.
    """
    if champion is None:
        return Decision(True, "the first champion")
    if refused is not None:
        return Decision(True, f"champion {champion} does not load: {refused}", champion)
    rows = counted(table, gate.min_labels)
    means = overall(rows, macro=True)[METRIC]
    if CHAMPION not in means or PRODUCT not in means:
        return Decision(True, f"there was nobody to compare with champion {champion} on", champion)
    gain = difference(rows, (PRODUCT, CHAMPION), METRIC, seed=gate.seed, macro=True)
    least = (1 - gate.tolerance) * means[CHAMPION]
    passed = bool(means[PRODUCT] >= least)
    word = "not worse than" if passed else "worse than"
    reason = f"nDCG@10 {means[PRODUCT]:.4f} is {word} champion {champion}'s {means[CHAMPION]:.4f}"
    return Decision(passed, f"{reason} (tolerance {gate.tolerance:.0%})", champion, gain)
