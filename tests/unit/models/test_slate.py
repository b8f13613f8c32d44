from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InvalidValue
from features.slate_request import SlateRequest
from models.slate import Slate, decode_page, decode_slate, encode_slate, rounded
from models.slate_columns import Columns, Reason, SlateItem

REQUEST = SlateRequest("ada", date(2026, 2, 27), datetime(2026, 2, 27, 8, tzinfo=UTC), "3", topic="cs.CL")
numbers = st.floats(-1e6, 1e6).map(rounded)
chances = st.floats(0, 1).map(rounded)
reasons = st.builds(Reason, st.sampled_from(["words", "near"]), st.text(), numbers)


@st.composite
def slates(draw):
    ids = draw(st.lists(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), unique=True, max_size=5))
    items = tuple(
        SlateItem(
            paper_id,
            place,
            place,
            draw(numbers),
            draw(st.none() | chances),
            1.0,
            draw(st.lists(st.tuples(st.text(), chances), max_size=2).map(tuple)),
            draw(st.lists(reasons, max_size=2).map(tuple)),
        )
        for place, paper_id in enumerate(ids, start=1)
    )
    return Slate(REQUEST, "relevance", Columns.of(items))


@given(slates())
def test_a_slate_survives_its_encoding_and_encodes_to_the_same_bytes(slate):
    body = encode_slate(slate)
    assert decode_slate(body) == slate
    assert encode_slate(decode_slate(body)) == body


@given(slates(), st.integers(0, 6), st.integers(1, 6))
def test_a_page_is_read_without_what_comes_after_it(slate, offset, limit):
    assert decode_page(encode_slate(slate), offset, limit) == slate.page(offset, limit)


@pytest.mark.parametrize(
    "text", ['x,"reasons":[', '],"request":{', ',"topics":[', '\\","useful_below":', "é" * 3000, "[" * 900]
)
def test_texts_that_look_like_columns_or_are_long_are_texts(text):
    item = SlateItem("a", 1, 1, 0.5, 0.25, 1.0, ((text, 0.9),), (Reason("near", text, 0.75),) * 3)
    many = tuple(item._replace(paper_id=f"p{place}", position=place, rank=place) for place in range(1, 60))
    slate = Slate(replace(REQUEST, user_id="ada"), text, Columns.of(many))
    for offset, limit in ((0, 1), (0, 20), (19, 40), (58, 5), (70, 3)):
        assert decode_page(encode_slate(slate), offset, limit) == slate.page(offset, limit)


@pytest.mark.parametrize("cut", [1, 30, 200, 400])
def test_a_page_of_broken_bytes_is_refused(cut):
    item = SlateItem("a", 1, 1, 0.5, 0.25, 1.0, (("cs.CL", 0.9),), (Reason("near", "so", 0.75),))
    with pytest.raises(InvalidValue, match="not a slate"):
        decode_page(encode_slate(Slate(REQUEST, "crowd", Columns.of((item,))))[:-cut], 0, 1)


def test_the_bytes_of_a_slate_are_these():
    item = SlateItem("2602.1", 1, 1, -0.5, None, 1.0, (("cs.CL", 0.9),), (Reason("near", "close to ‘é’", 0.75),))
    body = encode_slate(Slate(replace(REQUEST, topic=None), "crowd", Columns.of((item,))))
    assert body.decode() == (
        '{"format":1,"n_below":0,"paper_ids":["2602.1"],"probabilities":[null],"propensities":[1.0],"ranks":[1],'
        '"reasons":[[["near","close to ‘é’",0.75]]],"request":{"as_of":"2026-02-27T08:00:00.000000+00:00",'
        '"day":"2026-02-27","min_probability":null,"model_version":"3","seed":0,"topic":null,'
        '"user_id":"ada"},"scorer":"crowd",'
        f'"scores":[-0.5],"slate_id":"{replace(REQUEST, topic=None).slate_id}",'
        '"topics":[[["cs.CL",0.9]]],"useful_below":0.0}'
    )


def test_what_was_left_out_is_kept_and_counts_as_expected():
    slate = Slate(replace(REQUEST, min_probability=0.2), "relevance", Columns.of(()), n_below=7, useful_below=0.31)
    assert decode_slate(encode_slate(slate)) == slate
    assert slate.expected_useful == 0.31


def test_columns_of_different_lengths_are_refused():
    item = SlateItem("a", 1, 1, 0.5, 0.25, 1.0, (("cs.CL", 0.9),), (Reason("near", "so", 0.75),))
    body = encode_slate(Slate(REQUEST, "crowd", Columns.of((item, item))))
    for shorter in (body.replace(b'"ranks":[1,1]', b'"ranks":[1]'), body.replace(b",0.25]", b"]")):
        assert shorter != body
        with pytest.raises(InvalidValue, match="columns of"):
            decode_slate(shorter)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"format":2}', b"\xff"])
def test_other_bytes_are_refused_by_name(body):
    with pytest.raises(InvalidValue, match="slate"):
        decode_slate(body)


def test_no_negative_zero_reaches_a_slate():
    assert str(rounded(-1e-9)) == "0.0"
