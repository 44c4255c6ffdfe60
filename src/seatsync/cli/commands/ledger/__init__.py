"""``seatsync ledger …``."""
