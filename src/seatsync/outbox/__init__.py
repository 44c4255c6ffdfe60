"""Letters to members and administrators: which are owed, and which are waiting."""
