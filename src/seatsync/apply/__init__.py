"""Acting: what was judged is written into the ledger, whole or not at all."""
