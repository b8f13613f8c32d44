"""What a user corrects in their interests: from the name an interest has now to the papers that make it."""

from collections.abc import Sequence
from dataclasses import dataclass

from features.domain import User
from features.errors import InvalidValue, UnknownTopic
from features.interest_changes import ChangeKind, InterestChange
from features.store import Transaction
from models.interests import INTEREST
from models.slate import rounded
from models.tastes import interests_at
from serving.dependencies import Services
from serving.observed import EVERYTHING
from serving.ranking import Question, known_at, resolve
from serving.schemas.interests import InterestPatch


@dataclass(frozen=True, slots=True)
class Standing:
    """An interest as it stands: its ``name``, its ``share`` and the chosen papers that make it, ascending by id."""

    name: str
    share: float
    paper_ids: tuple[str, ...]


def standing_interests(services: Services, tx: Transaction, user: User) -> list[Standing]:
    """The interests of the user by all that is recorded, the largest share first."""
    known = known_at(services, tx, user, resolve(services, tx, user, Question()))
    ids = known.user.relevance.examples.paper_ids
    return [
        Standing(interest.name, rounded(interest.share), tuple(ids[row] for row in interest.rows.tolist()))
        for interest in interests_at(known.user, known.policy)
    ]


def change_of(services: Services, tx: Transaction, user: User, name: str, patch: InterestPatch) -> InterestChange:
    """The change that ``patch`` makes of the interest called ``name``. UnknownTopic, InvalidValue."""
    found = standing_interests(services, tx, user)
    interest = _named(found, name)
    if patch.merge_into is not None:
        into = _named(found, patch.merge_into)
        if into is interest:
            raise InvalidValue("merge_into", patch.merge_into, "an interest is one with itself already")
        return InterestChange(ChangeKind.MERGE, name, interest.paper_ids, into.paper_ids)
    if patch.name is not None:
        return InterestChange(ChangeKind.RENAME, patch.name.removeprefix(INTEREST).strip(), interest.paper_ids)
    return InterestChange(ChangeKind.MUTE, name, interest.paper_ids)


def unmute(services: Services, tx: Transaction, user: User, name: str) -> None:
    """Give back their voice to the papers of what was muted under ``name``; UnknownTopic if nothing was."""
    muted = [
        known.id
        for known in tx.interest_changes.of_user(user.id, EVERYTHING)
        if known.change.kind is ChangeKind.MUTE and known.change.name == name
    ]
    if not muted:
        raise UnknownTopic(name)
    with services.store.transaction() as writing:
        for rule_id in muted:
            writing.rules.withdraw(user.id, rule_id, recorded_at=services.clock())


def forget(services: Services, tx: Transaction, user: User, name: str) -> None:
    """Retract all the user did with the papers of the interest called ``name``; UnknownTopic."""
    papers = set(_named(standing_interests(services, tx, user), name).paper_ids)
    said = [row.interaction for row in tx.interactions.of_user(user.id, EVERYTHING)]
    with services.store.transaction() as writing:
        for interaction in said:
            if interaction.paper_id in papers:
                writing.interactions.retract(user.id, interaction.client_id, recorded_at=services.clock())


def _named(found: Sequence[Standing], name: str) -> Standing:
    for interest in found:
        if interest.name == name:
            return interest
    raise UnknownTopic(name)
