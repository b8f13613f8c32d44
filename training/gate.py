"""Whether a challenger may become champion: both fitted on the same cut, compared on days neither has seen.

For every criterion the relative loss of the challenger, ``1 − challenger / champion`` for nDCG and ``challenger /
champion − 1`` for Brier scores and seconds, is estimated with one-sided 95 % bounds: whole users are drawn 2,000 times,
for both models alike. Users count once each, whatever their number of days. Then, with the criterion's margin,

- ``high ≤ margin``: the challenger is shown not to be worse (a test of non-inferiority);
- ``low > 0`` and ``loss > margin``: it is worse; more than chance, and by more than we put up with;
- else the days do not tell, and the challenger gets the benefit of the doubt, as long as there is evidence at all.

To refuse whatever is not *shown* to be not worse would refuse most equal models: with a few hundred users the bound
alone reaches 2 %. To refuse by the estimate alone would refuse equal models by luck. The first criterion, nDCG over
all, refuses an equal model in at most 5 cases of 100. Four such chances would be too many, so that the three others
refuse by their one-sided 99 % bound: at most 8 of 100 in all, far fewer where the noise is small beside the margins.

Too few users, or an interval of nDCG wider than the settings allow, is insufficient evidence: the champion stays. A
group with too few users (of those with few labels, say) is not judged, and says so in the record.

A win is claimed only where the one-sided 99 % interval of the loss in nDCG excludes 0: users are not the only chance
there is (a seed and the days' papers are shared by all of them), and nothing is lost by claiming less.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import InvalidValue
from features.settings import GateSettings
from training.losses import Loss, mean_loss, quantile_loss
from training.periods import CHAMPION, PRODUCT
from training.summary import counted

METRIC = "ndcg_at_10"
SECONDS = "seconds"
LATENCY_QUANTILE = 0.95
LEAST_RANKINGS = 500
"""Timed rankings of each model below which one pause of the machine decides the quantile, so latency is not judged."""


class Outcome(StrEnum):
    """What came of it; the champion stays after ``worse`` and ``insufficient evidence``."""

    WIN = "win"
    NOT_WORSE = "not worse"
    WORSE = "worse"
    INSUFFICIENT = "insufficient evidence"
    FIRST = "first champion"
    BROKEN = "broken champion"
    FORCED = "forced"


class Verdict(StrEnum):
    """What one criterion says."""

    SHOWN_NOT_WORSE = "shown not worse"
    NOT_SHOWN_WORSE = "not shown worse"
    WORSE = "worse"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class Forecasts:
    """A model's probabilities on the compared days, a row a ranked paper: all (n,); a NaN counts as wholly wrong."""

    users: NDArray[np.str_]
    probabilities: NDArray[np.float64]
    chosen: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Evidence:
    """``table`` is the replay's, with a column ``seconds`` or without; ``forecasts`` are by method, where known."""

    table: pd.DataFrame
    forecasts: Mapping[str, Forecasts]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One comparison: values of both, the relative loss with its one-sided 95 % bounds, and what follows."""

    name: str
    loss: Loss
    margin: float
    verdict: Verdict

    def document(self) -> dict[str, object]:
        """As JSON takes it: None for what was not measured."""
        values = {name: value if np.isfinite(value) else None for name, value in asdict(self.loss).items()}
        return {"name": self.name, **values, "margin": self.margin, "verdict": self.verdict.value}


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate says; ``drift`` lists what has drifted (which needs force), ``force`` is why it was forced."""

    outcome: Outcome
    reason: str
    champion: str | None = None
    criteria: tuple[Criterion, ...] = ()
    drift: tuple[str, ...] = ()
    force: str | None = None
    without_force: Outcome | None = None

    @property
    def passed(self) -> bool:
        """Whether the version may be promoted."""
        stays = self.outcome in (Outcome.WORSE, Outcome.INSUFFICIENT)
        return self.outcome is Outcome.FORCED or not (stays or self.drift)

    def with_drift(self, fired: tuple[str, ...]) -> "Decision":
        """The same on a stream that has drifted, if anything fired."""
        return replace(self, drift=fired, reason=f"{self.reason}; drift: {', '.join(fired)}") if fired else self

    def forced(self, reason: str) -> "Decision":
        """Passed by a person's word, which is kept; only kept where the gate has passed by itself."""
        if self.passed:
            return replace(self, force=reason)
        words = f"forced ({reason}) against: {self.reason}"
        return replace(self, outcome=Outcome.FORCED, reason=words, force=reason, without_force=self.outcome)

    def document(self) -> dict[str, object]:
        """As ``promotion.json`` of the run."""
        plain = {name: getattr(self, name) for name in ("reason", "champion", "drift", "force", "without_force")}
        criteria = [criterion.document() for criterion in self.criteria]
        return plain | {"outcome": self.outcome.value, "passed": self.passed, "criteria": criteria}


def force_reason(value: str | None, *, promote: bool) -> None:
    """Raise InvalidValue for a reason that says nothing, and for one where nothing is to be promoted."""
    if value is not None and not value.strip():
        raise InvalidValue("force", value, "say why, as in --force 'the old champion recommends withdrawn papers'")
    if value is not None and not promote:
        raise InvalidValue("force", value, "it goes with --promote")


def first_or_broken(champion: str | None, refused: str | None) -> Decision | None:
    """The decision where there is no champion, or it does not load (``refused`` says why); None if it stands."""
    if champion is None:
        return Decision(Outcome.FIRST, "the first champion")
    if refused is not None:
        return Decision(Outcome.BROKEN, f"champion {champion} does not load: {refused}", champion)
    return None


def decide(evidence: Evidence, champion: str, settings: GateSettings, *, min_labels: int, seed: int) -> Decision:
    """Compare the product's rows with the champion's; ``champion`` is its version.

    ``min_labels`` earlier labels make a user count overall; those with fewer than ``settings.few_labels`` are a
    group of their own.
    """
    criteria = _criteria(evidence, settings, min_labels, seed)
    overall = criteria[0]
    loss = overall.loss
    if loss.n_users < settings.min_users:
        reason = f"{loss.n_users} users could be compared with champion {champion}, {settings.min_users} are needed"
        return Decision(Outcome.INSUFFICIENT, reason, champion, criteria)
    said = f"nDCG@10 {loss.challenger:.4f} to champion {champion}'s {loss.champion:.4f}"
    worse = [_said(criterion) for criterion in criteria if criterion.verdict is Verdict.WORSE]
    if worse:
        return Decision(
            Outcome.WORSE, f"worse than champion {champion}: {', '.join(worse)}; {said}", champion, criteria
        )
    if overall.verdict is not Verdict.SHOWN_NOT_WORSE and loss.high - loss.loss > settings.max_uncertainty:
        reason = f"{said}, but {loss.n_users} users leave it uncertain by {loss.high - loss.loss:.0%}"
        return Decision(Outcome.INSUFFICIENT, reason, champion, criteria)
    if loss.high_99 < 0:
        return Decision(Outcome.WIN, f"better than champion {champion}: {said}", champion, criteria)
    return Decision(Outcome.NOT_WORSE, f"not worse than champion {champion}: {said}", champion, criteria)


def _criteria(evidence: Evidence, settings: GateSettings, min_labels: int, seed: int) -> tuple[Criterion, ...]:
    """All of them, nDCG@10 overall first."""
    pairs = _paired(evidence.table)
    enough, few = counted(pairs, min_labels), pairs[pairs["n_labels"] < settings.few_labels]
    losses = {
        "ndcg_at_10": (_ndcg_loss(enough, seed), settings.ndcg_margin),
        f"ndcg_at_10, fewer than {settings.few_labels} labels": (_ndcg_loss(few, seed), settings.few_labels_margin),
        "brier": (_brier_loss(evidence.forecasts, seed), settings.brier_margin),
        "p95 seconds": (_latency_loss(pairs, seed), settings.latency_margin),
    }
    return tuple(
        Criterion(name, loss, margin, _verdict(loss, margin, loss.low_99 if place else loss.low, settings.min_users))
        for place, (name, (loss, margin)) in enumerate(losses.items())
    )


def _verdict(loss: Loss, margin: float, least: float, min_users: int) -> Verdict:
    """``least`` is the bound from below that has to be above 0 for a refusal."""
    if loss.n_users < min_users or not np.isfinite(loss.loss):
        return Verdict.NOT_JUDGED
    if loss.high <= margin:
        return Verdict.SHOWN_NOT_WORSE
    return Verdict.WORSE if least > 0 and loss.loss > margin else Verdict.NOT_SHOWN_WORSE


def _said(criterion: Criterion) -> str:
    loss = criterion.loss
    return f"{criterion.name} by {loss.loss:.1%} (at least {loss.low:.1%}, {criterion.margin:.0%} would pass)"


def _paired(table: pd.DataFrame) -> pd.DataFrame:
    """A row a user-day both were ranked on: user_key, n_labels, ndcg_at_10_… and seconds_… of either."""
    columns = ["day", "user_key", "n_labels", METRIC] + [SECONDS] * (SECONDS in table)
    sides = (table.loc[table["method"] == method, columns] for method in (PRODUCT, CHAMPION))
    product, champion = sides
    return product.merge(champion.drop(columns="n_labels"), on=["day", "user_key"], suffixes=("_new", "_old"))


def _ndcg_loss(pairs: pd.DataFrame, seed: int) -> Loss:
    kept = pairs[[f"{METRIC}_new", f"{METRIC}_old"]].notna().all(axis=1)
    means = pairs[kept].groupby("user_key")[[f"{METRIC}_old", f"{METRIC}_new"]].mean().to_numpy()
    return mean_loss(means[:, 0], means[:, 1], seed=seed, more_is_better=True)


def _brier_loss(forecasts: Mapping[str, Forecasts], seed: int) -> Loss:
    if CHAMPION not in forecasts or PRODUCT not in forecasts:
        return mean_loss(np.zeros(0), np.zeros(0), seed=seed, more_is_better=False)
    both = pd.concat([_brier_by_user(forecasts[name]) for name in (CHAMPION, PRODUCT)], axis=1, join="inner")
    return mean_loss(both.iloc[:, 0].to_numpy(), both.iloc[:, 1].to_numpy(), seed=seed, more_is_better=False)


def _brier_by_user(forecasts: Forecasts) -> "pd.Series[float]":
    errors = np.nan_to_num((forecasts.probabilities - forecasts.chosen) ** 2, nan=1.0)
    return pd.Series(errors).groupby(forecasts.users).mean()


def _latency_loss(pairs: pd.DataFrame, seed: int) -> Loss:
    columns = [f"{SECONDS}_old", f"{SECONDS}_new"]
    rows = pairs[["user_key", *columns]].dropna() if columns[0] in pairs else pairs[["user_key"]].head(0)
    rows = rows if len(rows) >= LEAST_RANKINGS else rows.head(0)
    users = pd.factorize(rows["user_key"])[0].astype(np.int64)
    old, new = (rows[name].to_numpy(dtype=np.float64) if name in rows else np.zeros(0) for name in columns)
    return quantile_loss(old, new, users, LATENCY_QUANTILE, seed=seed)
