"""Queries on the ledger's tables, and changes that the journal does not record. Only ``ledger`` reads the tables."""
