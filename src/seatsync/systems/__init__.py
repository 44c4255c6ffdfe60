"""What seatsync knows of the vendors' systems: one file a system, and a registry of them."""
