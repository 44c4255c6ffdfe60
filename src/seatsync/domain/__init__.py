"""The values of seatsync and their rules. Standard library only: no clock, file, environment or database."""
