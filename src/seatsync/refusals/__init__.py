"""The rules that a plan must keep, one file each. Each rule's docstring is its page in ``seatsync explain``."""
