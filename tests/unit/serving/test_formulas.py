"""Formulas as MathML, and what is none, or hostile, as the text it was."""

import gzip
import json
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring

from models.sentences import words
from models.slate_columns import Reason
from serving.web.abstracts import marked, words_named
from serving.web.formulas import formulas

HOSTILE = [
    r"$\href{javascript:alert(1)}{x}$",
    r"$\text{<script>alert(1)</script>}$",
    r"$\text{<b onclick='x'>}$",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "$" + "{" * 290 + "$",
    "$" + r"\frac" * 50 + "$",
    "$x$" * 2000,
    r"$\includegraphics{http://example.org/x}$",
    r"$\style{color:red}{x}$ $\class{a}{x}$",
    "$\x00\x01$",
]


def test_a_formula_is_mathml_and_the_rest_is_escaped() -> None:
    found = formulas("a < b in $x_1$")
    assert found.startswith("a &lt; b in <math")
    assert "<msub><mi>x</mi><mn>1</mn></msub>" in found
    assert "<mfrac>" in formulas(r"\(\frac{1}{2}\)")
    assert "<math" in formulas(r"$$\mathcal{O}(n^2)$$")


@pytest.mark.parametrize("text", ["it costs $5 and $10", "a 5$ note", "$ x $", "no formula at all", r"100\$ or 200\$"])
def test_money_is_no_formula(text: str) -> None:
    assert "<math" not in formulas(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [(r"\emph{so} 10\% of Schr\"odinger", "so 10% of Schrödinger"), ("about ~100 and a_b", "about ~100 and a_b"),
     (r"$\foo{x}$", r"$\foo{x}$"), ("", "")],
)  # fmt: skip
def test_commands_of_latex_are_resolved_and_unknown_ones_left(text: str, shown: str) -> None:
    assert formulas(text) == shown


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_but_mathml_comes_out_of_anything(text: str) -> None:
    root = fromstring(f"<p>{formulas(text)}</p>".replace("\x00", "").replace("\x01", ""))
    names = {element.tag for element in root.iter()} - {"p"}
    assert all(name == "math" or name.startswith("m") for name in names)
    assert not any(
        key in ("href", "style", "class", "src") or key.startswith("on") for e in root.iter() for key in e.attrib
    )


def test_words_and_sentences_are_marked_outside_formulas() -> None:
    text = "Sparse-attention is slow. We use $attention$ <b>."
    found = marked(text, [((0, 26), "problem"), ((26, len(text)), "none")], ["sparse attention", "slow", "b"])
    assert found.startswith(
        '<span class="states problem"><b class="role">Problem</b> <mark>Sparse-attention</mark> is '
    )
    assert "is <mark>slow</mark>. </span>" in found
    assert "&lt;<mark>b</mark>&gt;." in found
    assert "<mark>attention" not in found.partition("<math")[2]


def test_the_words_are_those_that_a_reason_names() -> None:
    reasons = [Reason("words", words(["robot", "arm grasp", "hand"], positive=True), 1.0)]
    reasons.append(Reason("words", words(["bad"], positive=False), -1.0))
    assert words_named(reasons) == ["robot", "arm grasp", "hand"]


def test_the_formulas_of_real_abstracts_can_be_read(data_dir: Path) -> None:
    with gzip.open(data_dir / "arxiv_cs.jsonl.gz") as lines:
        texts = [json.loads(next(lines))["abstract"] for _ in range(3000)]
    with_dollars = [text for text in texts if text.count("$") >= 2]
    shown = [formulas(text) for text in with_dollars]
    assert sum("<math" in one for one in shown) > 0.8 * len(shown)
    for one in shown:
        fromstring(f"<p>{one}</p>")
