"""The ledger: a journal of events, and the tables of the present that follow from it."""
