"""People who sign in: accounts, sessions, codes by mail."""
