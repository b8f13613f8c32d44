"""Sentences of abstracts and what they state."""

import numpy as np
import pytest

from models.rhetoric import IDEA, NONE, PROBLEM, RESULT, SentenceModel, roles_of_spans, sentences_of

ABSTRACTS = [
    f"Training on {subject} is hard and slow. Here is a remark on {subject}. We propose a new way of {subject}. "
    f"Experiments on {subject} show an accuracy of {n} %."
    for n, subject in enumerate(["images", "words", "graphs", "robots", "speech", "proteins", "maps", "games"] * 5)
]
ROLES = [[PROBLEM, NONE, IDEA, RESULT]] * len(ABSTRACTS)


@pytest.mark.parametrize(
    ("text", "n"),
    [("One. Two! Three?", 3), ("Smith et al. Show it. Yes.", 2), ("As in $a. B$ here. Then.", 2), ("", 0), ("  ", 0),
     ("e.g. This. That (i.e. Those). End", 3), ("No end", 1), ("A 3.5 Gb file. Done.", 2)],
)  # fmt: skip
def test_sentences_end_where_they_end(text: str, n: int) -> None:
    spans = sentences_of(text)
    assert len(spans) == n
    assert "".join(text[start:stop] for start, stop in spans).strip() == text.strip()


def test_a_sentence_has_the_role_of_the_mark_it_shares_most_with() -> None:
    text = "First one here. Second one here. Third."
    assert roles_of_spans(text, [(6, 15, PROBLEM), (14, 30, IDEA)]) == [PROBLEM, IDEA, NONE]


def test_it_learns_what_sentences_state_and_survives_its_arrays() -> None:
    model = SentenceModel.fit(ABSTRACTS, ROLES, seed=0)
    again = SentenceModel.from_arrays({name: np.array(values) for name, values in model.arrays().items()})
    new = (
        "Training on tables is hard and slow. Here is a remark on it. We propose a new way of it. Experiments show 3 %."
    )
    assert [role for _, role in again.roles(new)] == [PROBLEM, NONE, IDEA, RESULT]
    assert again.roles(new) == model.roles(new)
    assert again.roles("") == []
