"""What a user is told about a ranking that is not personal, or empty by request."""

from models.slate import Slate


def notice_of(slate: Slate) -> str | None:
    """One sentence for a slate that no classifier of the user's own ranked; None for a personal one.

    A slate that is empty because nothing is probable enough says so.
    """
    if not slate.items and slate.n_below:
        return (
            f"None of the day's {slate.n_below} papers is as probable as {slate.request.min_probability:.0%}: "
            f"{slate.expected_useful:.1f} useful ones are expected among them. Ask for less to see them."
        )
    if slate.request.model_version.startswith("baseline:"):
        return (
            f"No model has been promoted yet: papers are ranked by the baseline '{slate.scorer}', not by your clicks."
        )
    if slate.scorer == "crowd":
        return "Nothing you have liked is known as of this moment: this is everybody's ranking, not yours."
    return None
