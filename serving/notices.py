"""What a user is told about a ranking that is not personal, empty by request, or without what they never want."""

from models.slate import Slate, SlatePage


def notice_of(slate: Slate | SlatePage) -> str | None:
    """What is to be said of a slate as a whole: that it is not personal, why it is empty, what rules left out.

    None for a personal slate that nothing was left out of.
    """
    said = [sentence for sentence in (_ranked(slate), _left_out(slate)) if sentence]
    return " ".join(said) or None


def _left_out(slate: Slate | SlatePage) -> str | None:
    if not slate.n_left_out:
        return None
    return (
        "Your rules left 1 paper out." if slate.n_left_out == 1 else f"Your rules left {slate.n_left_out} papers out."
    )


def _ranked(slate: Slate | SlatePage) -> str | None:
    if not slate.n_items and slate.n_below:
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
