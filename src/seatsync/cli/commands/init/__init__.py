"""``seatsync init``: a folder to start from, and the pipelines."""
