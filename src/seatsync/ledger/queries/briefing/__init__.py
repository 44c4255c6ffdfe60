"""The briefing of administrators: where one is due, and what it says."""
