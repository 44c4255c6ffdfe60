"""Why the seats of somebody change."""
