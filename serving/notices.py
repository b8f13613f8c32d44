"""What a user is told about a ranking that is not personal."""

from models.slate import Slate


def notice_of(slate: Slate) -> str | None:
    """One sentence for a slate that no classifier of the user's own ranked; None for a personal one."""
    if slate.request.model_version.startswith("baseline:"):
        return (
            f"No model has been promoted yet: papers are ranked by the baseline '{slate.scorer}', not by your clicks."
        )
    if slate.scorer == "crowd":
        return "Nothing you have liked is known as of this moment: this is everybody's ranking, not yours."
    return None
