"""Text → vectors: fitted, versioned encoders, and the vectors of known papers."""

from features.encoders.base import HEADER, Encoder, WordEncoder, encode, save_encoder, sentence_columns, word_part
from features.encoders.encoded import EncodedPapers
from features.encoders.kept_terms import gathered
from features.encoders.library import EncoderLibrary
from features.encoders.loading import encoder_file_names, fit_encoder, load_encoder, settings_fingerprint
from features.encoders.pretrained import PretrainedVectors
from features.encoders.tfidf_lsa import TfidfLsaEncoder
from features.encoders.vectors import VectorStore

__all__ = [
    "HEADER",
    "EncodedPapers",
    "Encoder",
    "EncoderLibrary",
    "PretrainedVectors",
    "TfidfLsaEncoder",
    "VectorStore",
    "WordEncoder",
    "encode",
    "encoder_file_names",
    "fit_encoder",
    "gathered",
    "load_encoder",
    "save_encoder",
    "sentence_columns",
    "settings_fingerprint",
    "word_part",
]
