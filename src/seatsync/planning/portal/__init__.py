"""Compare what a vendor's portal shows with the ledger."""
