"""The commands, one module for each group; each parses, calls and prints."""
