"""One view of a plan, several renderers. Each escapes for its medium."""
