"""Run by Alembic with the connection that the ledger hands over."""

from alembic import context

from seatsync.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
