"""Runs and versioned models in MLflow; the only package that imports it."""

from models.registry import environment
from models.registry.registry import Registry
from models.registry.summary import Comparison, RunSummary
from models.registry.tracking import DataSet, RunLog
from models.registry.versions import CHALLENGER, CHAMPION

__all__ = ["CHALLENGER", "CHAMPION", "Comparison", "DataSet", "Registry", "RunLog", "RunSummary", "environment"]
