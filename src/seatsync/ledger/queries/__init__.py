"""Questions to the ledger's tables, and the changes of them that the journal does not record. Only ``ledger`` reads tables."""
