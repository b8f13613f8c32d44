"""Records one interaction, says so when it is committed, and waits to be killed: run by ``test_durability``."""

import sys
import time
from datetime import UTC, datetime

from features.domain import Interaction, InteractionKind
from features.store import open_store


def main() -> None:
    """``python writer.py URL CLIENT_ID``."""
    url, client_id = sys.argv[1:]
    now = datetime.now(UTC)
    store = open_store(url)
    with store.transaction() as tx:
        (status,) = tx.interactions.record(
            [Interaction(client_id, "ada", "1", InteractionKind.SAVE, now)], recorded_at=now
        )
    sys.stdout.write(f"{status}\n")
    sys.stdout.flush()
    time.sleep(60)


main()
