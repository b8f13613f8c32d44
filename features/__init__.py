"""Papers, users and what they did: domain, sources, store, encoders, and the moment a ranking sees."""
