"""Whether somebody is a user."""

from features.errors import UnknownUser
from features.store import Transaction


def exists(tx: Transaction, user_id: str) -> bool:
    """Whether the store has a user of this id."""
    try:
        tx.users.get(user_id)
    except UnknownUser:
        return False
    return True
