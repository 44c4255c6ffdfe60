"""A look at a ledger without SQLAlchemy, for the plan of an unchanged folder."""
