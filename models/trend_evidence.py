"""Features of a paper on its first day, for the question whether it will stand on the community's page."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from features.domain import Paper
from models.topic_authors import author_key
from models.trend_history import LONG_DAYS, NEVER, Days, Floats, TrendHistory

FEATURES = (
    *("hits", "most_hits", "n_known_authors", "known_share", "best_rate", "mean_rate", "best_votes", "days_since"),
    *("n_authors", "nearest_three", "nearest_twenty", "nearest_five_long", "mean_similarity"),
    *(
        "title_length",
        "colon",
        "short_name",
        "abstract_length",
        "comment_length",
        "link_in_comment",
        "link_in_abstract",
    ),
    *("n_categories", "is_cl", "is_cv", "is_ai", "is_lg", "is_ro", "first_is_cl", "first_is_cv"),
    *("weekday", "papers_of_day"),
)
_CATEGORIES = ("cs.CL", "cs.CV", "cs.AI", "cs.LG", "cs.RO")
_RECENT_DAYS = 30
_RATE, _RATE_WEIGHT = 0.057, 10.0
_NAMED = re.compile(r"[A-Za-z0-9-]{2,20}:")
_LINK = re.compile(r"github|https?:|project page", re.IGNORECASE)


def evidence_of(
    papers: Sequence[Paper], vectors: NDArray[np.float32], days: Days, history: TrendHistory
) -> NDArray[np.float32]:
    """float32 (n, len(FEATURES)) of papers with ``vectors`` (n, d) on their first ``days`` (n,), as of these days."""
    columns = [_of_authors(papers, days, history), _of_neighbours(vectors, days, history), _of_listings(papers)]
    _, place, sizes = np.unique(days, return_inverse=True, return_counts=True)
    weekday = (days.astype("datetime64[D]").astype(np.int64) + 3) % 7
    return np.column_stack([*columns, weekday, sizes[place]]).astype(np.float32)


def _of_authors(papers: Sequence[Paper], days: Days, history: TrendHistory) -> Floats:
    """The first nine features; a rate is hits over listings, drawn towards the usual one."""
    found = np.zeros((len(papers), 9))
    names = [sorted(set(paper.authors)) for paper in papers]
    known = {name: author_key(name) for each in names for name in each}
    keys = np.array([known[name] for each in names for name in each], dtype=np.uint64)
    sizes = np.array([len(each) for each in names], dtype=np.int64)
    when = np.repeat(days, sizes)
    hits, votes, since = history.pages.until(keys, when)
    listed = history.listed.until(keys, when)[0]
    rates = (hits + _RATE * _RATE_WEIGHT) / (listed + 0.3 * hits + _RATE_WEIGHT)
    mean_votes = votes / np.maximum(hits, 1.0)
    ends = np.cumsum(sizes)
    for row, (start, end) in enumerate(zip((ends - sizes).tolist(), ends.tolist(), strict=True)):
        if start == end:
            found[row] = (0, 0, 0, 0, _RATE, _RATE, 0, NEVER, 0)
            continue
        part = slice(start, end)
        n_known = float((hits[part] > 0).sum())
        of_hits = (hits[part].sum(), hits[part].max(), n_known, n_known / (end - start))
        of_rates = (rates[part].max(), rates[part].mean(), mean_votes[part].max(), since[part].min())
        found[row] = (*of_hits, *of_rates, end - start)
    return found


def _of_neighbours(vectors: NDArray[np.float32], days: Days, history: TrendHistory) -> Floats:
    """Cosines to the page's papers of the last 30 days: mean of the nearest 3, 20, of 5 in 120 days, of all."""
    found = np.zeros((len(vectors), 4))
    for day in np.unique(days):
        rows = np.flatnonzero(days == day)
        end = int(np.searchsorted(history.known, day, side="right"))
        long = int(np.searchsorted(history.known, day - LONG_DAYS))
        recent = int(np.searchsorted(history.known, day - _RECENT_DAYS))
        similarity = vectors[rows].astype(np.float64) @ history.vectors[long:end].T.astype(np.float64)
        of_recent = similarity[:, recent - long :]
        means = [_mean_of_nearest(of_recent, 3), _mean_of_nearest(of_recent, 20), _mean_of_nearest(similarity, 5)]
        found[rows] = np.column_stack([*means, _mean_of_nearest(of_recent, end)])
    return found


def _mean_of_nearest(similarity: Floats, n: int) -> Floats:
    if not similarity.shape[1]:
        return np.zeros(len(similarity))
    least = max(similarity.shape[1] - n, 0)
    return np.asarray(np.partition(similarity, least, axis=1)[:, least:].mean(axis=1))


def _of_listings(papers: Sequence[Paper]) -> Floats:
    rows = []
    for paper in papers:
        first = paper.categories[0] if paper.categories else ""
        text = (len(paper.title), ":" in paper.title, _NAMED.match(paper.title) is not None, len(paper.abstract))
        links = (_LINK.search(paper.comment) is not None, _LINK.search(paper.abstract) is not None)
        categories = [category in paper.categories for category in _CATEGORIES]
        of_first = (first == "cs.CL", first == "cs.CV")
        rows.append((*text, len(paper.comment), *links, len(paper.categories), *categories, *of_first))
    return np.array(rows, dtype=np.float64).reshape(len(papers), 15)
