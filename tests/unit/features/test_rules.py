import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InvalidValue
from features.rules import MAX_VALUE, Rule, RuleField, RuleKind, words_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Self-supervised GANs", ("self", "supervised", "gans")),
        ("LEÓN Straße", ("leon", "strasse")),
        ("C++ or C#", ("c++", "or", "c#")),
        ("強化学習 agents", ("強", "化", "学", "習", "agents")),
        ("snake_case, $x_1$", ("snake", "case", "x", "1")),
        ("—…!", ()),
    ],
)
def test_words_have_no_case_accents_and_punctuation(text, words):
    assert words_in(text) == words


@given(st.text())
def test_any_text_has_words_and_they_are_without_spaces(text):
    assert all(word and not word.isspace() for word in words_in(text))


@pytest.mark.parametrize("value", ["", "  ", "!?", "x" * (MAX_VALUE + 1), "a\x00b", "\ud800"])
def test_a_rule_that_means_nothing_is_refused(value):
    with pytest.raises(InvalidValue, match="value"):
        Rule(RuleKind.NEVER, RuleField.WORD, value)


def test_a_category_is_written_as_one():
    assert Rule(RuleKind.MUST, RuleField.CATEGORY, " cs.LG ").value == "cs.LG"
    with pytest.raises(InvalidValue, match="cs for all of its kind"):
        Rule(RuleKind.MUST, RuleField.CATEGORY, "machine learning")


def test_rules_that_speak_of_the_same_papers_are_the_same():
    one, other = (Rule(RuleKind.MUST, RuleField.WORD, value) for value in ("Self-Supervised", "self   supervised"))
    assert one.says_the_same(other)
    assert not one.says_the_same(Rule(RuleKind.NEVER, RuleField.WORD, "self supervised"))
