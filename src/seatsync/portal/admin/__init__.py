"""The administrators' pages: read only."""
