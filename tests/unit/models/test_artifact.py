import hashlib
import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import BadInput, BrokenArtifact
from models.artifact import FORMAT, read_model, write_model
from models.dayview import DayViews
from models.metric import Metric
from models.recommend import encode_slate, recommend
from models.sense import SenseBlock
from models.solved import SolvedUsers
from models.textscores import score_texts
from models.trending import PageRecord, TrendHistory, TrendModel, TrendRows

ALLOWED = {
    "manifest.json",
    "model.json",
    "arrays/background_centre.npy",
    "arrays/background_start.npy",
    "arrays/background_vectors.npy",
    "arrays/background_whitening.npy",
    "arrays/crowd_coef.npy",
    "arrays/warm_coef.npy",
    "arrays/warm_intercept.npy",
    "encoder/encoder.json",
    "encoder/terms.json",
    "encoder/idf.npy",
    "encoder/components.npy",
    "encoder/projected.npy",
}
PARTS = tuple(
    f"arrays/{part}_" for part in ("topics", "calibrator", "blend", "authorship", "collaborative", "reference", "text")
)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def written(world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "files"
    return folder, write_model(world.model, folder)


@pytest.fixture
def copy(written, tmp_path):
    shutil.copytree(written[0], tmp_path / "copy")
    return tmp_path / "copy"


def signed(folder: Path) -> None:
    """Make the manifest agree with whatever lies in the folder."""
    sums = {n: hashlib.sha256(c).hexdigest() for n, c in files_of(folder).items() if n != "manifest.json"}
    text = json.dumps({"format": FORMAT, "files": sums}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    (folder / "manifest.json").write_text(text)


@pytest.mark.parametrize("key", ["key0", "key4", "stranger"])
def test_slates_before_writing_and_after_reading_are_the_same_bytes(world, written, key):
    read = read_model(written[0], version="1", expected_sha256=written[1])
    user = world.user(world.users.get(key), user_key=key)
    before = recommend(world.day(), user, world.model, world.request())
    assert encode_slate(recommend(world.day(), user, read, world.request())) == encode_slate(before)


def test_a_metric_and_a_part_of_sentences_are_read_as_they_were_written(world, tmp_path):
    rng = np.random.default_rng(2)
    drawn = [rng.normal(size=size).astype(np.float32) for size in ((16, 5), (16,), (9, 5))]
    metric = Metric(drawn[0], drawn[1], np.arange(3, 30, 3, dtype=np.int32), drawn[2])
    sense = SenseBlock.of(slice(8, 16), rng.normal(size=16))
    reference = world.model.evidence.reference
    parts = replace(world.model.evidence, metric=metric, sense=sense).with_reference(reference.rough, reference.terms)
    model = replace(world.model, evidence=parts, views=DayViews(), solved=SolvedUsers())
    read = read_model(tmp_path / "files", version="1", expected_sha256=write_model(model, tmp_path / "files"))
    user = world.user(world.users["key0"], user_key="key0")
    told = encode_slate(recommend(world.day(), user, model, world.request()))
    assert encode_slate(recommend(world.day(), user, read, world.request())) == told
    assert told != encode_slate(recommend(world.day(), user, world.model, world.request()))


def test_an_unknown_user_is_solved_to_the_same_bits_after_reading(world, written):
    read = read_model(written[0], version="1")
    arguments = (world.past[2:14:4], world.past[3:9:4], world.today)
    assert score_texts(read, *arguments) == score_texts(world.model, *arguments)


def test_reading_gives_back_cut_settings_and_encoder_and_takes_the_version(world, written):
    read = read_model(written[0], version="7")
    assert (read.version, read.cut, read.config) == ("7", world.model.cut, world.model.config)
    assert read.encoder.id == world.encoder.id


def test_the_same_model_is_written_as_the_same_files(world, written, tmp_path):
    assert write_model(world.model, tmp_path / "again") == written[1]
    assert files_of(tmp_path / "again") == files_of(written[0])
    assert write_model(read_model(written[0], version="1"), tmp_path / "third") == written[1]


def test_a_model_holds_no_files_but_these(written):
    own = {name for name in files_of(written[0]) if not name.startswith(PARTS)}
    assert own == ALLOWED
    assert all(name.endswith((".json", ".npy")) for name in files_of(written[0]))


@given(st.data())
def test_a_changed_byte_anywhere_is_refused(written, data):
    folder, _ = written
    name = data.draw(st.sampled_from(sorted(files_of(folder))))
    content = (folder / name).read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    changed = bytes([content[place] ^ data.draw(st.integers(1, 255))])
    (folder / name).write_bytes(content[:place] + changed + content[place + 1 :])
    try:
        with pytest.raises(BrokenArtifact):
            read_model(folder, version="1")
    finally:
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("name", ["model.json", "arrays/warm_coef.npy", "encoder/terms.json", "manifest.json"])
def test_a_missing_file_is_refused(copy, name):
    (copy / name).unlink()
    with pytest.raises(BrokenArtifact, match=Path(name).name.split(".")[0]):
        read_model(copy, version="1")


@pytest.mark.parametrize("name", ["run.py", "arrays/run.py", "arrays/x.pkl", "encoder/model.pkl", "extra/x.npy"])
@pytest.mark.parametrize("listed", [False, True])
def test_a_file_that_does_not_belong_is_refused_even_when_the_manifest_lists_it(copy, name, listed):
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / name).write_bytes(b"print()")
    if listed:
        signed(copy)
    with pytest.raises(BrokenArtifact, match=Path(name).name):
        read_model(copy, version="1")


def test_a_link_is_refused(copy, tmp_path):
    (copy / "model.json").rename(tmp_path / "model.json")
    (copy / "model.json").symlink_to(tmp_path / "model.json")
    with pytest.raises(BrokenArtifact, match="plain file"):
        read_model(copy, version="1")


@pytest.mark.parametrize("name", ["../model.json", "/etc/hostname", "arrays/../model.json"])
def test_a_manifest_that_points_elsewhere_is_refused(copy, name):
    document = json.loads((copy / "manifest.json").read_text())
    document["files"][name] = "0" * 64
    (copy / "manifest.json").write_text(json.dumps(document, sort_keys=True, separators=(",", ":")))
    with pytest.raises(BrokenArtifact, match="is missing"):
        read_model(copy, version="1")


def test_a_folder_rewritten_whole_is_refused_by_the_registered_sum(copy, written):
    document = json.loads((copy / "model.json").read_text())
    document["crowd"]["intercept"] = 5.0
    (copy / "model.json").write_text(json.dumps(document))
    signed(copy)
    assert read_model(copy, version="1").crowd.linear.intercept == 5.0
    with pytest.raises(BrokenArtifact, match="registered"):
        read_model(copy, version="1", expected_sha256=written[1])


def test_a_signed_pickle_in_an_array_is_not_loaded(copy):
    np.save(copy / "arrays" / "warm_coef.npy", np.array([{}], dtype=object), allow_pickle=True)
    signed(copy)
    with pytest.raises(BrokenArtifact, match="do not make a model"):
        read_model(copy, version="1")


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BrokenArtifact):
        read_model(tmp_path / "none", version="1")


def test_a_model_is_not_written_over_anything(world, written):
    with pytest.raises(BadInput, match="not empty"):
        write_model(world.model, written[0])


def test_predicted_trends_before_writing_and_after_reading_are_the_same_bits(world, tmp_path):
    days = np.datetime64("2026-01-01") + np.arange(len(world.past)) // 4
    rows = TrendRows(world.past, days, world.encoder.transform([paper.text for paper in world.past]))
    outcomes = np.arange(len(world.past)) % 4 == 0
    pages = [PageRecord(paper, date(2026, 1, 2), 3.0) for paper in world.past[::4]]
    trend = TrendModel.fit(rows, outcomes, TrendHistory.of(pages, rows.vectors[::4], world.past, days), 0)
    write_model(replace(world.model, trend=trend), tmp_path / "model")
    read = read_model(tmp_path / "model", version="1")
    added = {name for name in files_of(tmp_path / "model") if not name.startswith(PARTS)} - ALLOWED
    assert trend.trees
    assert read.trend is not None
    assert np.array_equal(read.trend.probabilities(rows), trend.probabilities(rows))
    assert all(name.startswith("arrays/trend_") for name in added)


def test_a_model_without_a_trend_is_read_without_one(written):
    assert read_model(written[0], version="1").trend is None
