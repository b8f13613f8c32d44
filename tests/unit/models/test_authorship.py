import numpy as np

from features.domain import Paper
from models.authorship import AuthorRows, Authorship

PAPERS = (
    Paper("1", "a", authors=("Ada", "Bob")),
    Paper("2", "b", authors=("Bob", "Cy", "Bob")),
    Paper("3", "c"),
    Paper("4", "d", authors=("Dee", "Ada")),
)


def test_a_paper_sums_its_authors_once_each_and_knows_the_largest():
    rows = AuthorRows.of(PAPERS)
    weights = {"Bob": 2.0, "Ada": 1.0, "Zoe": 9.0}
    np.testing.assert_array_equal(rows.sums(weights), [3, 2, 0, 1])
    np.testing.assert_array_equal(rows.largest(weights), [2, 2, 0, 1])


def test_no_papers_and_no_authors_are_no_trouble():
    assert AuthorRows.of(()).largest({"Ada": 1.0}).shape == (0,)
    np.testing.assert_array_equal(AuthorRows.of((PAPERS[2],)).largest({"Ada": 1.0}), [0.0])
    nobody = Authorship.fit((PAPERS[2],))
    assert Authorship.from_arrays(nobody.arrays()).names == ()
    assert nobody.coauthors({"Ada": 1.0}) == {}


def test_coauthors_are_those_beside_an_author_but_not_the_author():
    known = Authorship.fit(PAPERS)
    assert known.coauthors({"Ada": 1.0}) == {"Bob": 1.0, "Dee": 1.0}
    assert known.coauthors({"Ada": 1.0, "Bob": 1.0}) == {"Cy": 1.0, "Dee": 1.0}
    assert known.coauthors({"Zoe": 1.0}) == {}


def test_coauthors_count_for_the_papers_of_a_day_as_any_weights_do():
    found, day = (
        Authorship.fit(PAPERS).coauthors({"Ada": 1.0}),
        AuthorRows.of((*PAPERS, Paper("5", "e", authors=("Zoe",)))),
    )
    np.testing.assert_array_equal(day.sums(found), day.sums(dict(found)))
    assert (found.get("Zoe", 0.0), found.get("Ada"), "Bob" in found, 3 in found) == (0.0, None, True, False)


def test_names_in_any_script_survive_the_files():
    known = Authorship.fit((Paper("1", "a", authors=("Žofia Nováková", "王伟")),))
    again = Authorship.from_arrays(known.arrays())
    assert again.names == known.names
    assert again.coauthors({"王伟": 1.0}) == {"Žofia Nováková": 1.0}


def test_the_same_papers_by_the_same_authors_are_equal_and_others_are_not():
    known = Authorship.fit(PAPERS)
    assert known.equals(Authorship.fit(PAPERS))
    assert not known.equals(Authorship.fit(PAPERS[:3]))
    assert not known.equals(Authorship.fit((*PAPERS[:3], Paper("4", "d", authors=("Ada", "Dee", "Cy")))))
