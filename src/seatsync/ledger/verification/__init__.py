"""The journal, the tables and the outbox, checked against each other."""
