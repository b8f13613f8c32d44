"""Runs and versioned models in MLflow; the only package that imports it, and only when it is first asked."""

from models.registry import environment
from models.registry.names import CHALLENGER, CHAMPION
from models.registry.registry import Registry

__all__ = ["CHALLENGER", "CHAMPION", "Registry", "environment"]
