"""A user's own topics, read from the labels they gave."""

from collections.abc import Iterable

from features.domain import InteractionKind, KnownInteraction
from serving.schemas.users import OwnTopic


def labels_of(said: Iterable[KnownInteraction], topic: str, paper_id: str) -> list[KnownInteraction]:
    """The standing labels that put ``paper_id`` into ``topic``."""
    return [
        known
        for known in said
        if known.interaction.kind is InteractionKind.LABEL
        and (known.interaction.topic, known.interaction.paper_id) == (topic, paper_id)
    ]


def own_topics(said: Iterable[KnownInteraction]) -> list[OwnTopic]:
    """The topics by name, each with the number of papers labelled with it."""
    papers: dict[str, set[str]] = {}
    for known in said:
        if known.interaction.topic is not None:
            papers.setdefault(known.interaction.topic, set()).add(known.interaction.paper_id)
    return [OwnTopic(name=name, n_papers=len(papers[name])) for name in sorted(papers)]
