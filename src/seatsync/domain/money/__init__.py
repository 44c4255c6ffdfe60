"""What seats cost: prices, contracts, and the purchases of a library."""
