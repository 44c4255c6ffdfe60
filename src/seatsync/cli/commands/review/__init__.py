"""What is told on a pull request: ``seatsync comment``."""
