"""Which loss the relevance classifiers should have: squared, logistic or hinge, on citeulike-t's cold papers.

    python benchmarks/loss.py --data DIR [--seed 42] [--users 300] [--json FILE]
    python benchmarks/loss.py --data DIR --tune --seed 1

Every method ranks the same cold papers for the same users from the same vectors (LSA-256 of sublinear unigram tf-idf,
fitted on warm papers), with the same 5,000 warm papers as weak negatives; a user's saves weigh 1 together. Users have
at least 5 warm and 1 cold saves. Each loss has the settings that were best for it under ``--tune`` with seeds 1, 2 and
3: other splits, and only users who are never reported (a fifth, by user number).
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from features.settings import RelevanceSettings
from models.hard_negatives import HardNegatives, solve
from models.ridge import SharedGram, UserRows

N_PAPERS, N_COLD, N_BACKGROUND = 25975, 5195, 5000
DEFAULTS = RelevanceSettings()
PLAIN = (DEFAULTS.regularization, DEFAULTS.background_weight)
TUNED: dict[str, tuple[float, ...]] = {
    "squared": (*PLAIN, 50, 1.0),  # without the population prior, which wants more of them
    "squared, no hard negatives": (0.1, 10.0, 0, 1.0),
    "logistic": (100.0, 100.0),
    "squared hinge": (10.0, 100.0),
}
WEIGHTS = (10.0, 30.0, 100.0)
GRIDS: dict[str, list[tuple[float, ...]]] = {
    "squared": [
        (penalty, weight, size, hard)
        for penalty in (0.1, 0.2, 0.3, 0.5, 1.0)
        for weight in (10.0, 20.0)
        for size, hard in ((0, 1.0), (50, 0.5), (50, 1.0), (100, 1.0), (200, 1.5))
    ],
    "logistic": [(C, weight) for C in (10.0, 30.0, 100.0, 300.0, 1000.0) for weight in WEIGHTS],
    "squared hinge": [(C, weight) for C in (0.1, 1.0, 10.0) for weight in WEIGHTS],
}
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """``vectors`` (papers, d); ``saves`` per user, of warm papers; ``relevant`` bool (users, cold papers)."""

    vectors: NDArray[np.float32]
    cold: NDArray[np.intp]
    background: NDArray[np.intp]
    saves: list[NDArray[np.intp]]
    relevant: NDArray[np.bool_]


def read(data: Path) -> tuple[sparse.csr_array, list[NDArray[np.intp]]]:
    """Word counts (papers, words) and each user's saved papers."""
    starts, words, counts = [0], [], []
    for line in (data / "citeulike_t" / "mult.dat").open():
        for pair in line.split()[1:]:
            word, count = pair.split(":")
            words.append(int(word))
            counts.append(float(count))
        starts.append(len(words))
    lines = (data / "citeulike_t" / "users.dat").open()
    users = [np.array(sorted(set(map(int, line.split()[1:]))), dtype=np.intp) for line in lines]
    return sparse.csr_array((counts, words, starts)), users


def encode(counts: sparse.csr_array, warm: NDArray[np.bool_]) -> NDArray[np.float32]:
    """LSA-256 of sublinear tf-idf, fitted on warm papers; rows of length one."""
    counts = counts.copy()
    counts.data = 1.0 + np.log(counts.data)
    frequency = np.bincount(counts[warm].indices, minlength=counts.shape[1])
    counts = counts[:, np.flatnonzero((frequency >= 5) & (frequency <= 0.1 * warm.sum()))]
    weights = TfidfTransformer().fit(counts[warm]).transform(counts)
    vectors = TruncatedSVD(256, random_state=0).fit(weights[warm]).transform(weights)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def problem(data: Path, seed: int, n_users: int, tuning: bool) -> Problem:
    """The split and sample of a seed; tuning and reporting never share a user."""
    counts, users = read(data)
    cold = np.sort(np.random.default_rng(seed).choice(N_PAPERS, N_COLD, replace=False))
    warm = np.ones(N_PAPERS, dtype=bool)
    warm[cold] = False
    usable = [
        user
        for user, saved in enumerate(users)
        if (user % 5 == 0) == tuning and warm[saved].sum() >= 5 and (~warm[saved]).any()
    ]
    rng = np.random.default_rng([seed, 1])
    chosen = rng.choice(usable, min(n_users, len(usable)), replace=False)
    background = np.sort(rng.choice(np.flatnonzero(warm), N_BACKGROUND, replace=False))
    return Problem(
        encode(counts, warm),
        cold,
        background,
        [users[user][warm[users[user]]] for user in chosen],
        np.array([np.isin(cold, users[user]) for user in chosen]),
    )


def fit_squared(at: Problem, saves: list[NDArray[np.intp]], setting: tuple[float, ...]) -> tuple[Floats, Floats]:
    """All users in one batch, as the product fits them."""
    penalty, weight, size, hard = setting
    shared = SharedGram.from_background(at.vectors[at.background], weight, penalty)
    place = np.full(len(at.vectors), -1, dtype=np.intp)
    place[at.background] = np.arange(len(at.background))
    users = []
    for own in saves:
        weights, labelled = np.full(len(own), 1.0 / len(own)), place[own]
        taken_out = np.where(labelled >= 0, shared.row_weight, 0.0)
        users.append(UserRows(own, weights - taken_out, weights + taken_out, labelled=labelled[labelled >= 0]))
    return solve(shared, at.vectors, users, HardNegatives(int(size), hard) if size else None)


def fit_one_by_one(at: Problem, saves: list[NDArray[np.intp]], estimator: Any, weight: float) -> tuple[Floats, Floats]:
    """scikit-learn's estimator for each user."""
    coef, intercept = np.zeros((len(saves), at.vectors.shape[1])), np.zeros(len(saves))
    for row, own in enumerate(saves):
        rest = np.setdiff1d(at.background, own)
        X = at.vectors[np.concatenate([own, rest])].astype(np.float64)
        y = np.concatenate([np.ones(len(own)), -np.ones(len(rest))])
        weights = np.concatenate([np.full(len(own), 1.0 / len(own)), np.full(len(rest), weight / N_BACKGROUND)])
        estimator.fit(X, y, sample_weight=weights)
        coef[row], intercept[row] = estimator.coef_[0], estimator.intercept_[0]
    return coef, intercept


def fit(at: Problem, method: str, setting: tuple[float, ...]) -> tuple[Floats, Floats]:
    """Coefficients and intercepts of all users of the problem."""
    if method.startswith("squared") and len(setting) == 4:
        return fit_squared(at, at.saves, setting)
    strength, weight = setting
    if method == "logistic":
        return fit_one_by_one(at, at.saves, LogisticRegression(C=strength, max_iter=1000), weight)
    hinge = LinearSVC(C=strength, loss="squared_hinge", max_iter=10_000, random_state=0)
    return fit_one_by_one(at, at.saves, hinge, weight)


def metrics(at: Problem, coef: Floats, intercept: Floats) -> dict[str, Floats]:
    """Per user recall_at_20, recall_at_100 (hits / min(k, positives)) and ndcg_at_20; ties by paper number."""
    rows: dict[str, list[float]] = {"recall_at_20": [], "recall_at_100": [], "ndcg_at_20": []}
    gains = 1.0 / np.log2(np.arange(2, 22))
    cold = at.vectors[at.cold].astype(np.float64)
    for own, b, relevant in zip(coef, intercept, at.relevant, strict=True):
        hits = relevant[np.argsort(-np.round(cold @ own + b, 6), kind="stable")]
        n = int(relevant.sum())
        rows["recall_at_20"].append(hits[:20].sum() / min(20, n))
        rows["recall_at_100"].append(hits[:100].sum() / min(100, n))
        rows["ndcg_at_20"].append((hits[:20] * gains).sum() / gains[: min(20, n)].sum())
    return {name: np.array(values) for name, values in rows.items()}


def interval(differences: Floats, seed: int) -> tuple[float, float, float]:
    """Mean and paired 95 % bootstrap interval, 2,000 resamples of users."""
    draws = np.random.default_rng([seed, 2]).integers(0, len(differences), (2000, len(differences)))
    low, high = np.quantile(differences[draws].mean(axis=1), [0.025, 0.975])
    return float(differences.mean()), float(low), float(high)


def report(at: Problem, seed: int) -> dict[str, Any]:
    """Every loss with its tuned setting, and its difference to the squared loss."""
    results = {method: metrics(at, *fit(at, method, setting)) for method, setting in TUNED.items()}
    rows = []
    for method, values in results.items():
        against = {name: interval(values[name] - results["squared"][name], seed) for name in values}
        rows.append(
            {
                "method": method,
                "setting": TUNED[method],
                "metrics": {name: float(column.mean()) for name, column in values.items()},
                "vs_squared": {
                    name: dict(zip(("mean", "low", "high"), found, strict=True)) for name, found in against.items()
                },
            }
        )
    return {"suite": "loss", "seed": seed, "n_users": len(at.saves), "rows": rows, "speed": speed(at, seed)}


def speed(at: Problem, seed: int) -> dict[str, float]:
    """Users fitted in a second with 40 labels on average: one batch of 2,000, and LogisticRegression on 40 of them."""
    rng = np.random.default_rng([seed, 3])
    warm = np.setdiff1d(np.arange(len(at.vectors)), at.cold)
    saves = [np.sort(rng.choice(warm, max(1, rng.poisson(40)), replace=False)) for _ in range(2000)]
    batch = len(saves) / timed(lambda: fit_squared(at, saves, TUNED["squared"]))
    C, weight = TUNED["logistic"]
    few = saves[:40]
    peer = len(few) / timed(lambda: fit_one_by_one(at, few, LogisticRegression(C=C, max_iter=1000), weight))
    return {"batch_users_per_second": batch, "logistic_users_per_second": peer, "ratio": batch / peer}


def timed(work: Callable[[], object]) -> float:
    """Seconds that ``work`` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def tune(at: Problem) -> Iterator[str]:
    """One line for each setting of each loss."""
    for method, grid in GRIDS.items():
        for setting in grid:
            found = {name: values.mean() for name, values in metrics(at, *fit(at, method, setting)).items()}
            line = "  ".join(f"{name} {value:.4f}" for name, value in found.items())
            yield f"{method:13} {setting!s:24}  {line}  mean {np.mean(list(found.values())):.4f}"


def main() -> None:
    """Parse, call, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds citeulike_t")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--users", type=int, default=300)
    parser.add_argument("--tune", action="store_true", help="print the grid on users who are not reported")
    parser.add_argument("--json", type=Path, help="write the result here too")
    asked = parser.parse_args()
    at = problem(asked.data, asked.seed, asked.users, asked.tune)
    if asked.tune:
        for line in tune(at):
            print(line, flush=True)
        return
    result = report(at, asked.seed)
    for row in result["rows"]:
        print(f"{row['method']} {row['setting']}")
        for name, value in row["metrics"].items():
            versus = row["vs_squared"][name]
            print(f"    {name:14} {value:.4f}   {versus['mean']:+.4f} [{versus['low']:+.4f}, {versus['high']:+.4f}]")
    print("  ".join(f"{name} {value:.1f}" for name, value in result["speed"].items()))
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
