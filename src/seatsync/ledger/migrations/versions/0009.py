"""Store an entry's plan and files outside the chain, so that they can be erased."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("entry", sa.Column("plan", sa.String(64)))
    op.add_column("entry", sa.Column("salt", sa.LargeBinary(16)))
    op.add_column("entry", sa.Column("files", sa.Text))
    op.add_column("entry", sa.Column("files_salt", sa.LargeBinary(16)))
