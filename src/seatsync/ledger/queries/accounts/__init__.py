"""People who sign in: their accounts, sessions and codes by mail."""
