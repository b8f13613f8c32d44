"""The HTTP service: the champion and the store behind a JSON API."""
