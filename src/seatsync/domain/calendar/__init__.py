"""Days of the year: how long before a day people are told of it, and how often they get a briefing, and when nothing is taken
away."""
