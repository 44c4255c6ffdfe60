"""What may stand in names, e-mails, tags and dates, and how it is shown."""
