"""A ledger on a branch of a Git remote: a SQLite file for each institution."""
