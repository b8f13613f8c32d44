"""Follows the champion alias: load, verify, warm, and only then swap. What fails is refused and the old one stays."""

import gc
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event, Thread

from features.errors import BroadsheetError, BrokenArtifact
from models.registry import CHAMPION, Registry
from serving.metrics import Metrics
from serving.shelf import LoadedModel, Refusal, Shelf, Standing

_log = logging.getLogger(__name__)
_RETRY_AFTER = timedelta(seconds=30)
BASELINE = "baseline:popularity"


class AliasWatcher:
    """A thread that looks every ``poll_seconds`` whether the alias has moved.

    Parameters
    ----------
    warm : ranks something with a model that has just been loaded; what it raises refuses the model.
    """

    def __init__(
        self,
        registry: Registry,
        shelf: Shelf,
        warm: Callable[[LoadedModel], None],
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._registry = registry
        self._shelf = shelf
        self._warm = warm
        self._metrics = metrics
        self._clock = clock
        self._stopping = Event()
        self._thread: Thread | None = None

    def start(self, poll_seconds: float) -> None:
        """Look once, then keep looking.

        Where a champion has been seen before, that one serves at once, and the first look is the thread's, which
        waits for MLflow's import and leaves the first requests the processor. A server that was forked with a champion
        at hand looks before it serves.
        """
        self._metrics.serve_model(_version_of(self._shelf.standing))
        at_hand = self._shelf.champion
        if at_hand is not None and self._registry.remembered() not in (None, at_hand.model.version):
            self.resume()  # forked again after a swap: others have another one since
        resumed = at_hand is None and self.resume()
        if not resumed:
            self.poll()
        self._thread = Thread(target=self._run, args=(poll_seconds,), name="alias-watcher", daemon=True)
        self._thread.start()

    def resume(self) -> bool:
        """Whether the champion last seen could be made to serve."""
        try:
            loaded = self._shelf.load_last_champion()
            if loaded is None:
                return False
            self._warm(loaded)
        except Exception:  # noqa: BLE001 - the look that follows says what is wrong, as it does at any other time
            _log.warning("the last champion cannot serve; MLflow is asked", exc_info=True)
            return False
        self._swap(loaded)
        return True

    def stop(self) -> None:
        """End the thread; a load that is under way is waited for."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def poll(self) -> None:
        """Bring the shelf to where the alias points; never raises."""
        version: str | None = "?"
        try:
            version = self._registry.alias(CHAMPION)
            self._follow(version)
        except BroadsheetError as error:
            _log.error("the champion alias could not be followed: %s", error)
            self._refuse(version or "?", error.reason if isinstance(error, BrokenArtifact) else str(error))
        except Exception:  # noqa: BLE001 - MLflow and the file system raise what they like; the watch must go on
            _log.exception("the champion alias could not be followed")
            self._refuse(version or "?", "it could not be loaded; the server's log knows why")

    def _follow(self, version: str | None) -> None:
        standing = self._shelf.standing
        if version == (standing.champion.model.version if standing.champion else None):
            self._stand(replace(standing, refusal=None))
        elif version is None:
            self._registry.forget_champion()
            self._swap(None)
        elif not self._is_refused(standing, version):
            loaded = self._shelf.load(version)
            self._warm(loaded)
            self._registry.remember_champion(version)
            self._swap(loaded)

    def _is_refused(self, standing: Standing, version: str) -> bool:
        """Refused a short while ago: files do not mend themselves between two polls, but a network may."""
        refusal = standing.refusal
        return refusal is not None and refusal.version == version and self._clock() < refusal.refused_at + _RETRY_AFTER

    def _swap(self, loaded: LoadedModel | None) -> None:
        self._stand(Standing(loaded, None))
        # what a model holds lives as long as it serves: to look through it for garbage takes a tenth of a second
        if gc.isenabled():  # a server that starts has made none yet
            gc.collect()
        gc.freeze()
        self._metrics.swaps.inc()
        self._metrics.serve_model(_version_of(self._shelf.standing))
        _log.info("%s serves", _version_of(self._shelf.standing))

    def _refuse(self, version: str, reason: str) -> None:
        standing = self._shelf.standing
        self._metrics.refusals.inc()
        _log.error("model version %s is refused, %s serves on: %s", version, _version_of(standing), reason)
        self._stand(replace(standing, refusal=Refusal(version, reason, self._clock())))

    def _stand(self, standing: Standing) -> None:
        self._shelf.standing = standing
        self._metrics.refused.set(0 if standing.refusal is None else 1)

    def _run(self, poll_seconds: float) -> None:
        self._stopping.wait(poll_seconds)
        if not self._stopping.is_set():
            self.poll()
            gc.freeze()  # MLflow has been imported by now: half a million objects that live as long as the process
        while not self._stopping.wait(poll_seconds):
            self.poll()


def _version_of(standing: Standing) -> str:
    return BASELINE if standing.champion is None else standing.champion.model.version
