"""Features of users and papers that have little to say are numbers all the same."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from features.domain import Paper
from models.evidence import FEATURES, MEASURED, evidence, measured, profile_of
from models.listing import Listing
from models.metric import Metric
from models.personal import fit_with_posterior
from models.recommend import profile_of_user
from models.sense import SenseBlock


def features_of(world, examples, papers=None):
    day = world.day(papers)
    candidates = world.model.evidence.candidates(day.vectors, world.encoder.terms([p.text for p in day.papers]))
    profile = profile_of_user(world.model, "somebody", examples)
    return profile, evidence(profile, candidates, Listing.of(day.papers, day.day, day.votes))


def test_users_with_little_to_say_get_finite_features(world):
    past = world.past
    cases = [
        world.examples(()),
        world.examples(past[:1]),
        world.examples((), past[:3]),
        world.examples(tuple(replace(past[0], id=f"copy.{n}") for n in range(5))),
    ]
    for examples in cases:
        profile, found = features_of(world, examples)
        assert found.shape == (len(world.today), len(FEATURES))
        assert np.isfinite(found).all()
        assert profile.n_labels == len(examples.examples)


def test_the_deviation_of_the_prior_alone_is_no_evidence(world):
    """It says how long a paper's vector is, and nothing of a reader who has said nothing."""
    column = FEATURES.index("uncertainty")
    assert (features_of(world, world.examples(()))[1][:, column] == 0).all()
    assert (features_of(world, world.examples((), world.past[:1]))[1][:, column] != 0).any()


def test_a_measured_feature_is_centred_on_the_reference(world):
    profile, _ = features_of(world, world.users["key1"])
    reference = world.model.evidence.reference
    listing = Listing.of(world.past[: len(reference.vectors)], date(2026, 2, 27), np.zeros(len(reference.vectors)))
    measured = evidence(profile, reference, listing)[:, : len(MEASURED)]
    told = profile.scale > 0
    np.testing.assert_allclose(measured[:, told].mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(measured[:, told].std(axis=0), 1, atol=1e-6)


def test_nearness_of_what_sentences_say_is_that_of_the_three_nearest(world):
    examples = world.examples(world.past[:8])
    reference = world.encoder.transform([paper.text for paper in world.past[100:150]])
    block = SenseBlock.of(slice(8, 16), reference.mean(axis=0, dtype=np.float64))
    parts = replace(world.model.evidence, sense=block).with_reference(reference, None)
    profile = profile_of(parts, *fit_with_posterior(world.model.background, world.model.crowd, examples), examples)
    candidates = parts.candidates(world.day().vectors, None)
    found = measured(profile, candidates)[:, MEASURED.index("nearest_sense")]
    usual = block.rows(reference) @ block.rows(examples.vectors).T
    near = (block.rows(world.day().vectors) @ block.rows(examples.vectors).T - usual.mean(axis=0)) / usual.std(axis=0)
    np.testing.assert_allclose(found, np.sort(near, axis=1)[:, -3:].mean(axis=1), atol=1e-4)


def measured_by(world, examples):
    """A metric of five places, the parts of evidence that have it, and a profile by them."""
    reference = world.encoder.transform([paper.text for paper in world.past[100:150]])
    turned = np.linalg.qr(np.random.default_rng(1).normal(size=(16, 16)))[0][:, :5].astype(np.float32)
    metric = Metric(turned, reference.mean(axis=0), np.zeros(0, dtype=np.int32), np.zeros((0, 5), dtype=np.float32))
    parts = replace(world.model.evidence, metric=metric).with_reference(reference, None)
    linear, posterior = fit_with_posterior(world.model.background, world.model.crowd, examples)
    return metric, parts, profile_of(parts, linear, posterior, examples)


def test_by_the_metric_all_chosen_papers_count(world):
    examples = world.examples(world.past[:8])
    metric, parts, profile = measured_by(world, examples)
    found = measured(profile, parts.candidates(world.day().vectors, None))[:, MEASURED.index("metric")]
    cosines = metric.rows(world.day().vectors, None) @ metric.rows(examples.vectors, None).T
    np.testing.assert_allclose(found, cosines.mean(axis=1), atol=1e-5)


def test_a_kept_row_of_the_metric_has_the_bits_of_a_new_one(world):
    """Rows of today's are kept beside those of all today's, whoever chooses one of them."""
    rng, today = np.random.default_rng(2), world.day()
    terms = world.encoder.terms([paper.text for paper in today.papers])
    columns = np.unique(terms.indices).astype(np.int32)
    turned, of_terms = rng.normal(size=(16, 5)), rng.normal(size=(len(columns), 5))
    centre = today.vectors.mean(axis=0)
    metric = Metric(turned.astype(np.float32), centre, columns, of_terms.astype(np.float32))
    parts = replace(world.model.evidence, metric=metric)
    parts.candidates(today.vectors, terms, today.papers)
    chosen = (*world.past[:8], *today.papers[5:8])
    examples = world.examples(chosen)
    own = world.encoder.terms([paper.text for paper in examples.papers])
    found = parts.metric_of(examples.papers, examples.vectors, own)
    assert found.tobytes() == metric.rows(examples.vectors, own).tobytes()
    assert len(found) == len(chosen)
    assert (metric.rows(examples.vectors, own) != metric.rows(examples.vectors, None)).any()


def test_what_everybodys_choices_say_is_heard_whatever_was_refused(world):
    heard = []
    for refused in ((), world.past[100:120]):
        examples = world.examples(world.past[:8], refused)
        examples = replace(examples, terms=world.encoder.terms([paper.text for paper in examples.papers]))
        _, parts, profile = measured_by(world, examples)
        assert bool(profile.refused) == bool(refused)
        heard.append((measured(profile, parts.reference) * profile.scale)[:, MEASURED.index("metric")])
    np.testing.assert_allclose(heard[1], heard[0], rtol=1e-5)


def test_a_paper_of_which_nothing_is_known_is_an_ordinary_one(world):
    """No word of it is known: that it is like nothing speaks neither for nor against it."""
    unknown = Paper("2602.99999", "Xyzzy", "plugh", ("Ada",), ("cs.CL",))
    _, found = features_of(world, world.users["key1"], (*world.today, unknown))
    assert (found[-1, : len(MEASURED)] == 0).all()
    assert found[-1, FEATURES.index("authors")] > 0
    assert (found[:-1, MEASURED.index("nearest")] != 0).all()


def test_likeness_speaks_less_the_more_was_refused(world):
    """Five dismissed papers halve it; the head on words, which knows them, stays as it is."""
    past = world.past
    shrunk = []
    for refused in ((), past[100:105]):
        examples = world.examples(past[:8], refused)
        ones = replace(examples.examples, weights=np.ones(len(examples.papers)))
        terms = world.encoder.terms([paper.text for paper in examples.papers])
        profile, _ = features_of(world, replace(examples, examples=ones, terms=terms))
        shrunk.append(profile.scale * measured(profile, world.model.evidence.reference).std(axis=0))
    at = [MEASURED.index(name) for name in ("relevance", "nearest_words", "nearest", "nearest_three")]
    np.testing.assert_allclose(shrunk[0][[*at, MEASURED.index("text")]], 1.0)
    np.testing.assert_allclose(shrunk[1][at], 0.5)
    assert [each[MEASURED.index("likeness")] for each in shrunk] == pytest.approx([0.0, 0.5])
    assert shrunk[1][MEASURED.index("text")] == pytest.approx(1.0)


def test_likeness_to_all_that_was_chosen_speaks_for_a_paper_and_never_against(world):
    past = world.past
    examples = world.examples(past[:8], past[100:105])
    terms = world.encoder.terms([paper.text for paper in examples.papers])
    profile, _ = features_of(world, replace(examples, terms=terms))
    candidates = world.model.evidence.reference
    listing = Listing.of(past[: len(candidates.vectors)], date(2026, 2, 27), np.zeros(len(candidates.vectors)))
    found = evidence(profile, candidates, listing)[:, MEASURED.index("likeness")]
    assert found.min() == 0.0
    assert found.max() > 0.0


def test_features_do_not_depend_on_the_other_papers_of_the_day(world):
    _, every = features_of(world, world.users["key1"])
    _, some = features_of(world, world.users["key1"], world.today[5:9])
    np.testing.assert_allclose(some, every[5:9], atol=1e-6)


def test_the_date_of_a_paper_is_what_is_known_of_it():
    papers = (
        Paper("2602.00001", "a"),
        Paper("2512.00001", "b"),
        Paper("x", "c"),
        Paper("y", "d", published_at=datetime(2026, 2, 17, tzinfo=UTC)),
    )
    listing = Listing.of(papers, date(2026, 2, 27), np.array([0, -3, 5, 1]))
    assert listing.recency == pytest.approx([0.0, -np.log(58), 0.0, -np.log(11)])
    assert listing.popularity == pytest.approx([0.0, 0.0, np.log(6), np.log(2)])


def test_a_profile_weighs_what_its_arrays_and_names_do(world):
    weighed = []
    for n in (10, 40):
        profile = profile_of_user(world.model, f"weighed {n}", world.examples(world.past[:n]))
        weighed.append(profile.n_bytes)
        assert profile.posterior is not None
        held = profile.chosen.n_bytes + profile.posterior.n_bytes
        assert held < profile.n_bytes < 3 * held + 10_000
    assert weighed[1] > weighed[0] + 30 * 16 * 4  # the vectors of thirty papers more
