"""What must be beaten: other systems' recipes, exactly as they are, behind one protocol.

Here are those that a server gives before the first champion; what reads text, and needs scikit-learn, is imported from
its own module, all of them together from :mod:`models.baselines.recipes`.
"""

from models.baselines.base import Baseline, Past
from models.baselines.simple import Popularity, Random, Recency

__all__ = ["Baseline", "Past", "Popularity", "Random", "Recency"]
