"""Check the journal, the tables and the outbox against each other."""
