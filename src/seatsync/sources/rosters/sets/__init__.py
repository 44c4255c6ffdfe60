"""Read sets of roster files (OneRoster, School Data Sync, Canvas) as people with tags, some of which end on a day."""
