import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.text import plain, plain_abstract, plain_list, split_names

PIECES = [*"<>/&;abip#x26lt$ ,\n\t\u202e\u0301\x00\ud800\u037eé", "&amp;", "<p>", "</p>", "Abstract:", " and ", "<!--"]
MARKUP = st.lists(st.sampled_from(PIECES)).map("".join)
ANYTHING = st.one_of(st.text(), MARKUP, st.text(st.characters(categories=["Cc", "Cf", "Cs", "Mn", "Zs", "Lo", "Po"])))


@given(ANYTHING)
def test_plain_text_of_plain_text_is_the_same(value: str) -> None:
    once = plain(value)
    assert plain(once) == once
    assert plain_abstract(plain_abstract(value)) == plain_abstract(value)


@given(ANYTHING)
def test_plain_text_is_one_encodable_line_without_controls(value: str) -> None:
    text = plain(value)
    text.encode()
    assert text == text.strip()
    assert not any(character < " " or "\u202a" <= character <= "\u202e" for character in text)


@given(ANYTHING)
def test_names_never_raise_and_are_never_empty(value: str) -> None:
    assert all(name.strip() == name != "" for name in split_names(value))


def test_latex_stays_and_its_white_space_is_folded() -> None:
    assert plain("Bounds  for\n $a < b$ and $\\langle x<y\\rangle$, 40\\% of \\'etale") == (
        "Bounds for $a < b$ and $\\langle x<y\\rangle$, 40\\% of \\'etale"
    )


def test_html_tags_and_entities_become_what_a_reader_sees() -> None:
    assert plain('<p>H<sub>2</sub>O &amp; <a href="http://x.org">caf&eacute;</a></p>') == "H2O & café"
    assert plain("one<br/>two<p>three</p>") == "one two three"
    assert plain("&lt;b&gt;bold&lt;/b&gt; &amp;lt;") == "bold <"


def test_scripts_and_comments_go_with_their_content() -> None:
    assert plain("a<script>alert(1)</script>b<!-- c -->d") == "a b d"


def test_angle_brackets_that_are_no_html_stay() -> None:
    for text in ("the <think> token", "mean <p> of 3", "ratio <M/L> = 2.6", "if a <b and c> d", "AT&T &c"):
        assert plain(text) == text


def test_direction_overrides_nuls_and_soft_hyphens_go() -> None:
    assert plain("evil\u202egpj.exe\u202c\x00 so\u00adft\u200b\ufeff") == "evilgpj.exe soft"


def test_decomposed_letters_are_composed() -> None:
    assert plain("Schro\u0308dinger") == "Schrödinger"


def test_the_lead_of_an_arxiv_feed_goes() -> None:
    assert plain_abstract("arXiv:2509.13332v1 Announce Type: new \nAbstract: As models") == "As models"
    assert plain_abstract("Abstract: we show") == "we show"
    assert plain_abstract("Abstract algebra is fun") == "Abstract algebra is fun"


def test_deeply_escaped_markup_ends_soon() -> None:
    assert "&" not in plain("&" + "amp;" * 100_000 + "lt;")


@pytest.mark.timeout(20)
def test_a_megabyte_of_unclosed_markup_is_read_in_linear_time() -> None:
    for piece in (
        "<!--",
        "--><!--",
        "<script>",
        "<a x=",
        "<a x='",
        "&#",
        "(",
        "Abstract:",
        "arXiv:a Announce Type: b ",
    ):
        plain_abstract(piece * 40_000)
        split_names(piece * 40_000)


def test_lists_lose_empty_and_repeated_values() -> None:
    assert plain_list(["Ann", " ", "Ann ", "Bo"]) == ("Ann", "Bo")


def test_names_in_one_string_are_parted() -> None:
    assert split_names("Antonin Monteil, Paul Pegon") == ("Antonin Monteil", "Paul Pegon")
    assert split_names("I. A. Zaliznyak and J. M. Tranquada") == ("I. A. Zaliznyak", "J. M. Tranquada")
    assert split_names("A. One (MIT, (Lab)), B. Two, Jr., and C. Three;") == ("A. One", "B. Two, Jr.", "C. Three")
    assert split_names("Andy Sandoval, Chand Roy") == ("Andy Sandoval", "Chand Roy")
    assert split_names("") == ()
