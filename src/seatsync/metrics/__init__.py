"""Metrics (OpenMetrics) of the commands that run for long. Needs the extra ``seatsync[metrics]``."""
