"""Write into the ledger: applies, imports, claims, erasures. Each is one transaction, all or nothing."""
