"""``seatsync serve``."""
