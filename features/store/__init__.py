"""The store: papers, days, users and what they did, appended and read as of a moment."""

from features.store.marks import CatalogueMark, Marks, UserMark
from features.store.pages import PageListing
from features.store.records import (
    ImportCounts,
    PaperHistory,
    PaperVersion,
    Principal,
    RecordCounts,
    RowStatus,
    StoredSlate,
)
from features.store.transaction import Store, Transaction, open_store

__all__ = [
    "CatalogueMark",
    "ImportCounts",
    "Marks",
    "PageListing",
    "PaperHistory",
    "PaperVersion",
    "Principal",
    "RecordCounts",
    "RowStatus",
    "Store",
    "StoredSlate",
    "Transaction",
    "UserMark",
    "open_store",
]
