"""``seatsync fetch``."""
