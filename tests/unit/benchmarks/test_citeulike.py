from pathlib import Path

import numpy as np
import pytest

from benchmarks.citeulike import by_user, drawn_users, eligible, read_lists, read_pairs, read_texts
from benchmarks.options import MissingData, Options
from benchmarks.suites import citeulike_a, interests
from benchmarks.suites.citeulike_t import Library, days_of
from features.domain import Paper


def test_a_line_is_a_count_and_that_many_numbers(tmp_path: Path) -> None:
    (tmp_path / "users.dat").write_text("2 7 3\n0\n3 1 1 2\n")
    assert [each.tolist() for each in read_lists(tmp_path / "users.dat")] == [[3, 7], [], [1, 2]]


def test_a_bag_of_words_becomes_a_text_of_whole_terms(tmp_path: Path) -> None:
    (tmp_path / "mult.dat").write_text("2 0:2 1:1\n1 2:1\n0\n")
    (tmp_path / "vocabulary.dat").write_text("xylem\nm-estimators\n100s")
    assert read_texts(tmp_path / "mult.dat", tmp_path / "vocabulary.dat") == ["xylem xylem m_estimators", "_100s", ""]


def test_pairs_count_from_one_in_the_file_and_from_zero_here(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("2,5,1\n1,3,1\n2,1,1\n")
    assert {user: papers.tolist() for user, papers in by_user(read_pairs(tmp_path / "train.csv")).items()} == {
        0: [2],
        1: [0, 4],
    }


def test_users_need_warm_saves_and_a_cold_one() -> None:
    saves = {0: np.array([0, 1, 4]), 1: np.array([0, 1]), 2: np.array([0, 4])}
    assert eligible(saves, np.array([True, True, True, True, False]), 2) == [0]


def test_a_sample_of_users_is_drawn_by_the_seed() -> None:
    assert drawn_users(range(100), 5, 1) == drawn_users(range(100), 5, 1) != drawn_users(range(100), 5, 2)
    assert drawn_users([3, 1], 5, 1) == [3, 1]


def test_days_are_four_fifths_of_the_warm_a_fifth_and_the_cold() -> None:
    day = days_of(100, np.arange(20), seed=1)
    assert np.bincount(day).tolist() == [64, 16, 20]
    assert set(day[:20].tolist()) == {2}


def test_no_save_of_a_cold_paper_is_known() -> None:
    papers = tuple(Paper(f"p{number}", "t") for number in range(4))
    library = Library(papers, {0: np.array([0, 1, 3])}, np.array([0, 1, 2, 2]))
    known = library.known([library.rows(0)])
    assert {row.interaction.paper_id for user in known.users for row in user.interactions} == {"p0", "p1"}
    assert all(row.known_at <= known.cut for user in known.users for row in user.interactions)
    assert {paper.id for paper in known.catalogue.papers} == {"p0", "p1"}
    assert library.answers(0) == {"p3"}


def test_a_warm_paper_never_cites_a_cold_one() -> None:
    edges = [np.array([1, 2]), np.array([0]), np.array([0, 1, 3])]
    found = citeulike_a.citations_of(edges, np.array([0, 1, 2, citeulike_a.ABSENT]))
    assert [each.tolist() for each in found] == [[], [0], [0, 1]]


def test_answers_about_warm_papers_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_text("1,3,1\n1,5,1\n")
    assert citeulike_a.answers_of(tmp_path / "answers.csv", np.array([4])).tolist() == [[0, 4]]


def test_tags_and_citations_are_one_word_each_for_recipes_that_read_words() -> None:
    words = citeulike_a.tokens_of(Paper("a1", "1", keywords=("for: you", "x"), references=("a2",))).split()
    assert len(words) == 4
    assert words[2:] == ["cites_a1", "cites_a2"]


def test_absent_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"users\.dat is not there"):
        Options(tmp_path).file("citeulike_t", "users.dat")


def test_each_reader_of_two_subjects_is_made_of_the_two_libraries_least_alike() -> None:
    means = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [0.8, 0.6], [1.0, 0.0]])
    pairs = interests.far_apart([7, 8, 9, 10, 11], means)
    assert [pair.users for pair in pairs] == [(7, 9), (8, 11)]
    assert pairs[0].means.tolist() == [[1.0, 0.0], [0.0, 1.0]]
