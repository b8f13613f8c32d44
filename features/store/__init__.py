"""The store: papers, days, users and what they did, appended and read as of a moment."""

from features.store.completeness import DayCounts
from features.store.marks import Marks, UserMark
from features.store.moved import CatalogueMark, Moved
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
    "DayCounts",
    "ImportCounts",
    "Marks",
    "Moved",
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
