"""One evaluation: a model per fit, replayed beside the champion and the baselines, calibrated, its topics tested."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from features.encoders import EncodedPapers
from models.model import Model
from models.shards import Shards
from training.calibrate import Calibration, calibrate
from training.fit import FitSettings, fit_model
from training.gate import Forecasts
from training.history import History
from training.periods import CHAMPION, PRODUCT, Contender
from training.ranked import WHOLE, Extent
from training.replay import Replay, replay
from training.topic_scores import TopicScores, score_topics

Stage = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What replay, calibration and topics gave; ``topics`` is None where no day was ranked."""

    replay: Replay
    calibration: Calibration
    topics: TopicScores | None


def fit_contender(
    history: History,
    vectors: Mapping[date, EncodedPapers],
    settings: FitSettings,
    stage: Stage,
    beside: Contender | None = None,
) -> Contender:
    """The product as of each fit of the split, named ``replay``; what equals a part of ``beside`` is that object."""
    models: dict[date, Model] = {}
    for fit in history.split.fits:
        model = fit_model(history.known(fit), vectors[fit], settings, stage).with_version("replay")
        models[fit] = model if beside is None else _sharing(model, beside.models[fit])
    return Contender(PRODUCT, models, vectors)


def _sharing(model: Model, other: Model) -> Model:
    """The model with the other's authors if they are the same, of whom there are 100,000 in every process."""
    if not model.evidence.authorship.equals(other.evidence.authorship):
        return model
    return replace(model, evidence=replace(model.evidence, authorship=other.evidence.authorship))


def evaluate_replay(
    history: History,
    contenders: list[Contender],
    settings: FitSettings,
    shards: Shards,
    stage: Stage,
    extent: Extent = WHOLE,
) -> Evaluation:
    """Replay the contenders, the product first, and measure what only the product has."""
    stage("replay")
    labels, seed = settings.config.labels, settings.config.seed
    replayed = replay(history, contenders, labels, seed=seed, shards=shards, extent=extent)
    stage("calibration")
    calibration = calibrate(replayed.predictions)
    stage("topic scores")
    return Evaluation(replayed, calibration, _topics(history, contenders[0]) if history.split.days else None)


def _topics(history: History, product: Contender) -> TopicScores:
    """The first fit's topics on all days after it."""
    fit = history.split.fits[0]
    papers = [paper for day in history.split.days for paper in history.days[day].papers]
    encoded = product.vectors[fit]
    return score_topics(product.models[fit].topics, papers, encoded.of(papers), encoded.terms(papers))


def forecasts_of(evaluation: Evaluation) -> dict[str, Forecasts]:
    """Probabilities on the later half of the replayed days, by what each model's own earlier half taught."""
    found = {PRODUCT: evaluation.calibration}
    if evaluation.replay.champion is not None and len(evaluation.replay.champion.scores):
        found[CHAMPION] = calibrate(evaluation.replay.champion)
    return {name: Forecasts(each.users, each.probabilities, each.chosen) for name, each in found.items()}
