"""A ledger on a branch of a Git remote: one SQLite file for each institution."""
