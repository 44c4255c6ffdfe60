"""Rosters: CSV in several dialects, and YAML; every row checked."""
