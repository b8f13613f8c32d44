from dataclasses import replace

import numpy as np

from features.encoders.joined import JoinedEncoder
from models.dayview import view_of
from models.explain import explain, one_line
from models.personal import fit_user


def sums_of(view, linear):
    """Per paper the sum of all its words' contributions."""
    starts = view.words.row_starts
    return [float(row.sum()) for row in np.split(view.words.contributions(linear.coef), starts[1:-1])]


def test_the_words_of_a_paper_add_up_to_its_score_without_the_intercept(world):
    linear = fit_user(world.model.background, world.model.crowd, world.users["key1"])
    view = view_of(world.day(), world.encoder, world.model.evidence)
    np.testing.assert_allclose(
        sums_of(view, linear), linear.scores(view.candidates.vectors) - linear.intercept, atol=1e-5
    )


def test_in_a_joined_encoder_words_add_up_to_their_part_of_the_score(world):
    joined = JoinedEncoder([world.encoder, world.encoder])
    day = world.day()
    day = replace(day, vectors=joined.transform([paper.text for paper in day.papers]))
    topics = replace(world.model.topics, coef=np.zeros((len(world.model.topics.names), 2 * world.encoder.dimensions)))
    crowd = replace(world.model.crowd.linear, coef=np.zeros(joined.dimensions))
    view = view_of(day, joined, replace(world.model.evidence, topics=topics, crowd=crowd))
    coef = np.random.default_rng(0).normal(size=joined.dimensions)
    half = world.encoder.dimensions
    linear = replace(world.model.crowd.linear, coef=coef)
    np.testing.assert_allclose(sums_of(view, linear), view.candidates.vectors[:, :half] @ coef[:half], atol=1e-5)


def test_the_three_words_named_are_the_ones_that_add_most(world):
    linear = fit_user(world.model.background, world.model.crowd, world.users["key1"])
    view = view_of(world.day(), world.encoder, world.model.evidence)
    contributions = view.words.contributions(linear.coef)
    reasons = explain(view, linear.coef, (), np.zeros((0, view.candidates.vectors.shape[1])), "")
    for row, found in enumerate(reasons):
        entries = slice(view.words.row_starts[row], view.words.row_starts[row + 1])
        best = sorted((float(value) for value in contributions[entries] if value > 0), reverse=True)[:3]
        named = [reason for reason in found if reason.kind == "words"]
        assert [reason.weight for reason in named] == ([round(sum(best), 6)] if best else [])


def test_a_far_paper_is_not_called_close(world):
    view = view_of(world.day(), world.encoder, world.model.evidence)
    robots = world.past[2]
    vector = world.encoder.transform([robots.text]).astype(np.float64)
    reasons = explain(view, np.zeros(view.candidates.vectors.shape[1]), [robots], vector, "which you chose")
    for paper, row, cosine in zip(world.today, reasons, view.candidates.vectors @ vector[0], strict=True):
        assert any(reason.kind == "near" for reason in row) == (round(cosine, 6) >= 0.5), paper.id


def test_a_text_without_known_words_has_no_word_reasons(world):
    papers = (replace(world.today[0], title="zzz", abstract=""), *world.today[1:])
    view = view_of(world.day(papers), world.encoder, world.model.evidence)
    reasons = explain(view, world.model.crowd.linear.coef, (), np.zeros((0, view.candidates.vectors.shape[1])), "")
    assert all(reason.kind != "words" for reason in reasons[0])
    assert len(reasons) == len(papers)


def test_untrusted_titles_stay_on_one_short_line():
    assert one_line("a\n<script>\x00\u202e b\t c") == "a <script> b c"
    assert len(one_line("word " * 100)) == 100
    assert one_line("word " * 100).endswith("…")


def test_a_day_asked_for_again_keeps_its_view(world):
    views, day = type(world.model.views)(), world.day()
    built = [
        views.of(each, lambda: view_of(day, world.encoder, world.model.evidence)) for each in (day, day, world.day())
    ]
    assert built[0] is built[1] is built[2]
