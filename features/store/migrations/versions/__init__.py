"""One module per schema version, each frozen once released."""
