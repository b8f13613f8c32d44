"""One module a suite of ``quality.py``, each with ``run(options) -> SuiteResult``."""
