"""Accounts: sign-in with a password, with a code and with OpenID Connect; sessions."""
