"""Long lives of an institution whose seats are in the vendors' portals (``tests/support/vendors``)."""
