"""Where runs and models keep their files, a folder or an object store: what is said when that cannot be used.

MLflow lets the errors of an object store's library through as they are. That library is an extra, so that its errors
are known by where they come from.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from mlflow.exceptions import MlflowException

from features.errors import BroadsheetError, MissingExtra, StoreFailed
from models.registry.connection import Connection, first_line, without_password

_OF_OBJECT_STORES = ("boto3", "botocore", "s3transfer")


@contextmanager
def failures_told(connection: Connection) -> Iterator[None]:
    """Within the block, what MLflow and an object store fail with is a StoreFailed, or a MissingExtra."""
    try:
        yield
    except Exception as error:
        told = _told(error, connection)
        if told is None:
            raise
        raise told from error


def _told(error: Exception, connection: Connection) -> BroadsheetError | None:
    """What to say of an error; None where it is nobody's here."""
    root = without_password(connection.settings.artifact_root)
    if isinstance(error, ModuleNotFoundError) and error.name in _OF_OBJECT_STORES:
        return MissingExtra(f"an artifact root at {root}", "s3")
    library = type(error).__module__.partition(".")[0]
    if not isinstance(error, MlflowException) and library not in _OF_OBJECT_STORES:
        return None
    where = f"MLflow, with artifacts at {root}"
    return StoreFailed(f"{where}: {first_line(error)}; see BROADSHEET_TRACKING_URI and BROADSHEET_ARTIFACT_ROOT")
