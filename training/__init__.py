"""The training pipeline: point-in-time data set, fit, temporal replay, report, promotion."""
