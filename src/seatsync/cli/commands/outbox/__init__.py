"""``seatsync outbox …``."""
