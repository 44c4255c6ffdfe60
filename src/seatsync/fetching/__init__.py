"""Live sources: what a school's own server says, written into files that are reviewed like any other roster."""
