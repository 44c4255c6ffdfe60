"""Read rosters: CSV in several dialects, and YAML. Every row is checked."""
