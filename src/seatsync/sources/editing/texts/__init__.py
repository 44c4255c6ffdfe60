"""Change texts: only the characters that an edit means, proved by reading the result."""
