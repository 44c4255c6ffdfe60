"""``seatsync init``: create a folder to start from, and the pipelines."""
