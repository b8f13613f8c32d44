"""Public lists, opened by their owners' own wish, and who follows them."""

from datetime import datetime

from sqlalchemy import Connection, Select, delete, func, select, update

from features.community import PublicList, valid_list_name
from features.domain import aware_utc
from features.errors import AlreadyExists, InvalidValue, UnknownList
from features.store.queries import insert_new
from features.store.reader_tables import follows, public_lists


class Lists:
    """What a list holds are the standing saves of its owner; only its name and its followers are kept here."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, user_id: str, name: str, *, at: datetime) -> str:
        """Open the reader's saved papers under ``name``, instead of an earlier one; the name as it stands in addresses.

        Raises AlreadyExists for a name somebody else has, and InvalidValue. Followers stay.
        """
        wanted = valid_list_name(name)
        if self._find(wanted) not in (None, user_id):
            raise AlreadyExists(f"a list named {wanted!r}")
        row = {"user_id": user_id, "name": wanted, "created_at": aware_utc(at, "at")}
        if self.name_of(user_id) is None:
            insert_new(self._connection, public_lists, [row])
        else:
            own = public_lists.c.user_id == user_id
            self._connection.execute(update(public_lists).where(own).values(name=wanted))
        if self._find(wanted) != user_id:  # somebody else was quicker
            raise AlreadyExists(f"a list named {wanted!r}")
        return wanted

    def close(self, user_id: str) -> None:
        """Nobody sees the reader's saved papers any more, and nobody follows them; again changes nothing."""
        self._connection.execute(delete(public_lists).where(public_lists.c.user_id == user_id))
        self._connection.execute(delete(follows).where(follows.c.curator_id == user_id))

    def name_of(self, user_id: str) -> str | None:
        """The name of the reader's own list, or None."""
        query = select(public_lists.c.name).where(public_lists.c.user_id == user_id)
        found: str | None = self._connection.execute(query).scalar()
        return found

    def curator_of(self, name: str) -> str:
        """Whose list it is, for those who read on with it; the id is shown to nobody. UnknownList."""
        found = self._find(name.strip().lower())
        if found is None:
            raise UnknownList(name)
        return found

    def all(self) -> list[PublicList]:
        """Every list, the most followed first, then by name."""
        return self._listed(_with_followers())

    def followed_by(self, user_id: str) -> list[PublicList]:
        """The lists that a reader follows, in the same order."""
        chosen = select(follows.c.curator_id).where(follows.c.user_id == user_id)
        return self._listed(_with_followers().where(public_lists.c.user_id.in_(chosen)))

    def follow(self, user_id: str, name: str, *, recorded_at: datetime) -> None:
        """Follow a list; again changes nothing. UnknownList, and InvalidValue for one's own."""
        curator = self.curator_of(name)
        if curator == user_id:
            raise InvalidValue("list name", name, "it is your own list; your saved papers are with you anyway")
        row = {"user_id": user_id, "curator_id": curator, "recorded_at": aware_utc(recorded_at, "recorded_at")}
        insert_new(self._connection, follows, [row])

    def unfollow(self, user_id: str, name: str) -> None:
        """Stop following; again changes nothing. UnknownList."""
        own = (follows.c.user_id == user_id) & (follows.c.curator_id == self.curator_of(name))
        self._connection.execute(delete(follows).where(own))

    def _find(self, name: str) -> str | None:
        query = select(public_lists.c.user_id).where(public_lists.c.name == name)
        found: str | None = self._connection.execute(query).scalar()
        return found

    def _listed(self, query: Select[str, int]) -> list[PublicList]:
        return [PublicList(name, n_followers) for name, n_followers in self._connection.execute(query)]


def _with_followers() -> Select[str, int]:
    n_followers = func.count(follows.c.user_id)
    joined = public_lists.outerjoin(follows, follows.c.curator_id == public_lists.c.user_id)
    query = select(public_lists.c.name, n_followers).select_from(joined).group_by(public_lists.c.name)
    return query.order_by(n_followers.desc(), public_lists.c.name)
