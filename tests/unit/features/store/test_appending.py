from dataclasses import replace
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


def test_impressions_of_who_is_gone_by_the_time_of_writing_are_dropped(store):
    with store.transaction() as tx:
        tx.users.add("ada", created_at=NOW)
        tx.users.add("ben", created_at=NOW)
    with store.transaction(readonly=True) as tx:
        both = [impression(1), replace(impression(2), user_id="ben")]
        prepared = tx.impressions.prepare(both, recorded_at=NOW)
    with store.transaction() as tx:
        tx.users.delete("ben")
    with store.transaction(bulk=True) as tx:
        assert tx.impressions.record_prepared(prepared) == 1
        assert tx.impressions.of_user("ada") == [impression(1)]
