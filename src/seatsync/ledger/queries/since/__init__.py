"""What has happened since the last apply, by statements that SQLAlchemy runs, or a database's driver alone."""
