"""The vendors' systems, one file each, and their registry."""
