"""A paper that only one reader's library knows teaches that reader's classifier, and nothing that others share."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from features.library import take_library
from features.settings import Settings
from features.sources.examples import ExamplePaper
from features.store import Store
from models.artifact import write_model
from training.fit import FitSettings, encoded_papers, encoder_for, fit_base
from training.history import read_history
from training.split import split_last


def test_a_fit_reads_an_own_paper_as_a_label_only(corpus: Store, settings: Settings, make: Any, tmp_path: Path) -> None:
    example = ExamplePaper(1, "On the honey of high alps", "Bees gather honey in the zirbelwald of the alps.")
    with corpus.transaction() as tx:
        user = tx.users.all()[0]
        at = make.as_of - timedelta(hours=1)
        [own] = take_library(tx, user, ([example], []), origin="text", recorded_at=at).kept
    history = read_history(corpus, make.as_of, lambda feeds: split_last(feeds[:12], 5, 2), 3)
    assert own in history.labelled
    assert own not in {paper.id for paper in history.catalogue.papers}
    assert all(own not in texts for texts in history.texts.values())  # it came after those days

    encoder, _ = encoder_for(history.catalogue, settings, cut=history.cut.at, seed=3, refit=False)
    model = fit_base(history.known(None), encoded_papers(encoder, settings.data_dir), FitSettings.of(settings, 3))
    assert own not in model.background.paper_ids
    write_model(model, tmp_path / "model")
    written = b"".join(path.read_bytes() for path in (tmp_path / "model").rglob("*") if path.is_file())
    assert user.key.encode() in written
    assert own.encode() not in written
    assert (b"method" in written, b"zirbelwald" in written) == (True, False)
