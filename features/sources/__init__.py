"""Outside catalogues and files → listings, interactions and users. Nothing here knows the store.

A reader yields what it could use and, in its place, a :class:`features.errors.MalformedRow` for what it could not.
The clients of outside services yield :data:`features.sources.events.Event`.
"""
