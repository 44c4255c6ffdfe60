"""Seats that nobody has claimed: when their members were invited, and what is due because of it."""
