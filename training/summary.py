"""From the replay's table to figures: over all, per day, per user, by number of labels, and against baselines."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from training.bootstrap import Interval, clustered_interval
from training.calibrate import LABEL_BUCKETS, in_bucket
from training.periods import CHAMPION, PRODUCT
from training.replay import METRICS


def counted(table: pd.DataFrame, min_labels: int) -> pd.DataFrame:
    """The user-days of users whose classifier had at least ``min_labels`` labels."""
    return table[table["n_labels"] >= min_labels]


def overall(table: pd.DataFrame, *, macro: bool) -> pd.DataFrame:
    """Methods × metrics: means over user-days, or with ``macro`` means over users of each user's mean."""
    if macro:
        table = table.groupby(["method", "user_key"], as_index=False)[list(METRICS)].mean()
    return table.groupby("method")[list(METRICS)].mean()


def daily(table: pd.DataFrame, method: str) -> dict[int, dict[str, float]]:
    """Per replayed day (days since 1970) the means over users, as steps of ``daily/…`` metrics."""
    found = {}
    for day, rows in table[table["method"] == method].groupby("day"):
        values = {f"daily/{name}": float(rows[name].mean()) for name in METRICS}
        found[_step(day)] = values | {"daily/n_users": float(len(rows))}
    return found


def _step(day: object) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))  # type: ignore[call-overload]  # pandas calls it Hashable


def per_user(table: pd.DataFrame, method: str) -> pd.DataFrame:
    """One row a user key: number of days, labels at the last of them, mean metrics."""
    rows = table[table["method"] == method].groupby("user_key")
    result = rows[list(METRICS)].mean()
    result.insert(0, "n_days", rows.size())
    result.insert(1, "n_labels", rows["n_labels"].max())
    return result.reset_index()


def by_labels(table: pd.DataFrame, metric: str = "ndcg_at_10") -> pd.DataFrame:
    """Methods × buckets of labels: mean over user-days, and a row ``n`` of how many user-days."""
    n_labels = table["n_labels"].to_numpy()
    columns = {}
    for bucket in LABEL_BUCKETS:
        rows = table[in_bucket(n_labels, bucket)]
        columns[bucket] = rows.groupby("method")[metric].mean()
        columns[bucket]["n"] = float((rows["method"] == PRODUCT).sum())
    return pd.DataFrame(columns)


def best_baseline(means: pd.DataFrame, metric: str) -> str | None:
    """The baseline with the largest mean, ties by name."""
    values = means.drop(index=[name for name in (PRODUCT, CHAMPION) if name in means.index])[metric].dropna()
    return min(values.index, key=lambda name: (-values[name], name)) if len(values) else None


def difference(table: pd.DataFrame, methods: tuple[str, str], metric: str, *, seed: int, macro: bool) -> Interval:
    """The first method less the second on the same user-days, users resampled as clusters."""
    wide = table.pivot_table(index=["day", "user_key"], columns="method", values=metric)
    users = wide.index.get_level_values("user_key")
    gain = (wide[methods[0]] - wide[methods[1]]).to_numpy()
    return clustered_interval(gain, pd.factorize(users)[0], seed=seed, macro=macro)


def versus(table: pd.DataFrame, metric: str, *, seed: int, macro: bool) -> Mapping[str, Interval]:
    """The product less every other method."""
    others = sorted(set(table["method"]) - {PRODUCT})
    return {name: difference(table, (PRODUCT, name), metric, seed=seed, macro=macro) for name in others}
