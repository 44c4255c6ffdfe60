"""Tests of what can go wrong around a ledger: crashes, bad input, concurrent writers, stale plans, forgeries, time."""
