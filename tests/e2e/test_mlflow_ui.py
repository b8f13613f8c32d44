"""Two retrains side by side in the MLflow UI, in a real browser."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from broadsheet.sample import write_sample
from tests.e2e.site import answering, broadsheet, free_port

PAGE_MILLISECONDS = 90_000


@dataclass(frozen=True)
class Ui:
    """A running MLflow UI on two retrains."""

    url: str
    run_ids: Sequence[str]

    def page(self, path: str) -> str:
        return f"{self.url}/#/experiments/1/{path}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two retrains of the same synthetic papers with different seeds."""
    folder = tmp_path_factory.mktemp("ui")
    paths = write_sample(folder / "sample", seed=1, n_days=12, n_users=12)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("BROADSHEET_TRAINING__EVALUATION_DAYS", "5")
        patch.setenv("BROADSHEET_JOBS", "1")
        broadsheet("ingest", "jsonl", str(paths.papers))
        broadsheet("ingest", "interactions", str(paths.interactions))
        broadsheet("retrain", "--promote")
        broadsheet("retrain", "--seed", "1")
        yield folder


@pytest.fixture(scope="module")
def ui(folder: Path) -> Iterator[Ui]:
    with answering("ui", free_port(), "/health", folder, {}) as url:
        rows = broadsheet("runs").splitlines()[1:]
        yield Ui(url, [row.split()[0] for row in rows])


def test_two_retrains_draw_their_curves_in_the_same_charts(ui: Ui, page: Page, tmp_path: Path) -> None:
    page.goto(ui.page("runs?compareRunsMode=CHART"))
    chart = page.locator(".js-plotly-plot").first
    expect(chart).to_be_visible(timeout=PAGE_MILLISECONDS)
    expect(page.get_by_text("daily/ndcg_at_10").first).to_be_visible(timeout=PAGE_MILLISECONDS)
    assert chart.locator(".scatterlayer .trace").count() >= len(ui.run_ids) == 2
    page.screenshot(path=tmp_path / "compared.png")


def test_a_plot_of_a_run_is_shown(ui: Ui, folder: Path, page: Page) -> None:
    plot = min((folder / "mlruns" / "artifacts").glob("*/artifacts/plots/calibration.png"))
    page.goto(ui.page(f"runs/{plot.parts[-4]}/artifacts/plots/calibration.png"))
    image = page.locator("img[alt='plots/calibration.png']")
    expect(image).to_be_visible(timeout=PAGE_MILLISECONDS)
    assert image.evaluate("image => image.naturalWidth") > 400


def test_the_terminal_compares_the_same_two_runs(ui: Ui) -> None:
    table = broadsheet("runs", *ui.run_ids)
    assert "ndcg_at_10" in table
    assert all(run_id in table for run_id in ui.run_ids)
