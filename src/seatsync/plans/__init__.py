"""Make plans from files and ledger, by the fastest path that gives the same result."""
