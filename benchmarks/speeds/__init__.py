"""How fast the product is, a module a suite; each figure stands beside its peer's or the machine's own in one run."""
