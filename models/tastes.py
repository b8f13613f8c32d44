"""What a model makes of a user's choices as a whole: the interests that share out the slate."""

from features.moment import UserMoment
from models.arrangement import interests_of_user
from models.interests import Interest
from models.model import Model
from models.recommend import Policy, profile_of_user


def interests_at(user: UserMoment, policy: Policy) -> tuple[Interest, ...]:
    """The user's interests at the moment, the largest share first; none under a baseline or without positives."""
    if not isinstance(policy, Model):
        return ()
    profile = profile_of_user(policy, user.user_key, user.relevance)
    return interests_of_user(policy, user.user_key, profile, user.relevance, user.changes)
