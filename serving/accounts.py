"""What a user can have and end, over the API with a token and on the pages with a session."""

from features.domain import User
from features.store import Transaction
from serving.dependencies import Services
from serving.feeds.entries import FeedForm
from serving.feeds.papers import private_path
from serving.schemas.users import PrivateFeed, UserExport


def export_of(services: Services, user_id: str) -> UserExport:
    """Everything the store holds about a user, and what was about to be written."""
    services.slates.flush()
    with services.store.transaction(readonly=True) as tx:
        return UserExport(user_id=user_id, exported_at=services.clock(), data=tx.users.export(user_id))


def renewed_feed(services: Services, tx: Transaction, user: User) -> PrivateFeed:
    """The addresses of the private feed under a new secret; those before it open nothing from now on."""
    secret = tx.feed_secrets.renew(user.id, at=services.clock())
    root = services.settings.serving.public_url.rstrip("/")
    return PrivateFeed(**{f"{form}_url": root + private_path(secret, form) for form in FeedForm})


def delete_account(services: Services, tx: Transaction, user: User) -> None:
    """Destroy everything about a user, what this process keeps in memory too."""
    services.shelf.forget(user.key)
    services.served.forget(user.id)
    services.answers.forget(user.id)
    services.slates.forget(user.id)
    tx.users.delete(user.id)
