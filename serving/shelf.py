"""The models at hand: the champion, swapped in one assignment, and a few older versions on demand."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from features.encoders import EncodedPapers, VectorStore
from features.settings import Settings
from models.model import Model
from models.registry import Registry
from models.solved import SolvedUsers

_INTERESTS = 8
"""They take an eighth of what profiles and interests take together."""
_COSINES_A_MB = 32
"""Chosen papers whose cosines are kept for each megabyte of that: those of the readers whose profiles it holds."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model version with the vectors it reads; ``loaded_at`` is when its files had been verified."""

    model: Model
    vectors: EncodedPapers
    loaded_at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the version the champion alias points to does not serve."""

    version: str
    reason: str
    refused_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What serves and what was refused: replaced as a whole, so that a request sees one or the other."""

    champion: LoadedModel | None = None
    refusal: Refusal | None = None


class Shelf:
    """Loaded model versions.

    Parameters
    ----------
    registry : where versions come from.
    settings : say where the vectors are, how many versions are kept, and how much of users for each.
    clock : aware UTC.
    """

    def __init__(self, registry: Registry, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.registry = registry
        self._vectors_root = settings.data_dir / "vectors"
        self._clock = clock
        self._n_older = settings.serving.cached_models
        self._user_bytes = settings.serving.cached_users_mb * 2**20
        self._n_cosines = settings.serving.cached_users_mb * _COSINES_A_MB
        self._older: OrderedDict[str, LoadedModel] = OrderedDict()
        self._loading = Lock()
        self.standing = Standing()

    @property
    def champion(self) -> LoadedModel | None:
        """The model that ranks unless another is asked for; None while a baseline does."""
        return self.standing.champion

    def load(self, version: str) -> LoadedModel:
        """Read and verify a version; UnknownModelVersion, BrokenArtifact."""
        return self._at_hand(self.registry.load(version))

    def load_last_champion(self) -> LoadedModel | None:
        """The champion that was last seen, without asking MLflow; None if there is none or its files are not right."""
        model = self.registry.load_last_champion()
        return None if model is None else self._at_hand(model)

    def _at_hand(self, model: Model) -> LoadedModel:
        interests = self._user_bytes // _INTERESTS
        model = replace(
            model,
            evidence=model.evidence.keeping(self._n_cosines),
            solved=SolvedUsers(self._user_bytes - interests),
            interests=SolvedUsers(interests),
        )
        store = VectorStore(self._vectors_root / model.encoder.id, model.encoder.dimensions)
        return LoadedModel(model, EncodedPapers(model.encoder, store), self._clock())

    def get(self, version: str) -> LoadedModel:
        """A version by number, loaded if it is not at hand; one load at a time, since models are large."""
        champion = self.champion
        if champion is not None and champion.model.version == version:
            return champion
        with self._loading:
            if version in self._older:
                self._older.move_to_end(version)
                return self._older[version]
            loaded = self._older[version] = self.load(version)
            while len(self._older) > self._n_older:
                self._older.popitem(last=False)
            return loaded

    def forget(self, user_key: str) -> None:
        """Drop the classifiers of a user who is being deleted."""
        with self._loading:
            at_hand = [*self._older.values(), self.champion]
        for loaded in at_hand:
            if loaded is not None:
                loaded.model.solved.forget(user_key)
                loaded.model.interests.forget(user_key)
