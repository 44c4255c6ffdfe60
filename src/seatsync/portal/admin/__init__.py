"""The administrators' pages. They change nothing but the work list."""
