"""What goes wrong around a ledger: crashes, bad input, others at the same instant, stale plans, forgeries, time."""
