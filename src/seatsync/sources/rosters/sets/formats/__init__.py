"""The formats of sets: one file for each, as data."""
