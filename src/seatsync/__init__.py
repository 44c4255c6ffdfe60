"""seatsync: who holds which seat, kept in Git and carried out exactly as reviewed."""

__version__ = "0.1.0"
