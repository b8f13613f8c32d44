"""From settings or a folder to an encoder, whatever its kind."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from features.encoders.base import HEADER, Encoder, id_of, read_header
from features.encoders.joined import KIND as JOINED
from features.encoders.joined import JoinedEncoder, joined_fingerprint
from features.encoders.onnx import KIND as ONNX
from features.encoders.onnx import OnnxSentenceEncoder, folder_fingerprint
from features.encoders.tfidf_lsa import KIND as TFIDF_LSA
from features.encoders.tfidf_lsa import TfidfLsaEncoder, tfidf_lsa_fingerprint
from features.errors import BrokenArtifact, InvalidValue
from features.settings import EncoderSettings

_ONE_FOLDER = frozenset(
    {HEADER, "terms.json", "idf.npy", "projected.npy", "components.npy", "model.onnx", "tokenizer.json"}
)


def fit_encoder(texts: Sequence[str], settings: EncoderSettings, cut: datetime, seed: int) -> Encoder:
    """TF-IDF + LSA of the documents, joined with the ONNX sentence encoder where the settings name one."""
    fitted = TfidfLsaEncoder(settings).fit(texts, cut, seed)
    if settings.onnx_path is None:
        return fitted
    return JoinedEncoder([fitted, OnnxSentenceEncoder(settings.onnx_path, settings.onnx_sha256)])


def settings_fingerprint(settings: EncoderSettings) -> str:
    """The fingerprint that :func:`fit_encoder` gives an encoder of these settings."""
    lexical = tfidf_lsa_fingerprint(settings)
    if settings.onnx_path is None:
        return lexical
    return joined_fingerprint([lexical, folder_fingerprint(settings.onnx_path)], [1.0, 1.0])


def load_encoder(folder: Path, *, expected_id: str | None = None) -> Encoder:
    """The encoder saved in ``folder``, every file compared with its hash.

    Raises BrokenArtifact where a file is missing, has changed, or the encoder is not ``expected_id``.
    """
    header = read_header(folder)
    found = id_of((folder / HEADER).read_bytes())
    if expected_id is not None and found != expected_id:
        raise BrokenArtifact(str(folder), f"it holds encoder {found}, not {expected_id}")
    kind = header.get("kind")
    if kind == TFIDF_LSA:
        return TfidfLsaEncoder.load(folder)
    if kind == ONNX:
        return OnnxSentenceEncoder.load(folder)
    if kind == JOINED:
        return _load_joined(folder, header.get("parts"), header.get("scales"))
    raise BrokenArtifact(str(folder), f"nobody knows encoders of kind {kind!r}")


def encoder_file_names(folder: Path) -> frozenset[str]:
    """Relative paths a saved encoder may hold, for a model's allow-list: those of its own folder and its parts'."""
    parts = read_header(folder).get("parts", [])
    below = {f"{number}/{name}" for number in range(len(parts)) for name in _ONE_FOLDER}
    return frozenset(_ONE_FOLDER | below)


def _load_joined(folder: Path, parts: object, scales: object) -> JoinedEncoder:
    if not isinstance(parts, list) or not isinstance(scales, list):
        raise BrokenArtifact(str(folder), "a joined encoder names its parts and their scales")
    loaded = [load_encoder(folder / str(number), expected_id=str(part)) for number, part in enumerate(parts)]
    try:
        return JoinedEncoder(loaded, scales)
    except (InvalidValue, TypeError, ValueError) as error:
        raise BrokenArtifact(str(folder), str(error)) from error
