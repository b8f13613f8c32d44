"""Estimators, the one way from a moment to a slate, and versioned models without code in them."""
