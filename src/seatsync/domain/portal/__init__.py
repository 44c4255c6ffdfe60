"""A vendor's portal: what an export from it says."""
