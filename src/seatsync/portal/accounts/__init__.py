"""Accounts: sign-in by password, by code and by OpenID Connect; sessions."""
