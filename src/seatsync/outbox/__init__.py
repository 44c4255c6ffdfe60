"""Letters to members and administrators: rendering the templates, and sending the letters in the outbox."""
