"""Names, e-mails, tags and dates: which are valid, and how to show them."""
