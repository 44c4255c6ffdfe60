"""Where ledgers are kept: one module a database, against the protocol in ``store``."""
