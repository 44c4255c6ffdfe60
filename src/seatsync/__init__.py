"""seatsync: keep license seats in Git, and apply exactly what was reviewed."""

__version__ = "0.1.0"
