"""Alembic's migrations of the store; run by :func:`features.store.open_store`."""
