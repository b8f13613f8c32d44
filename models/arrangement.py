"""Which interests a user has, and where that and variety put the papers: between a ranking and its slate."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from features.encoders import word_part
from features.errors import UnknownTopic
from features.interest_changes import InterestChange
from features.moment import VectorExamples
from models.diversity import Interested, Placed, place
from models.evidence import Profile
from models.found_interests import Found
from models.interest_changes import changed
from models.interests import Interest, Wording, belonging_to, find_interests, subjects_of
from models.model import Model
from models.pauses import pause
from models.personal import examples_digest, vectors_of
from models.ridge import Floats

Rows = NDArray[np.intp]
Arrange = Callable[[Rows], Placed]


def unmoved(order: Rows) -> Placed:
    """The order as it is."""
    return Placed(order, {})


def interests_of_user(
    model: Model,
    user_key: str,
    profile: Profile,
    examples: VectorExamples,
    changes: Sequence[InterestChange] = (),
) -> tuple[Interest, ...]:
    """The interests of a user with this profile, these examples and changes; what is found is kept until it differs."""
    pause()
    kept = model.interests.of(user_key, examples_digest(examples), lambda: Found(_found(model, profile, examples)))
    found = kept.interests
    return changed(found, changes, examples.examples.paper_ids) if changes and found else found


def interest_named(interests: tuple[Interest, ...], name: str) -> Interest:
    """The one of this name; UnknownTopic."""
    for interest in interests:
        if interest.name == name:
            return interest
    raise UnknownTopic(name)


def arranged(
    model: Model, interests: tuple[Interest, ...], examples: VectorExamples, scores: Floats, vectors: Floats
) -> Arrange:
    """What fills the first places of a slate (:mod:`models.diversity`) of papers with these scores and vectors.

    ``interests`` are of the user with these ``examples``.
    """
    interested = None
    if len(interests) > 1:
        belongs = partial(_belonging_to, interests, vectors_of(examples), vectors)
        subjects = subjects_told(model, interests, examples)
        interested = Interested(tuple(each.share for each in interests), belongs, subjects)
    return lambda order: place(order, scores, vectors, model.config.slate, interested)


def subjects_told(model: Model, interests: tuple[Interest, ...], examples: VectorExamples) -> tuple[int, ...]:
    """The subject of each interest of the user with these ``examples``, numbered from 0.

    By vectors without what a sentence encoder says, by which papers of any two subjects are somewhat alike.
    """
    chosen, centre, sense = vectors_of(examples), model.background.shared.centre, model.evidence.sense
    if sense is not None:
        own = slice(sense.start, sense.stop)
        chosen, centre = np.delete(chosen, own, axis=1), np.delete(centre, own)
    # the squared length of the centre is the mean product of all pairs
    return subjects_of(interests, chosen, examples.examples.weights, float(centre @ centre))


def _belonging_to(interests: tuple[Interest, ...], chosen: NDArray[np.float32], vectors: Floats, rows: Rows) -> Rows:
    return belonging_to(interests, chosen, vectors[rows])


def _found(model: Model, profile: Profile, examples: VectorExamples) -> tuple[Interest, ...]:
    words, text = word_part(model.encoder), model.evidence.text
    wording = None if words is None or text is None else Wording(words.vocabulary, text.weighed_mean)
    return find_interests(examples, wording, profile.chosen.terms)
