"""Benchmarks are scripts, not an installed package: their folder's parent goes on the path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))
