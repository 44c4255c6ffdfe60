"""Where ledgers are kept: one module per kind of database, following the protocol in ``store``."""
