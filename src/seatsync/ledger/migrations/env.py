"""Run by Alembic with the connection from the ledger."""

from alembic import context

from seatsync.ledger.account_tables import account

context.configure(
    connection=context.config.attributes["connection"], target_metadata=account.metadata, transactional_ddl=True
)
context.run_migrations()
