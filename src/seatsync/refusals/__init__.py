"""What a plan may not do: one rule, one file. Each rule's docstring is its page in ``seatsync explain``."""
