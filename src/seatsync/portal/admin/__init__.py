"""The administrators' pages. They are read-only."""
