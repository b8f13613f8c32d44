"""What a reader's library says: BibTeX, RIS, CSV and pasted lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.domain import Paper
from features.sources.bibtex import read_bibtex, write_bibtex
from features.sources.exported import read_export
from features.sources.pasted import read_pasted
from features.sources.ris import read_ris, write_ris
from features.sources.saved_table import read_saved_table, write_saved_table
from features.tex import from_tex, to_tex
from features.text import plain

FORMATS = {
    "bibtex": (read_bibtex, write_bibtex),
    "ris": (read_ris, write_ris),
    "csv": (read_saved_table, write_saved_table),
}
BIBTEX = r"""
@string{neurips = {NeurIPS}}
% a remark
@inproceedings{goedel, title = {The {BERT} of G{\"o}del: 50\% of $\alpha_{1}$},
  author = {G{\"o}del, Kurt and Ada B{\'e}},
  booktitle = neurips # " 2020", abstract = "An {abstract}."}
@article{broken, title = {Never closed,
@article{second, title = {Second}, journal = {arXiv preprint arXiv:2501.00001v2}}
@article{second, title = {The same key}}
@misc{empty, year = {2020}}
@article{twice, title = {First title}, title = {Another}, eprint = {2501.00002}, archivePrefix = {arXiv}}
"""
RIS = """stray line
TY  - JOUR
TI  - Sherlock Holmes in Babylon
AU  - Buck, R. Creighton
AB  - A tale
that goes on.
UR  - https://arxiv.org/abs/2501.00001v3
ER  -
TY  - BOOK
AU  - Nobody
ER  -
TY  - JOUR
T1  - No end
"""


def lines_of(problems):
    return [problem.line for problem in problems]


def test_bibtex_gives_its_good_entries_and_the_lines_of_the_others():
    good, problems = read_bibtex(BIBTEX.encode())
    assert [(paper.title, paper.paper_id) for paper in good] == [
        (r"The BERT of Gödel: 50% of $\alpha_{1}$", None),
        ("Second", "2501.00001"),
        ("The same key", None),
        ("First title", "2501.00002"),
    ]
    assert good[0].authors == ("Kurt Gödel", "Ada Bé")
    assert good[0].abstract == "An abstract."
    assert lines_of(problems) == [7, 10]


def test_ris_gives_its_good_entries_and_the_lines_of_the_others():
    good, problems = read_ris(RIS.encode())
    assert [(paper.line, paper.title, paper.paper_id) for paper in good] == [
        (2, "Sherlock Holmes in Babylon", "2501.00001"),
        (12, "No end", None),
    ]
    assert (good[0].authors, good[0].abstract) == (("R. Creighton Buck",), "A tale that goes on.")
    assert lines_of(problems) == [1, 9]


def test_pasted_lines_are_ids_addresses_or_titles():
    pasted = "2501.00001v2\n\nhttps://arxiv.org/pdf/2501.00002\n Attention is all you need \nhttps://example.org/x\n"
    good, problems = read_pasted(pasted.encode())
    assert [(paper.line, paper.paper_id, paper.title) for paper in good] == [
        (1, "2501.00001", ""),
        (3, "2501.00002", ""),
        (4, None, "Attention is all you need"),
    ]
    assert lines_of(problems) == [5]


def test_a_table_without_a_known_column_says_which_it_needs():
    assert "'title' or 'id'" in str(read_saved_table(b"a,b\n1,2\n")[1][0])


@pytest.mark.parametrize("read", [read_bibtex, read_ris])
def test_a_file_of_something_else_says_how_an_entry_begins(read):
    good, problems = read(b"")
    assert not good
    assert "no entry begins in it" in str(problems[0])


def test_only_the_entry_that_is_no_utf8_is_refused():
    good, problems = read_bibtex(b"@misc{a, title={caf\xe9}}\n@misc{b, title={caf\xc3\xa9}}\n")
    assert [paper.title for paper in good] == ["café"]
    assert [str(problem) for problem in problems] == ["BibTeX, line 1: is not UTF-8"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"{\'E}tale {\o}rsted na\"{\i}ve \c{c}a \v Skoda stra{\ss}e", "Étale ørsted naïve ça Škoda straße"),
        (r"\emph{Very} {D}eep~{L}earning", "Very Deep Learning"),
        (r"R\&D for \$5 \# \_", "R&D for $5 # _"),
        (r"{$\{x\}$} and $y^{2}$", r"$\{x\}$ and $y^{2}$"),
        (r"a \textbackslash{} b", "a \\ b"),
    ],
)
def test_tex_is_read_as_it_would_be_printed(written, meant):
    assert from_tex(written) == meant


def test_what_ends_a_field_or_begins_a_comment_is_escaped():
    assert to_tex("50% of $x_1$ in R&D} \\") == r"50\% of $x_1$ in R\&D \textbackslash{}"


@pytest.mark.parametrize("name", FORMATS)
def test_a_paper_comes_back_as_it_was_written(name):
    read, write = FORMATS[name]
    paper = Paper(
        "2501.00001",
        "Größe: 50% of $x_1$, ~R&D_{2}",
        "An abstract – with “quotes”; {braces} and #3.",
        ("Ada B. Ö", "C. D."),
    )
    other = Paper("lab/report-7", "=cmd|' /C calc'!A0", "@article{x, title={y}}")
    good, problems = read(write([paper, other]).encode())
    assert not problems
    assert [(one.paper_id, one.authors) for one in good] == [(paper.id, paper.authors), (other.id, ())]
    assert good[0].abstract.replace("{", "").replace("}", "") == paper.abstract.replace("{", "").replace("}", "")
    assert good[1].title == other.title


@pytest.mark.parametrize("name", FORMATS)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=40).map(plain).filter(bool), min_size=1, max_size=4
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80).map(plain),
)
def test_no_text_makes_a_saved_paper_lost(name, titles, abstract):
    read, write = FORMATS[name]
    papers = [Paper(f"p/{number}", title, abstract) for number, title in enumerate(titles)]
    good, _ = read(write(papers).encode())
    assert [paper.paper_id for paper in good] == [paper.id for paper in papers]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_no_cell_of_a_table_is_a_formula(cell):
    table = write_saved_table([Paper("1", cell, cell, (cell,))])
    assert f"1,'{cell},'{cell},'{cell}," in table
    assert read_saved_table(table.encode())[0][0].title == cell


@pytest.mark.parametrize("read", [read_bibtex, read_ris, read_saved_table, read_pasted, read_export])
@given(st.binary(max_size=300))
def test_no_bytes_make_a_reader_fail(read, data):
    good, problems = read(data)
    assert all(paper.title or paper.paper_id for paper in good)
    assert all(problem.line >= 1 for problem in problems)
