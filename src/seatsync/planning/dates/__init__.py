"""What the days to come bring by themselves."""
