"""Opening the store, and the transaction that everything goes through."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from features.errors import StoreFailed
from features.store.accounts import Accounts, FeedSecrets, MailedLinks, Sessions
from features.store.days import Days
from features.store.engine import CONNECTIONS, make_engine, one_line, reading, sync_log, writing
from features.store.impressions import Impressions
from features.store.interactions import Interactions
from features.store.interest_changes import InterestChanges
from features.store.lists import Lists
from features.store.marks import OF_REQUEST, MarkReader, Marks, asked_for, marks_of_row
from features.store.own_papers import OwnPapers
from features.store.papers import Papers
from features.store.prepared import PreparedSelect
from features.store.records import Principal
from features.store.rules import Rules
from features.store.schema import ensure_schema
from features.store.slates import Slates
from features.store.subscriptions import Mailings, Subscriptions
from features.store.tokens import OF_BEARER, Secrets, Tokens, bearing, principal_of_row
from features.store.turns import STAND_BACK
from features.store.users import Users
from features.store.votes import Votes

_PAPERS_AT_ONCE = 100
"""Two to three milliseconds with SQLite's lock."""


class Transaction:
    """The repositories of one transaction; of no use after it."""

    def __init__(self, connection: Connection, *, snapshot: bool) -> None:
        self.papers = Papers(connection)
        self.own_papers = OwnPapers(connection)
        self.days = Days(connection)
        self.interactions = Interactions(connection)
        self.users = Users(connection)
        self.tokens = Tokens(connection)
        self.secrets = Secrets(connection)
        self.impressions = Impressions(connection)
        self.slates = Slates(connection)
        self.accounts = Accounts(connection)
        self.mailed_links = MailedLinks(connection)
        self.sessions = Sessions(connection)
        self.feed_secrets = FeedSecrets(connection)
        self.subscriptions = Subscriptions(connection)
        self.mailings = Mailings(connection)
        self.rules = Rules(connection)
        self.interest_changes = InterestChanges(connection)
        self.votes = Votes(connection)
        self.marks = MarkReader(connection, snapshot=snapshot)
        self.lists = Lists(connection)


class Store:
    """An open database. Safe to share between threads; each transaction has its own connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._let_go_at = -STAND_BACK
        self._marks = None if self.is_shared else PreparedSelect(engine, OF_REQUEST)
        self._bearer = None if self.is_shared else PreparedSelect(engine, OF_BEARER)

    @property
    def is_shared(self) -> bool:
        """Whether several machines can use it (PostgreSQL), which more than one replica needs."""
        return self._engine.dialect.name == "postgresql"

    @property
    def papers_at_once(self) -> int | None:
        """How many papers an ingest should write in one transaction, which holds up all clicks; None for any number."""
        return None if self.is_shared else _PAPERS_AT_ONCE

    @contextmanager
    def transaction(
        self, *, readonly: bool = False, derived: bool = False, bulk: bool = False
    ) -> Iterator[Transaction]:
        """Commit on success, roll back on any error; durable when the block has been left.

        A ``readonly`` one sees one snapshot, waits for no writer and refuses to write. What a ``derived`` one writes
        can be made again: a power cut, but no kill, may lose it. Before a ``bulk`` one, one of many in a row, others
        are let in, and on SQLite it waits for the disk when it has let the lock go. Raises
        :class:`~features.errors.StoreFailed`, one line, when the database does.
        """
        aside = bulk and not self.is_shared
        try:
            if aside:
                time.sleep(max(0.0, self._let_go_at + STAND_BACK - time.monotonic()))
            connection = reading(self._engine) if readonly else writing(self._engine, derived=derived or aside)
            with connection, connection.begin():
                yield Transaction(connection, snapshot=readonly)
            if aside:
                self._let_go_at = time.monotonic()
                if not derived:
                    sync_log(self._engine)
        except SQLAlchemyError as error:
            raise StoreFailed(f"the database failed: {one_line(error)}") from error

    def marks_of(self, token: str, user_id: str) -> Marks:
        """The marks of a request that comes with ``token`` and asks about ``user_id``, in one query."""
        if self._marks is not None:
            return marks_of_row(self._marks.rows(asked_for(token, user_id))[0])
        with self.transaction(readonly=True) as tx:
            return tx.marks.of(token, user_id)

    def principal_of(self, token: str) -> Principal | None:
        """Whom the token speaks for, in one query; None for a token nobody issued."""
        if self._bearer is not None:
            rows = self._bearer.rows(bearing(token))
            return principal_of_row(rows[0]) if rows else None
        with self.transaction(readonly=True) as tx:
            return tx.tokens.principal(token)

    def checkpoint(self) -> None:
        """On SQLite, move what is committed from the log into the file, beside readers and writers; nothing elsewhere.

        A server does it on a thread of its own, so that no commit has to. Raises
        :class:`~features.errors.StoreFailed`.
        """
        if self.is_shared:
            return
        try:
            with closing(self._engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").close()
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise StoreFailed(f"the database failed: {one_line(error)}") from error

    def dispose(self) -> None:
        """Close the pooled connections."""
        for prepared in (self._marks, self._bearer):
            if prepared is not None:
                prepared.dispose()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.dispose()


def open_store(url: str, *, migrate: bool = True, connections: int = CONNECTIONS) -> Store:
    """The store at ``url``, made and migrated if need be; transactions beyond so many at once wait for one to end.

    Raises :class:`~features.errors.SchemaMismatch` when the schema is newer than this program (or older, without
    ``migrate``), :class:`~features.errors.StoreFailed` when no database answers there.
    """
    engine = make_engine(url, connections)
    try:
        ensure_schema(engine, migrate=migrate)
    except SQLAlchemyError as error:
        engine.dispose()
        raise StoreFailed(f"the database does not answer: {one_line(error)}") from error
    except BaseException:
        engine.dispose()
        raise
    return Store(engine)
