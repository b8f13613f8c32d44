from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import check_grad

from features.domain import Paper
from features.labels import Examples
from features.moment import VectorExamples
from models import term_weights
from models.term_weights import LEAST_CHOICES, learnt_weights

N_SUBJECTS, N_FILLERS, N_PAPERS = 6, 6, 600


def papers(seed=0):
    """Terms of papers: one of a subject, which is what they are chosen for, and two of the fillers, which is not."""
    rng = np.random.default_rng(seed)
    subject = rng.integers(0, N_SUBJECTS, N_PAPERS)
    terms = np.zeros((N_PAPERS, N_SUBJECTS + N_FILLERS))
    terms[np.arange(N_PAPERS), subject] = 1.0
    for row in terms:
        row[N_SUBJECTS + rng.choice(N_FILLERS, 2, replace=False)] = 1.0
    return subject, sparse.csr_array((terms / np.sqrt(3.0)).astype(np.float32))


def readers(subject, terms, n=120, seed=1):
    """Each has chosen five papers of one subject."""
    rng = np.random.default_rng(seed)
    found = {}
    for number in range(n):
        rows = np.sort(rng.choice(np.flatnonzero(subject == number % N_SUBJECTS), 5, replace=False))
        ids = tuple(f"p{row:03d}" for row in rows)
        examples = Examples(ids, np.ones(5, dtype=np.int8), np.ones(5))
        nothing = np.zeros((5, 1), dtype=np.float32)
        found[f"reader {number}"] = VectorExamples(examples, tuple(Paper(i, i, "") for i in ids), nothing, terms[rows])
    return found


IDS = [f"p{row:03d}" for row in range(N_PAPERS)]


def test_terms_that_papers_are_chosen_for_weigh_more_than_those_they_happen_to_share():
    subject, terms = papers()
    found = learnt_weights(readers(subject, terms), terms, IDS, 0)
    assert found.dtype == np.float32
    assert found[:N_SUBJECTS].min() > 1.5 * found[N_SUBJECTS:].max()


def test_a_term_nobody_has_chosen_keeps_its_weight():
    subject, terms = papers()
    wider = sparse.csr_array(sparse.hstack([terms, np.zeros((N_PAPERS, 1), dtype=np.float32)], format="csr"))
    assert learnt_weights(readers(subject, wider), wider, IDS, 0)[-1] == 1.0


def test_names_and_order_of_users_change_no_bit():
    subject, terms = papers()
    users = readers(subject, terms)
    turned = {f"x{number}": user for number, user in enumerate(reversed(users.values()))}
    assert learnt_weights(users, terms, IDS, 3).tobytes() == learnt_weights(turned, terms, IDS, 3).tobytes()


def test_few_choices_few_papers_and_no_words_leave_all_weights_at_one():
    subject, terms = papers()
    users = readers(subject, terms)
    ones = np.ones(terms.shape[1], dtype=np.float32)
    few = dict(list(users.items())[: (LEAST_CHOICES - 1) // 5])
    assert (learnt_weights(few, terms, IDS, 0) == ones).all()
    assert (learnt_weights(users, terms[:20], IDS[:20], 0) == ones).all()
    assert (
        learnt_weights({name: replace(user, terms=None) for name, user in users.items()}, terms, IDS, 0) == ones
    ).all()
    assert (learnt_weights({}, terms, IDS, 0) == ones).all()


def test_who_has_said_something_of_nearly_every_paper_teaches_nothing_and_stops_nobody():
    subject, terms = papers()
    users = readers(subject, terms)
    every = Examples(tuple(IDS), np.ones(N_PAPERS, dtype=np.int8), np.ones(N_PAPERS))
    vectors = np.zeros((N_PAPERS, 1), dtype=np.float32)
    all_of_them = VectorExamples(every, tuple(Paper(each, each, "") for each in IDS), vectors, terms)
    assert (learnt_weights({"everything": all_of_them}, terms, IDS, 0) == 1.0).all()
    found = learnt_weights({**users, "everything": all_of_them}, terms, IDS, 0)
    assert found[:N_SUBJECTS].min() > 1.5 * found[N_SUBJECTS:].max()


def test_no_more_choices_are_explained_than_wanted(monkeypatch: pytest.MonkeyPatch):
    subject, terms = papers()
    monkeypatch.setattr(term_weights, "MOST_CHOICES", 300)
    users = readers(subject, terms)
    held = term_weights._held(users, np.random.default_rng(0))
    assert 200 < sum(len(each.held) for each in held) < 400  # of 600, each user's share rounded by chance
    found = learnt_weights(users, terms, IDS, 0)
    assert found[:N_SUBJECTS].min() > found[N_SUBJECTS:].max()


def test_the_gradient_is_that_of_the_cost():
    chosen = sparse.csr_array(sparse.random(30, 12, 0.5, random_state=1))
    beside = sparse.csr_array(sparse.random(150, 12, 0.5, random_state=2))
    likelihood = term_weights._Likelihood(chosen, beside)
    at = np.append(np.random.default_rng(0).normal(size=12) / 3, 1.0)
    apart = check_grad(lambda x: likelihood.cost(x)[0], lambda x: likelihood.cost(x)[1], at, epsilon=1e-3)
    assert apart < 0.05 * np.linalg.norm(likelihood.cost(at)[1])
