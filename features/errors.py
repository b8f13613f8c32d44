"""The one tree of errors; each names the fact and says what to do.

::

    BroadsheetError
    ├── BadInput                 the caller sent something that cannot be used
    │   ├── InvalidValue         a single value breaks its rule
    │   ├── MalformedRow         one row of a file; the rows beside it are good
    │   ├── UnreadableFile       a file that cannot be opened or decompressed
    │   ├── LimitExceeded        larger than a cap in the settings
    │   └── AlreadyExists        what was to be made is there
    ├── NotFound
    │   ├── UnknownUser
    │   ├── UnknownPaper
    │   ├── PaperNotOnDay
    │   ├── UnknownTopic
    │   ├── UnknownDay
    │   ├── UnknownRule
    │   ├── UnknownList
    │   ├── UnknownPage
    │   └── UnknownModelVersion
    ├── AccessDenied
    │   ├── NotAuthenticated     no token, or one nobody issued
    │   ├── NotSignedIn          a page that only readers have
    │   ├── NotAllowed           a good token for somebody else's data
    │   └── RateLimited
    ├── MailFailed               a message was not handed over, or nobody knows
    ├── SourceFailed             an outside catalogue did not answer as documented
    ├── StoreFailed
    │   └── SchemaMismatch       the database is of another schema version
    ├── ModelFailed
    │   ├── BrokenArtifact       files do not match their manifest
    │   ├── NoChampion
    │   └── NotPassed            the promotion gate does not vouch for a version
    ├── MissingExtra             an optional library is not installed
    ├── NotReady                 the service should not be asked at the moment
    └── NothingToLearn           too little data for a fit
"""

from datetime import date


class BroadsheetError(Exception):
    """Base of all errors Broadsheet raises on purpose; ``str(error)`` is one line for a person."""


class BadInput(BroadsheetError):
    """The caller sent something that cannot be used."""


class InvalidValue(BadInput):
    """A single value breaks its rule."""

    def __init__(self, field: str, value: object, rule: str) -> None:
        super().__init__(f"{field} {value!r:.120} is not valid: {rule}")
        self.field = field
        self.value = value
        self.rule = rule


class MalformedRow(BadInput):
    """One row of a file or a feed cannot be used; the rows beside it are not affected."""

    def __init__(self, origin: str, line: int, reason: str) -> None:
        super().__init__(f"{origin}, line {line}: {reason}")
        self.origin = origin
        self.line = line
        self.reason = reason


class UnreadableFile(BadInput):
    """A file cannot be opened, decoded or decompressed."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} cannot be read: {reason}")
        self.path = path
        self.reason = reason


class LimitExceeded(BadInput):
    """Something is larger than a cap in the settings."""

    def __init__(self, what: str, size: int | float, limit: int | float, setting: str) -> None:
        super().__init__(f"{what} is {size}, more than {limit} (setting {setting})")
        self.what = what
        self.size = size
        self.limit = limit
        self.setting = setting


class AlreadyExists(BadInput):
    """What was to be made is there already."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} exists already")
        self.what = what


class NotFound(BroadsheetError):
    """Something named does not exist."""


class UnknownUser(NotFound):
    """No user has this id."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"no user {user_id!r}; add one with 'broadsheet user add'")
        self.user_id = user_id


class UnknownPaper(NotFound):
    """No paper has this id."""

    def __init__(self, paper_id: str) -> None:
        super().__init__(f"no paper {paper_id!r} in the store; ingest it first")
        self.paper_id = paper_id


class PaperNotOnDay(NotFound):
    """A paper is not among the new ones of the day a ranking is of."""

    def __init__(self, paper_id: str, day: date) -> None:
        super().__init__(f"paper {paper_id!r} is not new on {day.isoformat()}; give the day whose ranking is meant")
        self.paper_id = paper_id
        self.day = day


class UnknownTopic(NotFound):
    """No topic of the model or of the user has this name."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"no topic {topic!r}; GET /v1/topics lists them")
        self.topic = topic


class UnknownDay(NotFound):
    """The store holds no papers at all, so there is no newest day."""

    def __init__(self) -> None:
        super().__init__("the store holds no papers yet; run 'broadsheet ingest' first")


class UnknownPage(NotFound):
    """No page has this address."""

    def __init__(self, hint: str = "begin at the front page") -> None:
        super().__init__(f"there is no such page; {hint}")


class UnknownRule(NotFound):
    """The user has no rule of this number."""

    def __init__(self, rule_id: int) -> None:
        super().__init__(f"no rule {rule_id}; GET /v1/users/{{user_id}}/rules lists them")
        self.rule_id = rule_id


class UnknownList(NotFound):
    """No public list has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no public list {name!r:.60}; GET /v1/lists names them all")
        self.name = name


class UnknownModelVersion(NotFound):
    """No registered model version has this number or alias."""

    def __init__(self, version: str) -> None:
        super().__init__(f"no model version {version!r}; 'broadsheet runs' lists them")
        self.version = version


class AccessDenied(BroadsheetError):
    """The caller may not do this."""


class NotAuthenticated(AccessDenied):
    """No token, or one nobody issued."""

    def __init__(self) -> None:
        super().__init__("a valid bearer token is needed; 'broadsheet user add' prints one")


class NotSignedIn(AccessDenied):
    """A visitor asked for what only a reader has."""

    def __init__(self) -> None:
        super().__init__("this page is yours alone; sign in to see it")


class NotAllowed(AccessDenied):
    """A good token, but for somebody else's data."""

    def __init__(self, what: str) -> None:
        super().__init__(f"this token does not open {what}")


class RateLimited(AccessDenied):
    """Too many requests with one token; ``retry_after`` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"too many requests; try again in {retry_after:.0f} s")
        self.retry_after = retry_after


class MailFailed(BroadsheetError):
    """A message was not handed over; nothing in here names whom it was for.

    ``permanent``: the same message will be refused again. ``doubtful``: the connection broke after the message was
    sent and before the server confirmed it, so that it may have been taken.
    """

    def __init__(self, reason: str, *, permanent: bool = False, doubtful: bool = False) -> None:
        super().__init__(f"the mail was not sent: {reason}" if not doubtful else f"the mail may be sent: {reason}")
        self.reason = reason
        self.permanent = permanent
        self.doubtful = doubtful


class SourceFailed(BroadsheetError):
    """An outside catalogue did not answer as documented."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class StoreFailed(BroadsheetError):
    """The database cannot be used."""


class SchemaMismatch(StoreFailed):
    """The database is of a schema version this program does not know or has not migrated to."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(
            f"the database has schema {found}, this program needs {expected}; "
            "upgrade Broadsheet or use another database"
        )
        self.found = found
        self.expected = expected


class ModelFailed(BroadsheetError):
    """A model version cannot be used."""


class BrokenArtifact(ModelFailed):
    """The files of a model version do not match their manifest."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"model files in {path} are refused: {reason}; retrain or roll back")
        self.path = path
        self.reason = reason


class NoChampion(ModelFailed):
    """No model version carries the alias ``champion``."""

    def __init__(self) -> None:
        super().__init__("no champion yet; run 'broadsheet retrain --promote'")


class NotPassed(ModelFailed):
    """The promotion gate does not vouch for a version."""

    def __init__(self, version: str, reason: str) -> None:
        super().__init__(
            f"version {version} did not pass the gate: {reason}; promote it with --force 'REASON' if need be"
        )
        self.version = version
        self.reason = reason


class NotReady(BroadsheetError):
    """The service answers, but should not be sent users at the moment; the message is the reason."""


class NothingToLearn(BroadsheetError):
    """Too little data for a fit."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"nothing to learn from: {reason}")
        self.reason = reason


class MissingExtra(BroadsheetError):
    """A part of Broadsheet needs a library that only an optional extra installs."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the extra [{extra}]; install it with pip install 'broadsheet[{extra}]'")
        self.what = what
        self.extra = extra
