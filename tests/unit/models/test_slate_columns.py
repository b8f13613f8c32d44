from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from models.slate import rounded
from models.slate_columns import Columns, LaterRows, Numbers, Phrase, Picked, Reason, Reasons, SlateItem

numbers = st.floats(-1e6, 1e6).map(rounded) | st.just(0.0)
written_out = st.lists(st.builds(Reason, st.sampled_from(["words", "near"]), st.text(), numbers), max_size=3).map(tuple)
before = st.lists(st.builds(Reason, st.just("cold_start"), st.text(), st.just(0.0)), max_size=1).map(tuple)


@st.composite
def reasons(draw):
    phrases = draw(st.lists(st.builds(Phrase, st.text(), st.text(), before), min_size=1, max_size=3))
    told = draw(st.lists(st.tuples(st.integers(0, len(phrases) - 1), numbers), max_size=6))
    n_head = draw(st.integers(0, len(told)))
    return Reasons(phrases, told, [draw(written_out) for _ in range(n_head)])


@given(reasons())
def test_reasons_write_what_their_rows_say(column):
    assert column.to_json() == to_json(list(column))


@given(reasons(), written_out, written_out, st.builds(Reason, st.just("rule"), st.text(), numbers))
def test_rows_have_more_beside_them_and_are_preceded(column, before, after, first):
    rows = [(first, *row) for row in column]
    column = column.preceded_by(first)
    if rows:
        column = column.beside({0: before}, {0: after, len(rows) - 1: after})
        rows[0] = (*before, *rows[0], *after)
    if len(rows) > 1:
        rows[-1] = (*rows[-1], *after)
    assert list(column) == rows
    assert column.to_json() == to_json(rows)


def test_later_rows_are_made_a_run_at_a_time():
    made = []

    def make(start, stop):
        made.append((start, stop))
        return [(Reason("near", str(row), 1.0),) for row in range(start, stop)]

    rows = LaterRows([2, 5], make)
    assert (len(rows), made) == (5, [])
    assert [row[0].text for row in rows[3:]] == ["3", "4"]
    assert made == [(2, 5)]
    assert [row[0].text for row in rows] == ["0", "1", "2", "3", "4"]
    assert made == [(2, 5), (0, 2)]
    assert list(LaterRows([], make)) == list(LaterRows([0], make)) == []


@given(st.integers(-7, 7), st.integers(-7, 7), st.sampled_from([1, 2, -1]))
def test_a_part_of_later_rows_is_that_part_of_all(start, stop, step):
    rows = LaterRows([2, 5], range)
    assert rows[start:stop:step] == list(range(5))[start:stop:step]


def test_numbers_are_those_of_the_array():
    column = Numbers(np.array([0.5, -0.25, 1.0]))
    assert list(column) == [0.5, -0.25, 1.0]
    assert column[1:] == [-0.25, 1.0]
    assert type(column[0]) is float
    assert column.to_json() == to_json([0.5, -0.25, 1.0])
    assert Numbers(np.arange(3)).to_json() == b"[0,1,2]"


@given(reasons(), st.integers(-7, 7), st.integers(-7, 7))
def test_a_part_of_the_reasons_is_that_part_of_their_rows(column, start, stop):
    assert column[start:stop] == list(column)[start:stop]
    assert [column[place] for place in range(-len(column), 0)] == list(column)


def test_a_phrase_without_weight_says_nothing_but_what_stands_before_it():
    first = Reason("cold_start", "not yet personal", 0.0)
    column = Reasons(
        (Phrase("near", "close to what you chose"), Phrase("near", "close", (first,))), [(0, 0.0), (1, 0.0)]
    )
    assert list(column) == [(), (first,)]
    assert list(Reasons.same((first,), 2)) == [(first,), (first,)]
    assert Reasons.same((), 0).to_json() == b"[]"


def test_topics_are_picked_with_their_json():
    topics = ((("cs.CL", 0.9), ("é", 0.5)), (), (("cs.LG", 0.75),))
    column = Picked(topics, [to_json(each) for each in topics], [2, 0])
    assert list(column) == [topics[2], topics[0]]
    assert column[1:] == [topics[0]]
    assert column.to_json() == to_json([topics[2], topics[0]])


def test_columns_are_equal_where_their_items_are():
    item = SlateItem("2602.1", 1, 1, 0.5, None, 1.0, (), (Reason("near", "close", 0.25),))
    columns = Columns.of([item])
    phrased = replace(columns, reasons=_phrased(0.25))
    assert phrased == columns
    assert hash(phrased) == hash(columns)
    assert replace(columns, reasons=_phrased(0.5)) != columns
    assert columns.items() == (item,)
    assert columns.items(1, 2) == ()


def _phrased(weight):
    return Reasons((Phrase("near", "close"),), [(0, weight)])
