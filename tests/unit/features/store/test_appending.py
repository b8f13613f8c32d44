from datetime import UTC, date, datetime

from features.domain import Cut, Exposure, Impression
from features.store.appending import ROWS_OF_A_STATEMENT

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
MONDAY = date(2026, 2, 23)


def impression(number):
    return Impression("ada", "slate", f"paper {number}", number + 1, Exposure.SERVED, NOW, 0.5, None)


def test_rows_of_many_statements_are_read_back_as_they_were(store, listing):
    names = [f"{number:03d}" for number in range(2 * ROWS_OF_A_STATEMENT + 1)]
    batch = [listing(name, MONDAY, title=f"It's \N{OWL} no. {name}", authors=("Ada", 'B. "B"')) for name in names]
    with store.transaction() as tx:
        assert tx.papers.record(batch, recorded_at=NOW).new == len(names)
        assert tx.papers.on_day(MONDAY, Cut(NOW)) == [each.paper for each in batch]


def test_of_rows_that_are_there_only_the_new_ones_count(store):
    n_rows = ROWS_OF_A_STATEMENT
    with store.transaction() as tx:
        tx.users.add("ada", created_at=NOW)
        assert tx.impressions.record([impression(n) for n in range(n_rows)], recorded_at=NOW) == n_rows
    with store.transaction(bulk=True) as tx:
        assert tx.impressions.record([impression(n) for n in range(n_rows + 2)], recorded_at=NOW) == 2
        assert len(tx.impressions.of_user("ada")) == n_rows + 2
