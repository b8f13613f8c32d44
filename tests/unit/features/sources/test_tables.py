from datetime import UTC, datetime
from pathlib import Path

import pytest

from features.domain import Interaction, InteractionKind
from features.errors import MalformedRow, UnreadableFile
from features.settings import IngestSettings
from features.sources.interactions import read_interactions
from features.sources.picks import read_picks
from features.sources.users import read_users

SETTINGS = IngestSettings()


def written(folder: Path, content: str) -> Path:
    path = folder / "table"
    path.write_text(content)
    return path


def test_a_pick_is_an_interaction_at_midnight_of_its_day(tmp_path: Path) -> None:
    path = written(tmp_path, "reader,paper,picked_on,stream_day\nr1,2304.08818v2,2025-03-01,2025-03-03\nr1,lab-1,,\n")
    dated, undated = read_picks(path, SETTINGS)
    assert isinstance(dated, Interaction)
    assert isinstance(undated, Interaction)
    assert (dated.user_id, dated.paper_id, dated.kind) == ("r1", "2304.08818", InteractionKind.PICK)
    assert dated.occurred_at == datetime(2025, 3, 1, tzinfo=UTC)
    assert undated.occurred_at is None


def test_a_pick_has_the_same_client_id_whenever_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, "reader,paper,picked_on\nr1,1,2025-03-01\nr1,1,\nr1,2,\nr2,1,\n")
    ids = [row.client_id for row in read_picks(path, SETTINGS) if isinstance(row, Interaction)]
    assert ids[0] == ids[1] == "pick-80297eec5e800e6212a07c96c54a578d"
    assert len(set(ids)) == 3


def test_broken_rows_of_a_table_are_named_and_the_rest_goes_in(tmp_path: Path) -> None:
    rows = ["r1,1", 'r1,"1,', "r 1,1,", ",1,", "r1,1,2025-02-30", "x" * 140_000 + ",1,", "r1,1,"]
    path = written(tmp_path, "reader,paper,picked_on\n" + "\n".join(rows))
    *broken, good = read_picks(path, SETTINGS)
    assert [row.line for row in broken if isinstance(row, MalformedRow)] == [2, 3, 4, 5, 6, 7]
    assert isinstance(good, Interaction)


def test_a_table_without_its_columns_is_unreadable(tmp_path: Path) -> None:
    for header in ("user,paper,picked_on", 'reader,"paper'):
        with pytest.raises(UnreadableFile):
            list(read_picks(written(tmp_path, f"{header}\nr1,1,\n"), SETTINGS))


def test_interactions_come_as_json_lines_or_csv(tmp_path: Path) -> None:
    as_json = written(
        tmp_path, '{"user_id": "u", "paper_id": "p", "kind": "save", "occurred_at": "2026-01-02T03:04:05Z"}'
    )
    from_json = list(read_interactions(as_json, SETTINGS))
    as_csv = written(tmp_path, "user_id,paper_id,kind,occurred_at,topic\nu,p,save,2026-01-02T04:04:05+01:00,\n")
    assert from_json == list(read_interactions(as_csv, SETTINGS))
    assert isinstance(from_json[0], Interaction)
    assert from_json[0].occurred_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_label_names_its_topic_and_a_client_id_is_kept(tmp_path: Path) -> None:
    row = '{"user_id":"u","paper_id":"p","kind":"label","topic":"graphs","client_id":"c-1","position":3,"slate_id":"s"}'
    (label,) = read_interactions(written(tmp_path, row), SETTINGS)
    assert isinstance(label, Interaction)
    assert (label.topic, label.client_id, label.position, label.slate_id) == ("graphs", "c-1", 3, "s")


@pytest.mark.parametrize(
    "row", ["u,p,like,,", "u,p,label,,", "u,p,save,,topic", "u,p,save,2026-01-02T03:04:05,", "u,p,save,2026-01-02,"]
)
def test_an_interaction_that_breaks_a_rule_is_rejected(tmp_path: Path, row: str) -> None:
    (broken,) = read_interactions(written(tmp_path, f"user_id,paper_id,kind,occurred_at,topic\n{row}\n"), SETTINGS)
    assert isinstance(broken, MalformedRow)
    assert broken.line == 2


def test_users_are_read_from_a_column_or_a_field(tmp_path: Path) -> None:
    assert list(read_users(written(tmp_path, "name,user_id\nAnn,ann\n"), SETTINGS)) == ["ann"]
    good, bad = read_users(written(tmp_path, '{"user_id": "bo"}\n{"user_id": "b o"}'), SETTINGS)
    assert good == "bo"
    assert isinstance(bad, MalformedRow)
