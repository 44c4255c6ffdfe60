"""Read exports from the vendors' portals."""
