"""Papers for feed readers: Atom, RSS 2.0 and JSON Feed 1.1. Rendering is pure; titles and abstracts are text."""
