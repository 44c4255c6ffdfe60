"""``seatsync apply``: what may be applied, and carrying it out."""
