"""The parts that evidence is made with, as arrays and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.authorship import Authorship
from models.candidates import EvidenceParts, TopicScorer
from models.collaborative import Collaborative
from models.metric import Metric
from models.personal import Linear
from models.ridge import SharedGram
from models.sense import SenseBlock
from models.texthead import TextProblem

_METRIC = ("map", "centre", "columns", "of_terms")
_TERMS = ("data", "indices", "indptr")


def evidence_arrays(parts: EvidenceParts) -> dict[str, NDArray[Any]]:
    """Everything but the crowd's classifier and the topics, which the model keeps under names of their own."""
    found = {f"collaborative_{name}": values for name, values in parts.collaborative.arrays().items()}
    found |= {f"authorship_{name}": values for name, values in parts.authorship.arrays().items()}
    if parts.text is not None:
        found |= {
            "text_mean": parts.text.mean,
            "text_weights": parts.text.term_weights,
            "text_numbers": np.array([parts.text.weight, parts.text.regularization]),
        }
    if parts.sense is not None:
        found |= {
            "sense_columns": np.array([parts.sense.start, parts.sense.stop]),
            "sense_centre": parts.sense.centre,
        }
    if parts.metric is not None:
        found |= {f"metric_{name}": getattr(parts.metric, name) for name in _METRIC}
    if parts.reference is not None:
        found["reference_vectors"] = parts.reference.vectors.astype(np.float32)
        if parts.reference.terms is not None:
            terms = parts.reference.terms
            found |= {f"reference_terms_{name}": getattr(terms, name) for name in _TERMS}
    return found


def evidence_from(
    arrays: Mapping[str, NDArray[Any]], shared: SharedGram, crowd: Linear, topics: TopicScorer
) -> EvidenceParts:
    """The parts whose :func:`evidence_arrays` these are."""
    text = None
    if "text_mean" in arrays:
        weight, regularization = arrays["text_numbers"].tolist()
        text = TextProblem(np.array(arrays["text_mean"]), np.array(arrays["text_weights"]), weight, regularization)
    sense = _sense(arrays)
    parts = EvidenceParts(
        shared=shared,
        crowd=crowd,
        topics=topics,
        text=text,
        collaborative=Collaborative.from_arrays(named(arrays, "collaborative_"), sense),
        authorship=Authorship.from_arrays(named(arrays, "authorship_")),
        sense=sense,
        metric=_metric(arrays),
    )
    if "reference_vectors" not in arrays:
        return parts
    return parts.with_reference(np.array(arrays["reference_vectors"]), _terms(arrays, text))


def _sense(arrays: Mapping[str, NDArray[Any]]) -> SenseBlock | None:
    if "sense_columns" not in arrays:
        return None
    start, stop = arrays["sense_columns"].tolist()
    return SenseBlock(start, stop, np.array(arrays["sense_centre"]))


def _metric(arrays: Mapping[str, NDArray[Any]]) -> Metric | None:
    return Metric(**{name: arrays[f"metric_{name}"] for name in _METRIC}) if "metric_map" in arrays else None


def named(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    """Those whose name begins with ``prefix``, without it."""
    return {name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)}


def _terms(arrays: Mapping[str, NDArray[Any]], text: TextProblem | None) -> sparse.csr_array | None:
    if text is None or "reference_terms_data" not in arrays:
        return None
    values = tuple(np.array(arrays[f"reference_terms_{name}"]) for name in _TERMS)
    return sparse.csr_array(values, shape=(len(values[2]) - 1, len(text.mean)))
