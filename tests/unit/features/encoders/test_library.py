from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from features.encoders import EncoderLibrary, TfidfLsaEncoder, settings_fingerprint
from features.errors import BrokenArtifact
from features.settings import EncoderSettings

Fit = Callable[..., TfidfLsaEncoder]
CUT = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def test_the_newest_encoder_not_after_the_moment_is_found(fit: Fit, texts: list[str], tmp_path: Path) -> None:
    library = EncoderLibrary(tmp_path)
    encoders = [fit(texts, cut=CUT + days * DAY) for days in (0, 5, 10)]
    for encoder in encoders:
        library.add(encoder)
    found = library.newest(CUT + 7 * DAY, 30, encoders[0].fingerprint)
    assert found is not None
    assert found.id == encoders[1].id


def test_an_encoder_of_that_age_or_more_is_not_reused(fit: Fit, texts: list[str], tmp_path: Path) -> None:
    library = EncoderLibrary(tmp_path)
    encoder = fit(texts)
    library.add(encoder)
    assert library.newest(CUT + 30 * DAY, 30, encoder.fingerprint) is None
    assert library.newest(CUT + 29 * DAY, 30, encoder.fingerprint) is not None


def test_an_encoder_of_other_settings_is_not_reused(fit: Fit, texts: list[str], tmp_path: Path) -> None:
    library = EncoderLibrary(tmp_path)
    library.add(fit(texts, dimensions=8))
    assert library.newest(CUT, 30, settings_fingerprint(EncoderSettings(dimensions=9))) is None
    assert library.newest(CUT, 30, settings_fingerprint(EncoderSettings(dimensions=8))) is not None


def test_a_damaged_encoder_is_passed_over_and_can_be_added_again(fit: Fit, texts: list[str], tmp_path: Path) -> None:
    library = EncoderLibrary(tmp_path)
    encoder = fit(texts)
    (library.add(encoder) / "idf.npy").write_bytes(b"no array")
    assert library.newest(CUT, 30, encoder.fingerprint) is None
    library.add(encoder)
    assert library.newest(CUT, 30, encoder.fingerprint) is not None


def test_a_half_written_encoder_is_not_seen(fit: Fit, texts: list[str], tmp_path: Path) -> None:
    encoder = fit(texts)
    encoder.save(tmp_path / f".{encoder.id}.dead")
    assert EncoderLibrary(tmp_path).newest(CUT, 30, encoder.fingerprint) is None


def test_adding_twice_leaves_one_folder(fit: Fit, texts: list[str], tmp_path: Path) -> None:
    library = EncoderLibrary(tmp_path)
    assert library.add(fit(texts)) == library.add(fit(texts))
    assert len(list(tmp_path.iterdir())) == 1


def test_an_unknown_id_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenArtifact):
        EncoderLibrary(tmp_path).get("0" * 32)


def test_a_library_that_does_not_exist_yet_is_empty(tmp_path: Path) -> None:
    assert EncoderLibrary(tmp_path / "none").newest(CUT, 30, "x") is None
