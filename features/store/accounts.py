"""Accounts, the links mailed to them, and the sessions that a used link opens."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from features.addresses import valid_address
from features.domain import aware_utc
from features.errors import AlreadyExists
from features.store.bearer import digest_of, new_secret
from features.store.queries import insert_all, insert_new
from features.store.reader_tables import accounts, feed_secrets, mailed_links, sessions


class Accounts:
    """Which user reads mail at which address; an address has one user, and a user one address."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, user_id: str, address: str, *, created_at: datetime) -> None:
        """Give the user the address. AlreadyExists where either has another already; InvalidValue for no address."""
        wanted = valid_address(address)
        row = {"user_id": user_id, "address": wanted, "created_at": aware_utc(created_at, "created_at")}
        insert_new(self._connection, accounts, [row])
        if self.user_of(wanted) != user_id:
            raise AlreadyExists(f"an account of user {user_id!r} or of this address")

    def user_of(self, address: str) -> str | None:
        """The id of the user at ``address``, or None."""
        query = select(accounts.c.user_id).where(accounts.c.address == valid_address(address))
        found: str | None = self._connection.execute(query).scalar()
        return found

    def address_of(self, user_id: str) -> str | None:
        """Where the user reads mail, or None for a user who never signed in by mail."""
        query = select(accounts.c.address).where(accounts.c.user_id == user_id)
        found: str | None = self._connection.execute(query).scalar()
        return found


class MailedLinks:
    """Links that prove an address: of one purpose, used once, and soon out of date."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def make(self, purpose: str, address: str, requester: str, *, at: datetime, lifetime: timedelta) -> str:
        """A new secret for ``address``; what else a link says is the caller's business.

        ``requester`` tells who asked apart from others (64 characters at most), for :meth:`n_asked`.
        """
        plain, made_at = new_secret(), aware_utc(at, "at")
        row = {
            "digest": digest_of(plain),
            "purpose": purpose,
            "address": valid_address(address),
            "requester": requester,
            "created_at": made_at,
            "expires_at": made_at + lifetime,
        }
        insert_all(self._connection, mailed_links, [row])
        return plain

    def n_asked(self, *, since: datetime, address: str | None = None, requester: str | None = None) -> int:
        """How many links were made since then for the address, or at the wish of the requester."""
        which = (
            mailed_links.c.address == valid_address(address)
            if address is not None
            else mailed_links.c.requester == requester
        )
        query = select(func.count()).select_from(mailed_links)
        return int(self._connection.execute(query.where(which, mailed_links.c.created_at > since)).scalar_one())

    def good(self, plain: str, purpose: str, *, at: datetime) -> str | None:
        """The address that the link proves while it is unused and in date; nothing changes."""
        query = select(mailed_links.c.address).where(*_usable(plain, purpose, at))
        found: str | None = self._connection.execute(query).scalar()
        return found

    def use(self, plain: str, purpose: str, *, at: datetime) -> str | None:
        """The address that the link proves, once; None for a link that is used, too old or nobody's."""
        change = update(mailed_links).where(*_usable(plain, purpose, at)).values(used_at=aware_utc(at, "at"))
        return self._connection.execute(change.returning(mailed_links.c.address)).scalar()

    def forget(self, *, before: datetime) -> int:
        """Drop links that were made before then; how many."""
        gone = delete(mailed_links).where(mailed_links.c.created_at < before, mailed_links.c.expires_at < before)
        return self._connection.execute(gone).rowcount


class Sessions:
    """Signed-in browsers. The cookie holds the secret; the store its hash."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, user_id: str, *, at: datetime, lifetime: timedelta) -> str:
        """A new session's secret."""
        plain, made_at = new_secret(), aware_utc(at, "at")
        row = {"digest": digest_of(plain), "user_id": user_id, "created_at": made_at, "expires_at": made_at + lifetime}
        insert_all(self._connection, sessions, [row])
        return plain

    def user_of(self, plain: str, *, at: datetime) -> str | None:
        """Whose session it is, or None for one that is over or never was."""
        query = select(sessions.c.user_id).where(sessions.c.digest == digest_of(plain), sessions.c.expires_at > at)
        found: str | None = self._connection.execute(query).scalar()
        return found

    def close(self, plain: str) -> None:
        """End the session."""
        self._connection.execute(delete(sessions).where(sessions.c.digest == digest_of(plain)))

    def close_all(self, user_id: str) -> int:
        """End all of a user's sessions; how many there were."""
        return self._connection.execute(delete(sessions).where(sessions.c.user_id == user_id)).rowcount


class FeedSecrets:
    """The secret part of a user's private feed address: one a user, renewable."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def renew(self, user_id: str, *, at: datetime) -> str:
        """A new secret; the one before it opens nothing from now on."""
        plain = new_secret()
        self._connection.execute(delete(feed_secrets).where(feed_secrets.c.user_id == user_id))
        row = {"user_id": user_id, "digest": digest_of(plain), "created_at": aware_utc(at, "at")}
        insert_all(self._connection, feed_secrets, [row])
        return plain

    def user_of(self, plain: str) -> str | None:
        """Whose feed it opens, or None."""
        query = select(feed_secrets.c.user_id).where(feed_secrets.c.digest == digest_of(plain))
        found: str | None = self._connection.execute(query).scalar()
        return found


def _usable(plain: str, purpose: str, at: datetime) -> tuple[ColumnElement[bool], ...]:
    links = mailed_links.c
    return links.digest == digest_of(plain), links.purpose == purpose, links.used_at.is_(None), links.expires_at > at
