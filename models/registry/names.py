"""The aliases of model versions."""

CHAMPION = "champion"
CHALLENGER = "challenger"
