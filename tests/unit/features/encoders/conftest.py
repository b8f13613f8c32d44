from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from features.domain import Paper
from features.encoders import TfidfLsaEncoder
from features.settings import EncoderSettings

CUT = datetime(2026, 1, 5, tzinfo=UTC)

SUBJECTS = {
    "vision": "camera pixel depth stereo scene shadow contour texture",
    "speech": "phoneme accent vowel prosody speaker whisper dialect tone",
    "graphs": "vertex edge clique tree cycle colouring matching flow",
}


@pytest.fixture
def texts() -> list[str]:
    rng = np.random.default_rng(7)
    subjects = [words.split() for words in SUBJECTS.values()]
    return [" ".join(rng.choice(subjects[number % 3], 6)) for number in range(60)]


@pytest.fixture
def papers(texts: list[str]) -> list[Paper]:
    return [Paper(f"2601.{number:05d}", text, f"On {text}.") for number, text in enumerate(texts)]


@pytest.fixture
def fit() -> Callable[..., TfidfLsaEncoder]:
    def _fit(texts: list[str], *, cut: datetime = CUT, seed: int = 0, dimensions: int = 8) -> TfidfLsaEncoder:
        return TfidfLsaEncoder(EncoderSettings(dimensions=dimensions)).fit(texts, cut, seed)

    return _fit


@pytest.fixture
def sentence_encoder_folder(tmp_path: Path) -> Path:
    """A tiny real ONNX model: each token becomes a row of a random table, doubled by one matrix product."""
    onnx = pytest.importorskip("onnx")
    tokenizers = pytest.importorskip("tokenizers")
    folder = tmp_path / "sentence"
    folder.mkdir()
    words = ["[UNK]", "[PAD]", *" ".join(SUBJECTS.values()).split()]
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    rng = np.random.default_rng(0)
    helper, kinds = onnx.helper, onnx.TensorProto
    tables = [
        onnx.numpy_helper.from_array(rng.normal(size=(len(words), 16)).astype(np.float32), "table"),
        onnx.numpy_helper.from_array(rng.normal(size=(16, 12)).astype(np.float32), "mix"),
    ]
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["embedded"]),
        helper.make_node("MatMul", ["embedded", "mix"], ["hidden"]),
    ]
    names = ("input_ids", "attention_mask")
    inputs = [helper.make_tensor_value_info(name, kinds.INT64, ["batch", "tokens"]) for name in names]
    outputs = [helper.make_tensor_value_info("hidden", kinds.FLOAT, ["batch", "tokens", 12])]
    graph = helper.make_graph(nodes, "sentence", inputs, outputs, tables)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(folder / "model.onnx"))
    return folder
